// Latency and cost of a token under growing load, every target beside the others.
import type { Bench, Section } from "../bench.ts";
import { addedTable, latencyTable, of, type Row } from "../figures/levels.ts";
import { linePlot } from "../figures/plot.ts";
import type { Load } from "../generator/load.ts";
import { bareRelay, direct, oneCommit, parsingRelay } from "../targets/baselines.ts";
import { throughline } from "../targets/throughline.ts";
import { redisOrNone } from "./redis_or_none.ts";
import { sideBySide } from "./side_by_side.ts";

const LEVELS = [1, 10, 50, 200, 500, 1_000];
const PER_SECOND = 30;
/** The level at which the rivals are compared. */
const REFERENCE = { generations: 50, perSecond: 50 };

export async function load(bench: Bench): Promise<Section> {
  const { quick, levels, perSecond, windowMs, runs } = bench.options;
  const common = { followers: 1, warmupMs: quick ? 300 : 2_000, windowMs: windowMs ?? (quick ? 700 : 6_000) };
  const loads: Load[] = (levels ?? (quick ? [20] : LEVELS)).map((generations) => ({
    ...common,
    generations,
    perSecond: perSecond ?? PER_SECOND,
  }));
  // First: what a target cannot bear is left out from there on.
  if (levels === null && !quick) loads.unshift({ ...common, ...REFERENCE });
  const { targets, note } = await redisOrNone(
    bench,
    (redis) => [direct, bareRelay, parsingRelay, ...redis, oneCommit, throughline(0)],
  );
  const rows: Row[] = await sideBySide(bench, targets, loads, runs ?? (quick ? 1 : 3));
  return {
    title: "Load: concurrent generations, a follower each",
    text: `${latencyTable(rows)}\n\n${addedTable(rows, direct.name)}${note}`,
    plots: !rows.some(hasFigures) ? [] : [{ file: "latency.svg", svg: latencyPlot(rows.filter(hasFigures)) }],
  };
}

function hasFigures({ load, measured }: Row): boolean {
  return load.perSecond === PER_SECOND && of(measured, ({ latencyMs }) => latencyMs.p50) !== null;
}

/** One colour per target. What it could not carry has no point. */
function latencyPlot(rows: readonly Row[]): string {
  const names = [...new Set(rows.map(({ target }) => target))];
  const points = (name: string, figure: "p50" | "p99") =>
    rows.flatMap(({ target, load, measured }): [number, number][] => {
      const median = target === name ? of(measured, ({ latencyMs }) => latencyMs[figure])?.median : undefined;
      return median === undefined ? [] : [[load.generations, median]];
    });
  return linePlot({
    title: `Latency of a token: p99 (lines) and p50 (dashes), ${PER_SECOND} tokens/s for each generation`,
    x: { label: "generations", log: true },
    y: { label: "ms from the provider to the follower", log: true },
    series: names.flatMap((name) => [
      { name, points: points(name, "p99") },
      { name: "", points: points(name, "p50"), dashed: true },
    ]),
  });
}
