// What one append is to do. The port of the log, so that folders beside `bus/` can plan appends without importing it.
import type { LogEntry } from "../protocol/event.ts";
import type { TopicId } from "./keys.ts";
import type { Check, Write } from "./store.ts";

/** What one commit appends, and what else it changes. Made anew for each try. */
export interface Plan {
  topics: readonly { topic: TopicId; entries: readonly LogEntry[] }[];
  checks?: readonly Check[];
  /** A check that is not needed while the head of the first topic still is what `since` made it. */
  fence?: { check: Check; since: string | null };
  /** Called with the number of each topic's first new entry, in the order of `topics`. */
  writes?: (firstSeqs: readonly number[]) => readonly Write[];
}

export interface Appended {
  /** Of the commit; null when it was found in the log afterwards, so that the writer must read its records again. */
  versionstamp: string | null;
  /** Number of the first new entry of each topic, in the order of the plan. */
  firstSeqs: readonly number[];
}

/**
 * Appends what `plan` says, in one commit. `plan` runs again for each try. It throws an AppError to give up, and returns
 * null when it finds that nothing is left to do; then the append is null too.
 */
export type Append = (
  plan: () => Plan | null | Promise<Plan | null>,
  forMs?: number,
) => Promise<Appended | null>;
