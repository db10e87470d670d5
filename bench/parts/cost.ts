// What an answer costs where every write is paid for: KV write units, 1 per KiB and key, rounded up.
import type { Bench, Section } from "../bench.ts";
import { table } from "../figures/table.ts";
import { Follower } from "../generator/follower.ts";
import type { Provider } from "../generator/provider.ts";
import { type RunningApp, startApp } from "../targets/throughline.ts";

const FLUSHES_MS = [0, 50, 100];
/** Both rates, the slow one last; each with answers of `TOKENS` tokens, from the request to the end. */
const RATES = [100, 30];
const TOKENS = 1_000;
const ANSWERS = 3;
/** A token that is a row of its own, and the head with it. */
const UNITS_PER_ROW = 2;
const GOAL = { flushMs: 50, perSecond: 100, units: 240 };

interface Cost {
  flushMs: number;
  perSecond: number;
  /** For 1,000 tokens. */
  units: number;
  commits: number;
}

export async function cost({ provider, options, progress }: Bench): Promise<Section> {
  const [tokens, rates] = options.quick ? [100, [100]] : [TOKENS, RATES];
  progress(`cost of ${ANSWERS} answers of ${tokens} tokens`);
  // All at once: what is counted are commits, and the load is far below what would change them.
  const costs = await Promise.all(FLUSHES_MS.map(async (flushMs) => {
    await using app = await startApp(provider, { name: "cost", env: { FLUSH_MS: String(flushMs) } });
    const own: Cost[] = [];
    for (const perSecond of rates) own.push(await costOf(app, provider, flushMs, perSecond, tokens));
    return own;
  }));
  return {
    title: `Cost: KV write units of whole answers of ${tokens} tokens`,
    text: table(
      [
        "FLUSH_MS",
        "tokens / s",
        "write units / 1,000 tokens",
        "commits / 1,000 tokens",
        "one row per token",
        "goal",
      ],
      costs.flat().map(({ flushMs, perSecond, units, commits }) => [
        String(flushMs),
        String(perSecond),
        units.toFixed(0),
        commits.toFixed(0),
        String(UNITS_PER_ROW * 1_000),
        flushMs === GOAL.flushMs && perSecond === GOAL.perSecond && tokens === TOKENS
          ? `≤ ${GOAL.units}${units <= GOAL.units ? "" : " (missed)"}`
          : "",
      ]),
    ),
  };
}

async function costOf(
  app: RunningApp,
  provider: Provider,
  flushMs: number,
  perSecond: number,
  tokens: number,
): Promise<Cost> {
  const answers = Array.from({ length: ANSWERS }, () => provider.answer({ tokens, perSecond }));
  const generations = await app.generations(answers, 1);
  const before = await counted(app);
  await Promise.all(generations.map(async ({ answer, streams, start }) => {
    using follower = new Follower(streams[0]!, answer, { arrived: () => {} });
    await follower.opened;
    await start!();
    await follower.done;
  }));
  const after = await counted(app);
  provider.forget(answers);
  const thousands = ANSWERS * tokens / 1_000;
  return {
    flushMs,
    perSecond,
    units: (after.units - before.units) / thousands,
    commits: (after.commits - before.commits) / thousands,
  };
}

async function counted(app: RunningApp): Promise<{ units: number; commits: number }> {
  const metrics = await app.metrics();
  const units = metrics.get("throughline_kv_write_units_total");
  const commits = metrics.get("throughline_kv_commits_total");
  if (units === undefined || commits === undefined) {
    throw new Error("/metrics does not count commits and write units");
  }
  return { units, commits };
}
