// How many tokens a second can be carried before the tail of their latency bends.
import type { Bench, Section } from "../bench.ts";
import { latencyTable, type Row } from "../figures/levels.ts";
import { table } from "../figures/table.ts";
import { oneCommit, parsingRelay } from "../targets/baselines.ts";
import { throughline, throughlineParallel } from "../targets/throughline.ts";
import { redisOrNone } from "./redis_or_none.ts";
import { carriedAll, P99_MS_MAX, sideBySide } from "./side_by_side.ts";

const LEVELS = [16, 32, 64, 128, 192, 224, 256, 288, 320, 352, 384, 416, 448, 512];
const PER_SECOND = 100;

export async function throughput(bench: Bench): Promise<Section> {
  const { quick, levels, windowMs, runs, parallel } = bench.options;
  const { targets, note } = await redisOrNone(bench, (redis) => [
    parsingRelay,
    ...redis,
    oneCommit,
    throughline(0),
    ...(parallel ? [throughlineParallel] : []),
  ]);
  const loads = (levels ?? (quick ? [8] : LEVELS)).map((generations) => ({
    generations,
    perSecond: PER_SECOND,
    followers: 1,
    warmupMs: quick ? 300 : 2_000,
    windowMs: windowMs ?? (quick ? 700 : 5_000),
  }));
  const rows = await sideBySide(bench, targets, loads, runs ?? (quick ? 1 : 2));
  return {
    title:
      `Throughput: the most tokens a second with p99 under ${P99_MS_MAX} ms, ${PER_SECOND} for each generation`,
    text: `${bestTable(rows)}\n\n${latencyTable(rows)}${note}`,
  };
}

function bestTable(rows: readonly Row[]): string {
  const names = [...new Set(rows.map(({ target }) => target))];
  return table(
    ["target", "tokens / s"],
    names.map((name) => {
      const passed = rows.filter(({ target, measured }) => target === name && carriedAll(measured));
      const most = Math.max(0, ...passed.map(({ load }) => load.generations * load.perSecond));
      return [name, most === 0 ? "fewer than measured" : most.toLocaleString("en")];
    }),
  );
}
