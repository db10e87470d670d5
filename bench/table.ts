// The figures as Markdown tables, and what they leave out.
import type { Measured } from "./load.ts";
import type { RequestTimes } from "./requests.ts";

/** Latency, CPU and cost of a token, one row per target and level. */
export function tokenTable(rows: readonly Measured[]): string {
  return table(
    [
      "generations",
      "target",
      "p50 ms",
      "p95 ms",
      "p99 ms",
      "CPU s / 100k tokens",
      "KV units / 1k tokens",
      "tokens",
    ],
    rows.map(({ target, level, latencyMs, cpuPer100k, unitsPer1k }) => [
      String(level.generations),
      target,
      latencyMs.p50.toFixed(2),
      latencyMs.p95.toFixed(2),
      latencyMs.p99.toFixed(2),
      cpuPer100k?.toFixed(1) ?? "–",
      unitsPer1k?.toFixed(0) ?? "–",
      String(latencyMs.count),
    ]),
  );
}

/** What the app adds to the bare relay, at the median and in the tail. */
export function addedTable(rows: readonly Measured[], baseline: string): string {
  const lines = rows.filter((row) => row.target !== baseline).map((row) => {
    const base = rows.find((other) =>
      other.target === baseline && other.level.generations === row.level.generations
    );
    if (base === undefined) {
      throw new Error(`No ${baseline} at ${row.level.generations} generations to compare with`);
    }
    return [
      String(row.level.generations),
      row.target,
      (row.latencyMs.p50 - base.latencyMs.p50).toFixed(2),
      (row.latencyMs.p95 - base.latencyMs.p95).toFixed(2),
      (row.latencyMs.p99 - base.latencyMs.p99).toFixed(2),
    ];
  });
  return table(["generations", "target", "added p50 ms", "added p95 ms", "added p99 ms"], lines);
}

export function requestTable(rows: readonly RequestTimes[]): string {
  return table(
    ["request", "p50 ms", "p95 ms", "p99 ms", "target for p50", "runs"],
    rows.map(({ what, ms, targetMs }) => [
      what,
      ms.p50.toFixed(1),
      ms.p95.toFixed(1),
      ms.p99.toFixed(1),
      `< ${targetMs} ms${ms.p50 < targetMs ? "" : " (missed)"}`,
      String(ms.count),
    ]),
  );
}

export const NOT_MEASURED = `What this table does not measure
- A network: provider, server and followers share one machine and its loopback. Real ones add their round trips to every row.
- A machine of its own: provider, load generator and server share ${navigator.hardwareConcurrency} cores, so the tail at 50
  generations is partly the load generator's. The bare relay suffers the same, which is why it is there.
- A real model's pace: tokens come every 20 ms. Bursts and pauses of real providers batch differently.
- Many followers of one answer, browsers, rendering, TLS, HTTP/2, proxies.
- Deno Deploy and its KV: the store here is SQLite on this disk. A commit over a network takes milliseconds.
- Long runs: heap growth, log rotation, expiry. Each level lasts seconds.
- CPU seconds include each run's requests and its warm-up; the store's growth during the run is in them too.
- An idle machine, unless it was one: the load average above says. On a busy disk every commit waits for its fsync, and
  the relay, which keeps nothing, does not.
- Processes frozen within a commit: on one SQLite file they keep its lock, and nobody else writes until they wake.
- Percentiles of a few thousand samples from one run: compare orders of size, not the last digit.`;

/** Rows under a head, as Markdown, every column as wide as its widest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
