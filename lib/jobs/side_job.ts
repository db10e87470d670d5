// A job beside the answers, such as a title: made by one process, tried a few times, and missed by nobody while it is not done.
//   S1  One process makes it: whoever takes its record by a checked write. What a dead one left undone is taken when its
//       lease is over, by whoever comes to need it.
//   S2  Whoever makes it ends it by a commit that checks the record as it was taken, and replaces or removes it.
//   S3  It holds nothing up: whoever begins one goes on at once, and never hears of it again.
import { AppError, causes } from "../core/errors.ts";
import type { Id } from "../core/ids.ts";
import type { Clock } from "../core/time.ts";
import { type Check, type Key, remove, set, type Store, type Write } from "../kv/store.ts";
import type { Fields, Logger } from "../observe/log.ts";
import type { Counters, MetricName } from "../observe/metrics.ts";

/** By `owner`, who is gone when the lease is over. Times are milliseconds since the epoch. */
export interface Making {
  state: "making";
  owner: Id;
  leaseUntil: number;
  tries: number;
}

/** Not tried again before `retryAt`; null: never. */
export interface Missed {
  state: "failed";
  retryAt: number | null;
  tries: number;
}

/** What stands at the key of a side job while it is not done. */
export type Undone = Making | Missed;
/** What it leaves there may say that it is. */
export type State = Undone | { state: "ready" };

/** How often, and how long, one kind of side job is tried. */
export interface Rules {
  triesMax: number;
  /** Before the second try; doubled before each one after it. */
  retryMs: number;
  /** One try; then it has failed. */
  makeMsMax: number;
}

/** Beyond the making: for its commit, so that nobody takes what is still being made. */
const LEASE_SLACK_MS = 30_000;
/** Tries to take a record: what is checked with it may change for other reasons than being gone. */
const TRIES_MAX = 3;
/** A process that drains waits so long for what lets go of its record. */
const DRAIN_MS_MAX = 1_000;

/** The state in which `owner` makes it; null while another does, and when it is done or not to be had now. */
export function taken(
  before: State | null,
  owner: Id,
  { triesMax, makeMsMax }: Rules,
  now: number,
): Making | null {
  const making = (tries: number): Making | null =>
    tries > triesMax ? null : { state: "making", owner, leaseUntil: now + makeMsMax + LEASE_SLACK_MS, tries };
  if (before === null) return making(1);
  switch (before.state) {
    case "making":
      return before.leaseUntil > now ? null : making(before.tries + 1);
    case "failed":
      return before.retryAt === null || before.retryAt > now ? null : making(before.tries + 1);
    case "ready":
      return null;
  }
}

/** After a try that failed. */
export function missed({ tries }: Making, { triesMax, retryMs }: Rules, now: number): Missed {
  return { state: "failed", retryAt: tries >= triesMax ? null : now + retryMs * 2 ** (tries - 1), tries };
}

/** As if it had not been taken; null: there was nothing before. */
export function untaken({ tries }: Making, now: number): Missed | null {
  return tries === 1 ? null : { state: "failed", retryAt: now, tries: tries - 1 };
}

/** One side job. */
export interface SideJob {
  /** What the log calls it: `title_failed`. */
  name: string;
  /** What the log says of it. */
  fields: Fields;
  /** Counts its tries that failed. */
  failures: MetricName;
  key: Key<State>;
  rules: Rules;
  /**
   * Asked before its record is taken: null when there is nothing to make, else what the taking checks as well, so that
   * nothing is written for what is gone by then.
   */
  wanted: () => Promise<readonly Check[] | null>;
  /**
   * Makes it, and commits it with `claim` among its checks (S2). Aborted when it takes too long, and when the process drains.
   * A throw is a try that failed.
   */
  make: (claim: Check, signal: AbortSignal) => Promise<void>;
}

export interface SideJobsDeps {
  store: Store;
  clock: Clock;
  logger: Logger;
  processId: Id;
  /** At once in this process. What is not begun is begun by whoever needs it next. */
  atOnceMax: number;
  counters: Counters;
}

export class SideJobs {
  readonly #deps: SideJobsDeps;
  readonly #active = new Map<string, Promise<void>>();
  readonly #stopped = new AbortController();

  constructor(deps: SideJobsDeps) {
    this.#deps = deps;
  }

  /** Side jobs of this process that are under way. */
  get size(): number {
    return this.#active.size;
  }

  /** Begins a job, unless it is under way, or cannot be had now. Returns at once, and never throws (S3). */
  begin(job: SideJob): void {
    const id = JSON.stringify(job.key);
    const { atOnceMax, logger } = this.#deps;
    if (this.#stopped.signal.aborted || this.#active.has(id) || this.#active.size >= atOnceMax) return;
    const done = this.#run(job).catch((error) => {
      // The lease runs out, and whoever needs it next makes it.
      logger.log("error", `${job.name}_crashed`, { ...job.fields, cause: causes(error) });
    }).finally(() => this.#active.delete(id));
    this.#active.set(id, done);
  }

  /** Resolves when nothing is under way here. */
  async settled(): Promise<void> {
    while (this.#active.size > 0) await Promise.all(this.#active.values());
  }

  /** Stops what is under way, and lets go of it, so that another process may make it at once. */
  async drain(): Promise<void> {
    this.#stopped.abort();
    const waited = new AbortController();
    await Promise.race([this.settled(), this.#deps.clock.sleep(DRAIN_MS_MAX, waited.signal)]);
    waited.abort();
  }

  async #run(job: SideJob): Promise<void> {
    const { store, clock, processId } = this.#deps;
    const { key, rules } = job;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      // Most who ask come while it is made, or after it could not be: for those nothing more is read.
      const found = await store.get(key);
      if (taken(found.value, processId, rules, clock.now()) === null) return;
      const checks = await job.wanted();
      const making = taken(found.value, processId, rules, clock.now());
      if (checks === null || making === null || this.#stopped.signal.aborted) return;
      const versionstamp = await store.commit({
        checks: [{ key, versionstamp: found.versionstamp }, ...checks],
        writes: [set(key, making)],
      });
      if (versionstamp !== null) return await this.#make(job, making, { key, versionstamp });
    }
  }

  async #make(job: SideJob, making: Making, claim: Check): Promise<void> {
    const { name, fields, failures, key, rules, make } = job;
    const { store, clock, logger, counters } = this.#deps;
    const over = new AbortController();
    const late = new AppError("timeout_total", "It took too long.");
    const timer = new AbortController();
    void clock.sleep(rules.makeMsMax, timer.signal).then(() => over.abort(late));
    const signal = AbortSignal.any([over.signal, this.#stopped.signal]);
    try {
      await make(claim, signal);
    } catch (error) {
      const drained = this.#stopped.signal.aborted;
      if (!drained) {
        counters.add(failures, 1);
        logger.log("warn", `${name}_failed`, { ...fields, tries: making.tries, cause: causes(error) });
      }
      const now = clock.now();
      const left = drained ? untaken(making, now) : missed(making, rules, now);
      const write: Write = left === null ? remove(key) : set(key, left);
      // Somebody else's, when the check fails: there is nothing of ours to let go.
      await store.commit({ checks: [claim], writes: [write] });
    } finally {
      timer.abort();
    }
  }
}
