// What the last thirty days took and cost, in all and by model.
import { useEffect, useState } from "preact/hooks";
import { ClientError } from "../../lib/client/api.ts";
import { nameOf } from "../../lib/client/catalog.ts";
import { count, dollars, UNKNOWN, unpriced } from "../../lib/client/figures.ts";
import { spendingByModel, total } from "../../lib/client/spending.ts";
import type { ModelSpending, UsageReport } from "../../lib/protocol/api.ts";
import type { Model } from "../../lib/protocol/model.ts";
import { ErrorNote } from "../ErrorNote.tsx";

interface Props {
  read(): Promise<UsageReport>;
  models: readonly Model[];
}

export function UsageView({ read, models }: Props) {
  const [report, setReport] = useState<UsageReport | null>(null);
  const [failure, setFailure] = useState<ClientError | null>(null);
  const load = async () => {
    setFailure(null);
    try {
      setReport(await read());
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      setFailure(error);
    }
  };
  useEffect(() => void load(), []);

  const rows = report === null ? [] : spendingByModel(report);
  const sum = total(rows);
  return (
    <div class="scroll usage" aria-busy={report === null && failure === null}>
      <h3>The last 30 days</h3>
      {failure !== null && (
        <ErrorNote failure={failure}>
          <button type="button" onClick={() => void load()}>Retry</button>
        </ErrorNote>
      )}
      {report === null && failure === null && <p class="note">Loading…</p>}
      {report !== null && sum === undefined && <p class="note">Nothing was used yet.</p>}
      {sum !== undefined && (
        <>
          <p class="sum" data-usage-total>
            {dollars(sum.microUsd)}
            {sum.unpriced > 0 && <small>{` and ${unpriced(sum.unpriced)}`}</small>}
          </p>
          <div class="table" role="region" aria-label="Usage by model" tabIndex={0}>
            <table>
              <thead>
                <tr>
                  <th scope="col">Model</th>
                  <th scope="col" data-align="right">Requests</th>
                  <th scope="col" data-align="right">In</th>
                  <th scope="col" data-align="right">Out</th>
                  <th scope="col" data-align="right">Cost</th>
                </tr>
              </thead>
              <tbody>{rows.map((row) => <Row key={row.model} row={row} models={models} />)}</tbody>
            </table>
          </div>
          <p class="note">
            Tokens and cost of every attempt, failed ones and summaries included. Days are UTC.
          </p>
        </>
      )}
    </div>
  );
}

function Row({ row, models }: { row: ModelSpending; models: readonly Model[] }) {
  return (
    <tr data-usage={row.model}>
      <th scope="row">{nameOf(models, row.model)}</th>
      <td data-align="right">{count(row.attempts)}</td>
      <td data-align="right">{count(row.inputTokens)}</td>
      <td data-align="right">{count(row.outputTokens)}</td>
      <td data-align="right" title={row.unpriced > 0 ? unpriced(row.unpriced) : undefined}>
        {row.unpriced === 0
          ? dollars(row.microUsd)
          : row.microUsd === 0
          ? UNKNOWN
          : `${dollars(row.microUsd)} + ${UNKNOWN}`}
      </td>
    </tr>
  );
}
