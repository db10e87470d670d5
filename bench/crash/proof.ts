// The figures of what a process's loss costs, as Markdown tables.
import type { Survived } from "../../tests/support/outage.ts";
import type { Woken } from "../../tests/support/zombies.ts";
import type { Drained } from "./outages.ts";
import { type Spread, spread } from "../figures/stats.ts";
import { table } from "../figures/table.ts";

const SPREAD_HEAD = ["p50 ms", "p99 ms", "max ms", "runs"];

/** How soon the answers went on and ended; then what was lost of them. */
export function survivalTable(what: string, results: readonly Survived[], targetMs: number): string {
  const first = results.flatMap(({ firstTextMs }) => firstTextMs ?? []);
  const cutOff = results.filter(({ attempts }) => attempts > 1).map(({ endMs }) => endMs);
  const rows = [
    ...(first.length === 0 ? [] : [[`${what} → first new token`, ...cells(spread(first)), ""]]),
    ...(cutOff.length === 0
      ? []
      : [[`${what} → end of the answer`, ...cells(spread(cutOff)), target(spread(cutOff).max, targetMs)]]),
  ];
  return `${table(["from → to", ...SPREAD_HEAD, "target for the max"], rows)}\n\n${accounts(results)}`;
}

/** One line of what became of the answers: how many are whole, and what is missing. */
export function accounts(results: readonly Survived[]): string {
  const sum = (of: (one: Survived) => number) => results.reduce((total, one) => total + of(one), 0);
  const complete = results.filter(({ status }) => status === "complete").length;
  const amiss = results.flatMap((one) => one.amiss);
  return [
    `${results.length} answers: ${complete} complete, ` +
    `${results.filter(({ attempts }) => attempts > 1).length} of them by another process; ` +
    `tokens lost: ${sum(({ lost }) => lost)}, tokens repeated: ${sum(({ repeated }) => repeated)}; ` +
    `connections of followers: ${sum(({ connections }) => connections)}; amiss: ${amiss.length}`,
    ...amiss.slice(0, 20).map((one) => `  ${one}`),
  ].join("\n");
}

export function frozenText({ survived, left, written, asked }: Woken): string {
  return `${
    accounts(survived)
  }\n${left} frozen jobs woke after another process had ended their answers, and said ` +
    `that they left: ${written} entries written, ${asked} requests to the provider since the wake`;
}

export function drainedText({ survived, exitMs }: Drained): string {
  const first = survived.flatMap(({ firstTextMs }) => firstTextMs ?? []);
  const exits = spread(exitMs);
  const rows = [
    ...(first.length === 0 ? [] : [[
      "SIGTERM → next token, at another process",
      ...cells(spread(first)),
      target(spread(first).max, 2_000),
    ]]),
    ["SIGTERM → exit", ...cells(exits), target(exits.max, 5_000)],
  ];
  return `${table(["from → to", ...SPREAD_HEAD, "target for the max"], rows)}\n\n${accounts(survived)}`;
}

export function stopTable(ms: Spread): string {
  return table(["from → to", ...SPREAD_HEAD, "target for p99"], [
    ["Stop at another process → upstream closed", ...cells(ms), target(ms.p99, 500)],
  ]);
}

function cells({ p50, p99, max, count }: Spread): string[] {
  return [p50.toFixed(0), p99.toFixed(0), max.toFixed(0), String(count)];
}

function target(value: number, ms: number): string {
  return `< ${ms} ms${value < ms ? "" : " (missed)"}`;
}
