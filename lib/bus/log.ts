// The append log of a topic.
//   B1  Entries are gapless: an append checks the head and moves it in the same commit.
//   B2  Whatever must change with the entries changes in their commit, or not at all.
//   B3  An append whose answer was lost is found again in the log, and never made twice.
//   B4  Writers of one process take turns at a topic: an answer that streams starves no message that is sent.
import { AppError } from "../core/errors.ts";
import type { Clock } from "../core/time.ts";
import { headKey, SEGMENT_TTL_MS, segmentKey, segmentPrefix, type TopicId } from "../kv/keys.ts";
import { cutToWhole, IncompleteError, type Large, readLarge, setLarge } from "../kv/parts.ts";
import { type Check, set, type Store, type Transaction, type Versioned, type Write } from "../kv/store.ts";
import type { Counters } from "../observe/metrics.ts";
import type { Appended, Plan } from "../kv/plan.ts";
import {
  advance,
  EMPTY_HEAD,
  type Head,
  headBytes,
  number,
  type Numbered,
  type Segment,
  tailAfter,
} from "./head.ts";
import { encode, type Encoded, unpack } from "./packed.ts";
import type { Writing } from "./watcher.ts";

/** Most rows of segments read for one catch-up; more is a cursor so old that a snapshot is cheaper. */
export const SEGMENTS_MAX = 5_000;

/** Rows of segments that a follower is given at once: what a slow reader costs. One segment has PARTS_MAX + 1 at most. */
const PAGE_ROWS = 32;

/** Heads that the writers of this process remember. The oldest goes: a forgotten head costs one read. */
const HEADS_MAX = 2_000;

/** How long an append tries when its caller does not say: as long as a person waits for a send. */
export const APPEND_MS_MAX = 5_000;

interface Prepared {
  transaction: Transaction;
  heads: { topic: TopicId; head: Head; firstSeq: number; entries: readonly Encoded[] }[];
}

export class Log {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #counters: Counters;
  /** The newest head that each topic's writer saw, so that a busy writer reads nothing. */
  readonly #heads = new Map<TopicId, Versioned<Head>>();

  /** Of each topic that is being written to, the end of the last turn that was asked for. */
  readonly #turns = new Map<TopicId, Promise<void>>();

  readonly #writing: Writing;

  /** `writing` is told of each commit to a head. */
  constructor(
    deps: { store: Store; clock: Clock; random: () => number; counters: Counters; writing?: Writing },
  ) {
    this.#writing = deps.writing ?? (() => () => {});
    this.#store = deps.store;
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.#counters = deps.counters;
  }

  /** The head of a topic as KV has it now. */
  async head(topic: TopicId): Promise<Versioned<Head>> {
    return await this.#store.get(headKey(topic));
  }

  /** The entries after `cursor` up to now, or null when the log no longer has them all, in `rowsMax` rows. */
  async after(topic: TopicId, cursor: number, rowsMax = SEGMENTS_MAX): Promise<Numbered[] | null> {
    const head = await this.#headFor(topic, cursor);
    if (head === null) return null;
    const tail = tailAfter(head, cursor);
    if (tail !== null) return tail;
    const sealed = await this.#sealedAfter(topic, cursor, head.tailFrom, rowsMax);
    if (sealed === null || sealed.at(-1)?.seq !== head.tailFrom - 1) return null;
    return [...sealed, ...tailAfter(head, head.tailFrom - 1) ?? []];
  }

  /** Entries after `cursor`, at least one if there is any, at most what `PAGE_ROWS` hold; null as above. */
  async next(topic: TopicId, cursor: number): Promise<Numbered[] | null> {
    const head = await this.#headFor(topic, cursor);
    if (head === null) return null;
    return tailAfter(head, cursor) ?? await this.#sealedAfter(topic, cursor, head.tailFrom, PAGE_ROWS);
  }

