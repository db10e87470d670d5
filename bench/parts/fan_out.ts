// One generation, and more and more who follow it.
import type { Bench, Section } from "../bench.ts";
import { latencyTable, of, type Row } from "../figures/levels.ts";
import { table } from "../figures/table.ts";
import { oneCommit } from "../targets/baselines.ts";
import { throughline } from "../targets/throughline.ts";
import { redisOrNone } from "./redis_or_none.ts";
import { sideBySide } from "./side_by_side.ts";

const FOLLOWERS = [1, 100, 1_000];
const PER_SECOND = 50;
/** A thousand followers may cost less than this many times what a hundred cost. */
const RATIO_MAX = 2;

export async function fanOut(bench: Bench): Promise<Section> {
  const { quick, windowMs, runs } = bench.options;
  const { targets, note } = await redisOrNone(bench, (redis) => [...redis, oneCommit, throughline(0)]);
  const loads = (quick ? [1, 20] : FOLLOWERS).map((followers) => ({
    generations: 1,
    perSecond: PER_SECOND,
    followers,
    warmupMs: quick ? 300 : 1_000,
    windowMs: windowMs ?? (quick ? 700 : 5_000),
  }));
  const rows = await sideBySide(bench, targets, loads, runs ?? (quick ? 1 : 3), Infinity);
  return {
    title: `Fan-out: one generation of ${PER_SECOND} tokens/s`,
    text: `${latencyTable(rows)}\n\n${ratioTable(rows)}${note}`,
  };
}

/** CPU of the most followers over CPU of the level before. */
function ratioTable(rows: readonly Row[]): string {
  const names = [...new Set(rows.map(({ target }) => target))];
  return table(
    ["target", "CPU at the most followers / at the level before", "goal"],
    names.map((name) => {
      const cores = rows.filter(({ target }) => target === name)
        .map(({ measured }) => of(measured, ({ serverCores }) => serverCores)?.median ?? null);
      const [few, many] = cores.slice(-2);
      return [name, few && many ? (many / few).toFixed(2) : "–", `< ${RATIO_MAX}`];
    }),
  );
}
