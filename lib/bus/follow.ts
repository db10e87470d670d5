// Following: from a cursor to the newest entry, then live. Wake, then trust the log.
//   F1  Every entry after the cursor comes once, in order (P1), whatever happens to the wake-ups.
//   F2  Entries come from what KV has committed, never from a writer's memory (P2).
//   F3  A cursor that the log cannot serve gets a snapshot, and goes on from there. Never a silent gap.
//   F4  A follower is a few small objects. What the hub holds it is given at once, with no promise in between.
import type { TopicId } from "../kv/keys.ts";
import type { Numbered } from "./head.ts";
import { BATCH_ENTRIES_MAX, type Hub, type Subscription } from "./hub.ts";
import type { Log } from "./log.ts";

/** What a follower is given. `gone`: the topic is not there any more, and is not followed further. */
export type Followed<S> =
  | { type: "entries"; topic: TopicId; entries: readonly Numbered[] }
  | { type: "snapshot"; topic: TopicId; cursor: number; snapshot: S }
  | { type: "gone"; topic: TopicId };

export interface FollowDeps<S> {
  hub: Pick<Hub, "subscribe">;
  log: Pick<Log, "next">;
  /** The state of a topic with the cursor it stands for; null when the topic is gone. */
  snapshot(topic: TopicId): Promise<{ cursor: number; snapshot: S } | null>;
}

/** One topic of one follower. */
interface Followee {
  readonly topic: TopicId;
  cursor: number | null;
  /** It may have something, and has its place among those that are looked at. */
  isReady: boolean;
  subscription: Subscription | null;
}

/** What a read has brought, or why it failed. */
type Read<S> = { followed: Followed<S> } | { error: unknown };

/**
 * Follows topics, each from its cursor (null: a snapshot first), until it is disposed of or all are gone. Pulled: while
 * nobody takes, nothing is read.
 */
export class Follower<S> implements Disposable {
  readonly #deps: FollowDeps<S>;
  readonly #wake: () => void;
  readonly #followees: Followee[] = [];
  /** In the order in which they are looked at: a busy topic goes behind the others. */
  readonly #ready: Followee[] = [];
  #isReading = false;
  /** Until it is taken. */
  #read: Read<S> | null = null;

  /** `wake` is called when `take` may have something again; never from within `take`. */
  constructor(deps: FollowDeps<S>, from: ReadonlyMap<TopicId, number | null>, wake: () => void) {
    this.#deps = deps;
    this.#wake = wake;
    for (const [topic, cursor] of from) {
      const followee: Followee = { topic, cursor, isReady: false, subscription: null };
      this.#followees.push(followee);
      this.#queue(followee);
      followee.subscription = deps.hub.subscribe(topic, () => {
        this.#queue(followee);
        if (!this.#isReading) this.#wake();
      });
    }
  }

  /** What there is; null: nothing now, `wake` will tell; "end": nothing any more. @throws what a read threw */
  take(): Followed<S> | null | "end" {
    if (this.#isReading) return null;
    const read = this.#read;
    if (read !== null) {
      this.#read = null;
      if ("error" in read) throw read.error;
      return read.followed;
    }
    for (let followee = this.#next(); followee !== undefined; followee = this.#next()) {
      const { topic, cursor, subscription } = followee;
      const entries = cursor === null ? null : subscription?.after(cursor) ?? null;
      if (entries === null) {
        void this.#readFor(followee);
        return null;
      }
      if (entries.length > 0) return this.#given(followee, { type: "entries", topic, entries });
    }
    return this.#followees.length === 0 ? "end" : null;
  }

  [Symbol.dispose](): void {
    for (const { subscription } of this.#followees) subscription?.[Symbol.dispose]();
    this.#followees.length = 0;
    this.#ready.length = 0;
    this.#read = null;
  }

  #queue(followee: Followee): void {
    if (followee.isReady) return;
    followee.isReady = true;
    this.#ready.push(followee);
  }

  #next(): Followee | undefined {
    const followee = this.#ready.shift();
    if (followee !== undefined) followee.isReady = false;
    return followee;
  }

  /** Moves the cursor behind what is given. There may be more: it is looked at again, after the others. */
  #given(followee: Followee, followed: Followed<S>): Followed<S> {
    if (followed.type === "gone") {
      this.#followees.splice(this.#followees.indexOf(followee), 1);
      followee.subscription?.[Symbol.dispose]();
    } else {
      followee.cursor = followed.type === "snapshot" ? followed.cursor : followed.entries.at(-1)!.seq;
      this.#queue(followee);
    }
    return followed;
  }

  /** Reads what the hub does not have. Wakes in any case: somebody may have woken us meanwhile. */
  async #readFor(followee: Followee): Promise<void> {
    this.#isReading = true;
    let read: Read<S> | null;
    try {
      const followed = await this.#missing(followee);
      read = followed === null ? null : { followed };
    } catch (error) {
      read = { error };
    }
    this.#isReading = false;
    // Disposed of meanwhile, as a whole: there is nobody to give it to.
    if (!this.#followees.includes(followee)) return;
    if (read !== null && "followed" in read) this.#given(followee, read.followed);
    this.#read = read;
    this.#wake();
  }

  async #missing(followee: Followee): Promise<Followed<S> | null> {
    const { topic, cursor } = followee;
    const entries = cursor === null ? null : await this.#deps.log.next(topic, cursor);
    if (entries !== null) {
      return entries.length === 0
        ? null
        : { type: "entries", topic, entries: entries.slice(0, BATCH_ENTRIES_MAX) };
    }
    if (!this.#followees.includes(followee)) return null;
    const state = await this.#deps.snapshot(topic);
    return state === null ? { type: "gone", topic } : { type: "snapshot", topic, ...state };
  }
}

/** What a follower is given, one after the other, for those who await it. `signal` ends it. */
export async function* follow<S>(
  begin: (wake: () => void) => Follower<S>,
  signal: AbortSignal,
): AsyncGenerator<Followed<S>, void, void> {
  if (signal.aborted) return;
  let wake = () => {};
  const onAbort = () => wake();
  signal.addEventListener("abort", onAbort);
  using follower = begin(() => wake());
  try {
    while (!signal.aborted) {
      const followed = follower.take();
      if (followed === "end") return;
      if (followed !== null) yield followed;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
