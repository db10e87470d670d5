// Many answers at once, followed: how late is each token, and what did it cost?
//   G5  Only tokens that left within the window are timed, after all generations have begun and warmed up.
//   G6  Every follower gets every byte of its answer, or the level throws. A server that is too slow is no mismatch:
//       the level then says that it did not finish, and counts what had not arrived as late as it was by then.
import { cpuSeconds, ownCpuSeconds } from "../figures/cpu.ts";
import { Samples, type Spread, spread } from "../figures/stats.ts";
import { each } from "../targets/each.ts";
import type { Generation, Running } from "../targets/target.ts";
import type { Answer } from "./answer.ts";
import { type Arrivals, Follower } from "./follower.ts";
import type { Provider } from "./provider.ts";
import { TOKENS_MAX } from "./script.ts";

export interface Load {
  generations: number;
  perSecond: number;
  /** Of each generation. */
  followers: number;
  warmupMs: number;
  windowMs: number;
}

export interface Measured {
  load: Load;
  /** Null: the generations had not all begun in time. */
  latencyMs: Spread | null;
  /** Tokens that left within the window. */
  tokens: number;
  /** CPU seconds of the target's servers for 100,000 tokens; null where it cannot be read, or there is no server. */
  cpuPer100k: number | null;
  /** Cores that the servers and the generator kept busy; null where it cannot be read. */
  serverCores: number | null;
  generatorCores: number | null;
  /** How long the generator's own loop was away at a time: it cannot see more exactly than that. */
  loopMs: Spread | null;
  /** False: not everything had arrived in time. */
  finished: boolean;
}

/** Generations that begin at once, and their pause: 1,000 are there within five seconds. */
const BEGIN_AT_ONCE = 8;
const BEGIN_PAUSE_MS = 40;
/** Followers of one answer that connect at once. */
const CONNECT_AT_ONCE = 64;
/** All that was sent must be there this long after the last token, or the server is overloaded. */
const FINISH_MS_MAX = 15_000;
/** An answer must begin within this; an overloaded server is not waited for. */
const BEGIN_MS_MAX = 30_000;

const NOTHING: Omit<Measured, "load"> = {
  latencyMs: null,
  tokens: 0,
  cpuPer100k: null,
  serverCores: null,
  generatorCores: null,
  loopMs: null,
  finished: false,
};

export async function run(target: Running, provider: Provider, load: Load): Promise<Measured> {
  const answers = Array.from(
    { length: load.generations },
    () => provider.answer({ tokens: TOKENS_MAX, perSecond: load.perSecond }),
  );
  const window = new Window();
  const followers: Follower[] = [];
  try {
    const generations = await target.generations(answers, load.followers);
    let failed = false;
    let done: Promise<unknown> = Promise.resolve();
    const watch = (added: readonly Follower[]) => {
      followers.push(...added);
      done = Promise.all([done, ...added.map((follower) => follower.done)]);
      done.catch(() => (failed = true));
    };
    const begun = await within(BEGIN_MS_MAX, begin(generations, window, watch));
    if (!begun) {
      if (failed) await done;
      return { ...NOTHING, load };
    }
    await sleep(load.warmupMs);

    provider.takeGaps();
    const before = { cpu: cpuSeconds(target.pids), own: ownCpuSeconds(), sent: sentOf(answers) };
    window.openedMs = performance.now();
    await Promise.race([sleep(load.windowMs), done]); // which ends early only by throwing
    window.closedMs = performance.now();
    const after = { cpu: cpuSeconds(target.pids), own: ownCpuSeconds(), sent: sentOf(answers) };
    const gaps = provider.takeGaps();

    for (const answer of answers) answer.end();
    const finished = await within(FINISH_MS_MAX, done);
    if (!finished) followers.forEach((follower) => window.missing(follower));
    const tokens = after.sent - before.sent;
    const seconds = (window.closedMs - window.openedMs) / 1_000;
    const cpu = before.cpu === null || target.pids.length === 0 ? null : after.cpu! - before.cpu;
    return {
      load,
      latencyMs: spread(window.samples.values),
      tokens,
      cpuPer100k: cpu === null ? null : cpu / tokens * 100_000,
      serverCores: cpu === null ? null : cpu / seconds,
      generatorCores: before.own === null ? null : (after.own! - before.own) / seconds,
      loopMs: spread(gaps),
      finished,
    };
  } finally {
    for (const follower of followers) follower[Symbol.dispose]();
    provider.forget(answers);
  }
}

/** Connects followers and starts their generations, a few at a time; resolves when each has sent a token. */
async function begin(
  generations: readonly Generation[],
  window: Window,
  watch: (followers: readonly Follower[]) => void,
): Promise<void> {
  await each(generations.length, BEGIN_AT_ONCE, async (i) => {
    const { answer, streams, start } = generations[i]!;
    const followers = await each(streams.length, CONNECT_AT_ONCE, async (k) => {
      const follower = new Follower(streams[k]!, answer, window);
      watch([follower]);
      if (start !== null) await follower.opened;
      return follower;
    });
    await start?.();
    await Promise.race([answer.begun, ...followers.map(({ done }) => done)]);
    if (generations.length > BEGIN_AT_ONCE) await sleep(BEGIN_PAUSE_MS);
  });
}

/** Latencies of tokens that left while it was open. */
class Window implements Arrivals {
  readonly samples = new Samples();
  openedMs = Infinity;
  closedMs = Infinity;

  arrived(sentMs: number, nowMs: number): void {
    if (sentMs >= this.openedMs && sentMs < this.closedMs) this.samples.add(nowMs - sentMs);
  }

  /** What has not arrived by now is at least that late. */
  missing({ answer, tokens }: Follower): void {
    const nowMs = performance.now();
    for (let token = tokens; token < answer.sent; token++) this.arrived(answer.sentMs[token]!, nowMs);
  }
}

function sentOf(answers: readonly Answer[]): number {
  return answers.reduce((sum, { sent }) => sum + sent, 0);
}

/** Whether `promise` resolves within `ms`. */
async function within(ms: number, promise: Promise<unknown>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await Promise.race([
      promise.then(() => true),
      new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), ms))),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
