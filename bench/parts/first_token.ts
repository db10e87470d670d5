// How long a person waits for the first word, beyond what the model takes: the provider answers at once.
import type { Bench, Section } from "../bench.ts";
import { spread } from "../figures/stats.ts";
import { table } from "../figures/table.ts";
import { Follower } from "../generator/follower.ts";
import type { Provider } from "../generator/provider.ts";
import { bareRelay, direct, oneCommit, parsingRelay } from "../targets/baselines.ts";
import type { Running, Target } from "../targets/target.ts";
import { throughline } from "../targets/throughline.ts";
import { redisOrNone } from "./redis_or_none.ts";

/** Unmeasured: the first ones pay for compiling. */
const WARMUP = 20;
/** Only the first is measured; the others give a follower the time to come, where it can come only later. */
const PACE = { tokens: 3, perSecond: 50, prompt: true };
/** A person waits for an answer in a quiet conversation: each request is alone, and the last has ended. */
const PAUSE_MS = 5;
const GOAL_MS = 10;

interface Waited {
  askedMs: number[];
  firstMs: number[];
}

export async function firstToken(bench: Bench): Promise<Section> {
  const { provider, options, progress } = bench;
  const rounds = options.quick ? 5 : 200;
  const warmup = options.quick ? 2 : WARMUP;
  const { targets, note } = await redisOrNone(
    bench,
    (redis) => [direct, bareRelay, parsingRelay, ...redis, oneCommit, throughline(0)],
  );
  progress(`first token, ${rounds} times`);
  const running: [Target, Running, Waited][] = [];
  try {
    for (const target of targets) {
      running.push([target, await target.start(provider), { askedMs: [], firstMs: [] }]);
    }
    for (let round = 0; round < rounds + warmup; round++) {
      for (const [, server, waited] of running) {
        const { askedMs, firstMs } = await once(server, provider);
        if (round < warmup) continue;
        waited.askedMs.push(askedMs);
        waited.firstMs.push(firstMs);
      }
    }
  } finally {
    for (const [, server] of running) await server[Symbol.asyncDispose]();
  }
  const floor = running.find(([target]) => target === direct)?.[2];
  return {
    title: "First token: from sending the request until the token is at the follower",
    text: table(
      [
        "target",
        "until the provider sent it, p50 ms",
        "p50 ms",
        "p99 ms",
        "added p50 ms",
        "added p99 ms",
        "goal",
      ],
      running.map(([target, , { askedMs, firstMs }]) => {
        const [first, least] = [spread(firstMs), floor && spread(floor.firstMs)];
        const added = least === undefined ? null : first.p50 - least.p50;
        return [
          target.name,
          spread(askedMs).p50.toFixed(2),
          first.p50.toFixed(2),
          first.p99.toFixed(2),
          least === undefined || target === direct ? "–" : added!.toFixed(2),
          least === undefined || target === direct ? "–" : (first.p99 - least.p99).toFixed(2),
          target.name.startsWith("Throughline") && added !== null
            ? `p50 < ${GOAL_MS} ms${added < GOAL_MS ? "" : " (missed)"}`
            : "",
        ];
      }),
    ) + note,
  };
}

/** One generation, from the moment in which it is asked for. Who follows what is kept follows before, where one can. */
async function once(server: Running, provider: Provider): Promise<{ askedMs: number; firstMs: number }> {
  const answer = provider.answer(PACE);
  const [generation] = await server.generations([answer], 1);
  const { streams, start, followedLater } = generation!;
  let firstAtMs = 0;
  const arrivals = { arrived: (_sentMs: number, nowMs: number) => void (firstAtMs ||= nowMs) };
  const ahead = start !== null && !followedLater ? new Follower(streams[0]!, answer, arrivals) : null;
  await ahead?.opened;
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  const beganMs = performance.now();
  await start?.();
  using follower = ahead ?? new Follower(streams[0]!, answer, arrivals);
  await follower.done;
  provider.forget([answer]);
  return { askedMs: answer.sentMs[0]! - beganMs, firstMs: firstAtMs - beganMs };
}
