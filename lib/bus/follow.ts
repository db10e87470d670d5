// Following: from a cursor to the newest entry, then live. Wake, then trust the log.
//   F1  Every entry after the cursor comes once, in order (P1), whatever happens to the wake-ups.
//   F2  Entries come from what KV has committed, never from a writer's memory (P2).
//   F3  A cursor that the log cannot serve gets a snapshot, and goes on from there. Never a silent gap.
import type { TopicId } from "../kv/keys.ts";
import type { Numbered } from "./head.ts";
import type { Hub, Subscription } from "./hub.ts";
import type { Log } from "./log.ts";

/** Entries handed over at once, so that one long catch-up does not keep other topics waiting. */
const BATCH_ENTRIES_MAX = 256;

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

/**
 * Follows topics, each from its cursor (null: a snapshot first), until `signal` aborts or all are gone. Pulled: while
 * nobody asks, nothing is read.
 */
export async function* follow<S>(
  deps: FollowDeps<S>,
  from: ReadonlyMap<TopicId, number | null>,
  signal: AbortSignal,
): AsyncGenerator<Followed<S>, void, void> {
  const cursors = new Map(from);
  const subscriptions = new Map<TopicId, Subscription>();
  /** Topics that may have something. A Set keeps the order, so that a busy topic goes behind the others. */
  const ready = new Set<TopicId>();
  let wake = () => {};
  const onAbort = () => wake();
  signal.addEventListener("abort", onAbort);
  try {
    for (const topic of cursors.keys()) {
      ready.add(topic);
      subscriptions.set(topic, deps.hub.subscribe(topic, () => (ready.add(topic), wake())));
    }
    while (!signal.aborted && cursors.size > 0) {
      const [topic] = ready;
      if (topic === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (ready.size > 0 || signal.aborted) resolve();
        });
        continue;
      }
      ready.delete(topic);
      const cursor = cursors.get(topic);
      if (cursor === undefined) continue;
      const entries = cursor === null
        ? null
        : await entriesAfter(deps, subscriptions.get(topic), topic, cursor);
      if (signal.aborted) return;
      if (entries === null) {
        const state = await deps.snapshot(topic);
        if (state === null) {
          cursors.delete(topic);
          subscriptions.get(topic)?.[Symbol.dispose]();
          subscriptions.delete(topic);
          yield { type: "gone", topic };
          continue;
        }
        cursors.set(topic, state.cursor);
        ready.add(topic);
        yield { type: "snapshot", topic, ...state };
        continue;
      }
      const last = entries.at(-1);
      if (last === undefined) continue;
      cursors.set(topic, last.seq);
      // There may be more: look again after the others had their turn.
      ready.add(topic);
      yield { type: "entries", topic, entries };
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    for (const subscription of subscriptions.values()) subscription[Symbol.dispose]();
  }
}

async function entriesAfter<S>(
  deps: FollowDeps<S>,
  subscription: Subscription | undefined,
  topic: TopicId,
  cursor: number,
): Promise<readonly Numbered[] | null> {
  const buffered = subscription?.after(cursor) ?? null;
  const entries = buffered ?? await deps.log.next(topic, cursor);
  return entries === null ? null : entries.slice(0, BATCH_ENTRIES_MAX);
}