  /** The head, if `cursor` can be one of its topic's. */
  async #headFor(topic: TopicId, cursor: number): Promise<Head | null> {
    const head = (await this.head(topic)).value ?? EMPTY_HEAD;
    return Number.isSafeInteger(cursor) && cursor >= 0 && cursor <= head.seq ? head : null;
  }

  /** Entries after `cursor` from the segments before `tailFrom`, as many as stand in `rowsMax` rows; null: not there. */
  async #sealedAfter(
    topic: TopicId,
    cursor: number,
    tailFrom: number,
    rowsMax: number,
  ): Promise<Numbered[] | null> {
    const prefix = segmentPrefix(topic);
    // The segment that holds the entry after the cursor is the last one that begins at or before it.
    const [first] = await this.#store.list<Large<Segment> | Uint8Array>(
      { prefix, end: [...prefix, cursor + 2] },
      { limit: 1, reverse: true },
    );
    if (first === undefined) return null;
    const firstSeq = first.key[prefix.length] as number;
    const found = await this.#store.list<Large<Segment> | Uint8Array>(
      { start: [...prefix, firstSeq], end: [...prefix, tailFrom] },
      { limit: rowsMax },
    );
    try {
      const entries: Numbered[] = [];
      let next = firstSeq;
      for (
        const { value: segment } of readLarge<Segment>(found.length < rowsMax ? found : cutToWhole(found))
      ) {
        if (segment.firstSeq !== next) return null;
        const numbered = number(segment.firstSeq, unpack(segment.entries));
        next += numbered.length;
        entries.push(...numbered);
      }
      return next > cursor + 1 ? entries.slice(cursor + 1 - firstSeq) : null;
    } catch (error) {
      // A segment that expires between our reads is one that the log no longer has.
      if (error instanceof IncompleteError) return null;
      throw error;
    }
  }

  /**
   * Appends what `plan` says, in one commit; see `Append`.
   * @throws AppError `busy` when the store is away or contended for longer than `forMs`; any AppError of `plan`.
   */
  async append(
    plan: () => Plan | null | Promise<Plan | null>,
    forMs = APPEND_MS_MAX,
  ): Promise<Appended | null> {
    /** Tries of which nobody knows whether they landed. */
    const unknown: Prepared[] = [];
    let cause: unknown;
    const giveUpAt = this.#clock.now() + forMs;
    for (let tries = 0; tries === 0 || this.#clock.now() < giveUpAt; tries++) {
      if (tries > 0) await this.#clock.sleep(this.#pauseMs(tries));
      try {
        const landed = unknown.length === 0 ? null : await this.#landed(unknown);
        if (landed !== null) return landed;
        // A busy writer knows all it needs: from here to the commit it waits for nothing, not even for a promise.
        const planning = plan();
        const planned = planning instanceof Promise ? await planning : planning;
        if (planned === null) return null;
        const leftMs = Math.max(1, giveUpAt - this.#clock.now());
        const appended = await this.#inTurn(planned, leftMs, () => this.#try(planned, unknown));
        if (appended !== null) return appended;
      } catch (error) {
        if (error instanceof AppError) throw error;
        cause = error;
      }
    }
    throw new AppError("busy", "The store did not take the write. Try again in a moment.", { cause });
  }

  /**
   * Runs `write` when every turn at the plan's topics that was asked for before has ended. All of a plan's turns are
   * asked for at once, so that no two plans wait for each other. A turn is one try: it ends as a commit does, and when
   * a commit hangs those behind it give up in their own time.
   */
  async #inTurn<T>({ topics }: Plan, withinMs: number, write: () => Promise<T>): Promise<T> {
    const before = topics.map(({ topic }) => this.#turns.get(topic)).filter((turn) => turn !== undefined);
    const { promise: turn, resolve: end } = Promise.withResolvers<void>();
    for (const { topic } of topics) this.#turns.set(topic, turn);
    try {
      if (before.length > 0 && !await this.#settled(before, withinMs)) {
        throw new Error("A commit before it hangs");
      }
      return await write();
    } finally {
      end();
      for (const { topic } of topics) if (this.#turns.get(topic) === turn) this.#turns.delete(topic);
    }
  }

  /** Whether all of `turns` have ended within `withinMs`. */
  async #settled(turns: readonly Promise<void>[], withinMs: number): Promise<boolean> {
    const waited = new AbortController();
    const late = this.#clock.sleep(withinMs, waited.signal).then(() => false);
    try {
      return await Promise.race([Promise.all(turns).then(() => true), late]);
    } finally {
      waited.abort();
    }
  }

  /** One try; null when a check failed. */
  async #try(plan: Plan, unknown: Prepared[]): Promise<Appended | null> {
    for (const { topic } of plan.topics) {
      if (!this.#heads.has(topic)) this.#heads.set(topic, await this.head(topic));
    }
    const prepared = this.#prepare(plan);
    const tell = prepared.heads.map(({ topic }) => this.#writing(headKey(topic)));
    let states: Versioned<Head>[] = [];
    try {
      const versionstamp = await this.#store.commit(prepared.transaction);
      if (versionstamp === null) return null;
      states = prepared.heads.map(({ head }) => ({ value: head, versionstamp }));
      return this.#accept(prepared, states, versionstamp);
    } catch (error) {
      if (!(error instanceof AppError)) unknown.push(prepared);
      throw error;
    } finally {
      if (states.length === 0) { for (const { topic } of prepared.heads) this.#heads.delete(topic); }
      tell.forEach((done, i) => done(states[i] ?? null));
    }
  }

  /** The commit of `plan`, by the heads that are known. */
  #prepare(plan: Plan): Prepared {
    const heads: Prepared["heads"] = [];
    const checks: Check[] = [...plan.checks ?? []];
    const writes: Write[] = [];
    const [first] = plan.topics;
    const { fence } = plan;
    const stands = first !== undefined && fence !== undefined && fence.since !== null &&
      this.#heads.get(first.topic)?.versionstamp === fence.since;
    if (fence !== undefined && !stands) checks.push(fence.check);
    for (const { topic, entries } of plan.topics) {
      const known = this.#heads.get(topic);
      const before = known?.value ?? EMPTY_HEAD;
      const encoded = entries.map(encode);
      const { head, sealed } = advance(before, encoded);
      checks.push({ key: headKey(topic), versionstamp: known?.versionstamp ?? null });
      writes.push({ ...set(headKey(topic), head), bytes: headBytes(head) });
      for (const segment of sealed) {
        writes.push(...setLarge(segmentKey(topic, segment.firstSeq), segment, SEGMENT_TTL_MS));
      }
      heads.push({ topic, head, firstSeq: before.seq + 1, entries: encoded });
    }
    writes.push(...plan.writes?.(heads.map(({ firstSeq }) => firstSeq)) ?? []);
    return { transaction: { checks, writes }, heads };
  }

  #accept(prepared: Prepared, states: readonly Versioned<Head>[], versionstamp: string): Appended {
    for (const [i, { topic, entries }] of prepared.heads.entries()) {
      this.#heads.delete(topic);
      this.#heads.set(topic, states[i]!);
      this.#counters.add("throughline_entries_appended_total", entries.length);
    }
    for (const oldest of this.#heads.keys()) {
      if (this.#heads.size <= HEADS_MAX) break;
      this.#heads.delete(oldest);
    }
    return { versionstamp, firstSeqs: prepared.heads.map(({ firstSeq }) => firstSeq) };
  }

  /**
   * The try among `unknown` that is in the log after all (B3). Its entries stand where it would have put them: nobody
   * else writes equal ones there, because each entry names a message that only its writer may touch.
   */
  async #landed(unknown: readonly Prepared[]): Promise<Appended | null> {
    for (const { heads } of unknown) {
      const [first] = heads;
      // Without an entry there is nothing to find; whoever appends none must bear a second try.
      if (first === undefined || first.entries.length === 0) continue;
      const found = await this.after(first.topic, first.firstSeq - 1);
      const same = found !== null &&
        first.entries.every(([type, json], i) => found[i]?.type === type && found[i].json === json);
      if (!same) continue;
      return { versionstamp: null, firstSeqs: heads.map(({ firstSeq }) => firstSeq) };
    }
    return null;
  }

  /** Full jitter under a doubling bound of 2 to 250 ms: conflicts are short, and an outage should not spin. */
  #pauseMs(tries: number): number {
    return 1 + this.#random() * Math.min(250, 2 ** Math.min(tries, 8));
  }
}
