// Everything that is known of an answer: how it was asked for, what the provider counted, what it cost and took.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { rate, rateOf } from "../lib/client/answer_facts.ts";
import { ClientError } from "../lib/client/api.ts";
import { modelOf, nameOf } from "../lib/client/catalog.ts";
import { costOf, count, duration, exactCost } from "../lib/client/figures.ts";
import type { Message } from "../lib/protocol/message.ts";
import type { Model } from "../lib/protocol/model.ts";
import type { Params } from "../lib/protocol/params.ts";

interface Props {
  message: Message;
  models: readonly Model[];
  prompt(promptId: string): Promise<string>;
}

const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export function AnswerDetails({ message, models, prompt }: Props) {
  const { model, usage, costMicroUsd, timings, asked, ratingReason } = message;
  const perSecond = rateOf(message);
  return (
    <dl class="details">
      {model !== undefined && (
        <Row name="Model">
          {nameOf(models, model)} <code>{model}</code>
        </Row>
      )}
      <Row name="Asked">
        <time dateTime={new Date(message.createdAt).toISOString()}>{WHEN.format(message.createdAt)}</time>
        {message.askedFrom !== undefined && `, on ${message.askedFrom.name}`}
      </Row>
      <Row name="With">{paramsIn(asked?.params)}</Row>
      <Row name="Instructions">
        {asked?.promptId === undefined
          ? "none"
          : <Prompt key={asked.promptId} read={() => prompt(asked.promptId!)} variant={asked.variant} />}
      </Row>
      {asked?.context !== undefined && (
        <Row name="Sent">
          {asked.context.omitted === 0
            ? "The whole conversation"
            : `All but the first ${count(asked.context.omitted)} messages`}
          {asked.context.summaryThroughId !== undefined && ", for which a summary stood"}
          {`; ≈ ${count(asked.context.estimatedTokens)} tokens`}
          {asked.context.budgetTokens !== null && ` of ${count(asked.context.budgetTokens)} that fit`}
        </Row>
      )}
      {usage !== undefined && (
        <>
          <Row name="Tokens in">
            {count(usage.inputTokens)}
            {usage.cachedInputTokens !== undefined && `, ${count(usage.cachedInputTokens)} of them cached`}
            {usage.cacheWriteTokens !== undefined && `, ${count(usage.cacheWriteTokens)} put into the cache`}
          </Row>
          <Row name="Tokens out">
            {count(usage.outputTokens)}
            {usage.reasoningTokens !== undefined && `, ${count(usage.reasoningTokens)} of them thoughts`}
          </Row>
        </>
      )}
      {usage !== undefined && (
        <Row name="Cost">
          {costMicroUsd ? exactCost(costMicroUsd) : costOf(costMicroUsd, modelOf(models, model ?? "")?.price)}
          {costMicroUsd === null && " (the price is not known)"}
        </Row>
      )}
      {timings?.firstTokenMs !== undefined && (
        <Row name="First token">after {duration(timings.firstTokenMs)}</Row>
      )}
      {perSecond !== null && <Row name="Pace">{rate(perSecond)} tokens per second</Row>}
      {timings !== undefined && <Row name="In all">{duration(timings.totalMs)}</Row>}
      {(message.attempt ?? 1) > 1 && <Row name="Attempts">{message.attempt}</Row>}
      {message.editedAt !== undefined && (
        <Row name="Edited">
          <time dateTime={new Date(message.editedAt).toISOString()}>{WHEN.format(message.editedAt)}</time>
        </Row>
      )}
      {ratingReason !== undefined && ratingReason !== "" && <Row name="You said">{ratingReason}</Row>}
    </dl>
  );
}

function Row({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function paramsIn(params: Params = {}): string {
  const said: string[] = [];
  if (params.temperature !== undefined) said.push(`temperature ${params.temperature}`);
  if (params.outputTokensMax !== undefined) said.push(`at most ${count(params.outputTokensMax)} tokens`);
  if (params.effort !== undefined) said.push(`${params.effort} effort`);
  if (params.stop !== undefined && params.stop.length > 0) {
    said.push(`stops at ${params.stop.map((text) => JSON.stringify(text)).join(", ")}`);
  }
  return said.length === 0 ? "everything left to the model" : said.join(", ");
}

type Reading = { state: "closed" } | { state: "reading" } | { state: "read"; text: string } | {
  state: "failed";
  detail: string;
};

/** The instructions as they were then, read when somebody asks: they are long, and the same for many answers. */
function Prompt({ read, variant }: { read: () => Promise<string>; variant: string | undefined }) {
  const [now, setNow] = useState<Reading>({ state: "closed" });
  const open = async () => {
    setNow({ state: "reading" });
    try {
      setNow({ state: "read", text: await read() });
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      setNow({ state: "failed", detail: error.detail });
    }
  };
  return (
    <>
      {variant !== undefined && `of the variant “${variant}” `}
      {now.state === "read" ? <p class="plain prompt" tabIndex={0}>{now.text}</p> : (
        <button
          type="button"
          class="small"
          data-action="prompt"
          disabled={now.state === "reading"}
          onClick={open}
        >
          {now.state === "reading" ? "Loading…" : "Show"}
        </button>
      )}
      {now.state === "failed" && <span role="alert">{now.detail}</span>}
    </>
  );
}
