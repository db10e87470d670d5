// Many answers at once, followed: how late is each token, and what did it cost?
//   G5  Only tokens that left within the window are timed, after all generations have begun and warmed up.
//   G6  Every follower gets every byte of its answer, or the level throws. A server that is too slow is no mismatch:
//       the level then says that it did not finish, and counts what had not arrived as late as it was by then.
import { cpuSeconds, machineCpuSeconds, ownCpuSeconds } from "../figures/cpu.ts";
import { Samples, type Spread, spread } from "../figures/stats.ts";
import { each } from "../targets/each.ts";
import type { Generation, Running } from "../targets/target.ts";
import type { Answer } from "./answer.ts";
import { type Arrivals, Follower, StreamRefused } from "./follower.ts";
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

/** What a level showed; or why there is nothing to show, because the target could not carry it. */
export type Measured = Figures | { overloaded: string };

export interface Figures {
  latencyMs: Spread;
  /** Tokens that left within the window. */
  tokens: number;
  /** CPU seconds of the target's servers for 100,000 tokens; null where it cannot be read, or there is no server. */
  cpuPer100k: number | null;
  /** Cores that the servers, the generator and everybody else kept busy; null where it cannot be read. */
  serverCores: number | null;
  generatorCores: number | null;
  otherCores: number | null;
  /** How long the generator's own loop was away at a time: it cannot see more exactly than that. */
  loopMs: Spread;
  /** False: not everything had arrived in time, and the latencies are those that were reached by then. */
  finished: boolean;
}

/** Generations that begin at once, and their pause: 1,000 are there within six seconds. */
const BEGIN_AT_ONCE = 8;
const BEGIN_PAUSE_MS = 40;
/** Followers of one answer that connect at once. */
const CONNECT_AT_ONCE = 64;
/** All answers must have begun within this; an overloaded server is not waited for. */
const BEGIN_MS_MAX = 30_000;
/** All that was sent must be there this long after the last token, or the server is overloaded. */
const FINISH_MS_MAX = 15_000;

export async function run(target: Running, provider: Provider, load: Load): Promise<Measured> {
  const answers = Array.from(
    { length: load.generations },
    () => provider.answer({ tokens: TOKENS_MAX, perSecond: load.perSecond }),
  );
  const window = new Window();
  const crowd = new Crowd();
  try {
    const generations = await target.generations(answers, load.followers);
    const begun = begin(generations, window, crowd);
    if (!await within(BEGIN_MS_MAX, Promise.race([begun, crowd.failed]))) {
      begun.catch(() => {}); // it is given up, and its followers are let go
      return { overloaded: `${load.generations} answers had not begun after ${BEGIN_MS_MAX / 1_000} s` };
    }
    await Promise.race([sleep(load.warmupMs), crowd.failed]);

    provider.takeGaps();
    const before = used(target, answers);
    window.openedMs = performance.now();
    await Promise.race([sleep(load.windowMs), crowd.failed]);
    window.closedMs = performance.now();
    const after = used(target, answers);
    const gaps = provider.takeGaps();

    for (const answer of answers) answer.end();
    const finished = await within(FINISH_MS_MAX, crowd.done());
    if (!finished) crowd.followers.forEach((follower) => window.missing(follower));
    const tokens = after.sent - before.sent;
    const seconds = (window.closedMs - window.openedMs) / 1_000;
    const cpu = target.pids.length === 0 ? null : difference(before.cpu, after.cpu);
    const own = difference(before.own, after.own);
    const all = difference(before.all, after.all);
    return {
      latencyMs: spread(window.samples.values),
      tokens,
      cpuPer100k: cpu === null ? null : cpu / tokens * 100_000,
      serverCores: cpu === null ? null : cpu / seconds,
      generatorCores: own === null ? null : own / seconds,
      otherCores: all === null || own === null ? null : Math.max(0, all - own - (cpu ?? 0)) / seconds,
      loopMs: spread(gaps),
      finished,
    };
  } catch (error) {
    if (error instanceof StreamRefused) return { overloaded: error.message };
    throw error;
  } finally {
    crowd[Symbol.dispose]();
    provider.forget(answers);
  }
}

function used(target: Running, answers: readonly Answer[]) {
  return {
    cpu: cpuSeconds(target.pids),
    own: ownCpuSeconds(),
    all: machineCpuSeconds(),
    sent: answers.reduce((sum, { sent }) => sum + sent, 0),
  };
}

function difference(before: number | null, after: number | null): number | null {
  return before === null || after === null ? null : after - before;
}

/** All followers of a level. */
class Crowd implements Disposable {
  readonly followers: Follower[] = [];
  /** Rejects with the first fault of any; resolves never. */
  readonly failed: Promise<never>;
  #fail!: (error: unknown) => void;

  constructor() {
    this.failed = new Promise((_, reject) => (this.#fail = reject));
    this.failed.catch(() => {}); // whoever races with it is told
  }

  add(follower: Follower): void {
    this.followers.push(follower);
    follower.done.catch(this.#fail);
  }

  async done(): Promise<void> {
    await Promise.all(this.followers.map(({ done }) => done));
  }

  [Symbol.dispose](): void {
    for (const follower of this.followers) follower[Symbol.dispose]();
  }
}

/** Connects followers and starts their generations, a few at a time; resolves when each has sent a token. */
async function begin(
  generations: readonly Generation[],
  window: Window,
  crowd: Crowd,
): Promise<void> {
  await each(generations.length, BEGIN_AT_ONCE, async (i) => {
    const { answer, streams, start, followedLater } = generations[i]!;
    const connect = () =>
      each(streams.length, CONNECT_AT_ONCE, async (k) => {
        const follower = new Follower(streams[k]!, answer, window);
        crowd.add(follower);
        if (start !== null) await follower.opened;
      });
    if (followedLater) await start?.();
    await connect();
    if (!followedLater) await start?.();
    await answer.begun;
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
