// Targets at levels of load, as tables.
import type { Figures, Load, Measured } from "../generator/load.ts";
import { type Runs, runs } from "./stats.ts";
import { table } from "./table.ts";

/** What one target did at one level, in every run; none when it was left out. */
export interface Row {
  target: string;
  load: Load;
  measured: Measured[];
}

const HEAD = [
  "level",
  "target",
  "p50 ms",
  "p99 ms",
  "CPU s / 100k tokens",
  "server cores",
  "generator cores",
  "other cores",
  "generator's loop p99 / max ms",
  "tokens timed",
];

/** Raw latencies and CPU, one row per level and target. */
export function latencyTable(rows: readonly Row[]): string {
  return table(HEAD, rows.map(row));
}

function row({ target, load, measured }: Row): string[] {
  const figures = measured.filter((one) => "latencyMs" in one);
  if (figures.length === 0) {
    const [first] = measured;
    const why = first === undefined
      ? "left out: p99 was above 250 ms at less load"
      : `overloaded: ${"overloaded" in first ? first.overloaded : ""}`;
    return [levelName(load), target, why, ...new Array<string>(HEAD.length - 3).fill("")];
  }
  const late = figures.every(({ finished }) => finished) ? "" : "> ";
  return [
    levelName(load),
    target,
    late + cell(of(figures, ({ latencyMs }) => latencyMs.p50)),
    late + cell(of(figures, ({ latencyMs }) => latencyMs.p99)),
    cell(of(figures, ({ cpuPer100k }) => cpuPer100k), 1),
    cell(of(figures, ({ serverCores }) => serverCores)),
    cell(of(figures, ({ generatorCores }) => generatorCores)),
    cell(of(figures, ({ otherCores }) => otherCores)),
    `${cell(of(figures, ({ loopMs }) => loopMs.p99), 1)} / ${
      cell(of(figures, ({ loopMs }) => loopMs.max), 0)
    }`,
    String(figures.reduce((sum, { latencyMs }) => sum + latencyMs.count, 0)),
  ];
}

/** What each target adds to the floor at the same level: percentile less percentile, of the medians over the runs. */
export function addedTable(rows: readonly Row[], floor: string): string {
  const lines = rows.flatMap(({ target, load, measured }) => {
    const base = rows.find((other) => other.target === floor && other.load === load);
    if (target === floor || base === undefined || base.measured.length === 0 || measured.length === 0) {
      return [];
    }
    const added = (p: "p50" | "p99") => {
      const [mine, least] = [measured, base.measured].map((some) =>
        of(some, ({ latencyMs }) => latencyMs[p])
      );
      return mine && least ? (mine.median - least.median).toFixed(2) : "–";
    };
    return [[levelName(load), target, added("p50"), added("p99")]];
  });
  return lines.length === 0 ? "" : table(["level", "target", "added p50 ms", "added p99 ms"], lines);
}

export function levelName({ generations, perSecond, followers }: Load): string {
  return `${generations} × ${perSecond}/s${followers === 1 ? "" : `, ${followers} followers`}`;
}

/** One figure over the runs that have any. */
export function of(measured: readonly Measured[], figure: (one: Figures) => number | null): Runs | null {
  const values = measured.filter((one) => "latencyMs" in one).map(figure).filter((value) => value !== null);
  return values.length === 0 ? null : runs(values);
}

/** `median (min–max)`, or a dash where there is nothing. */
export function cell(figure: Runs | null, digits = 2): string {
  if (figure === null) return "–";
  const { median, min, max } = figure;
  const [middle, low, high] = [median, min, max].map((value) => value.toFixed(digits));
  return low === high ? middle! : `${middle} (${low}–${high})`;
}
