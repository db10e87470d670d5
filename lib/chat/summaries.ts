// Summaries as they are stored: each of a branch up to one message, being made, made, or not to be had for now.
import type { Id } from "../core/ids.ts";
import { summaryPrefix } from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";
import type { Summary } from "../protocol/summary.ts";
import { MESSAGES_MAX } from "./messages.ts";

/** `["summary", conversation, throughId]`. Times are milliseconds since the epoch. */
export type SummaryState =
  | MakingSummary
  | ReadySummary
  /** Not tried again before `retryAt`; null: never. */
  | { state: "failed"; retryAt: number | null; tries: number };

/** By `owner`, who is gone when the lease is over. */
export interface MakingSummary {
  state: "making";
  owner: Id;
  leaseUntil: number;
  tries: number;
}

export interface ReadySummary {
  state: "ready";
  summary: Summary;
  /** As they were estimated. */
  tokens: number;
  /** Number of the entry that this record stands for. */
  seq: number;
}

/** Tries to make one summary. The next one, some turns later, is another. */
const TRIES_MAX = 3;
/** Before the second try; doubled before the third. */
const RETRY_MS = 30_000;

/** The state in which `owner` makes the summary; null while another does, when it is made, and when it is not to be had. */
export function claimedSummary(
  before: SummaryState | null,
  owner: Id,
  leaseMs: number,
  now: number,
): MakingSummary | null {
  const claim = (tries: number): MakingSummary => ({
    state: "making",
    owner,
    leaseUntil: now + leaseMs,
    tries,
  });
  if (before === null) return claim(1);
  switch (before.state) {
    case "ready":
      return null;
    case "making":
      return before.leaseUntil > now || before.tries >= TRIES_MAX ? null : claim(before.tries + 1);
    case "failed":
      return before.retryAt === null || before.retryAt > now ? null : claim(before.tries + 1);
  }
}

export function failedSummary({ tries }: MakingSummary, now: number): SummaryState {
  return {
    state: "failed",
    retryAt: tries >= TRIES_MAX ? null : now + RETRY_MS * 2 ** (tries - 1),
    tries,
  };
}

/** The summaries of a conversation that can be read, oldest entry first. The caller has checked whose it is. */
export async function listSummaries(store: Store, conversationId: Id): Promise<ReadySummary[]> {
  const rows = await store.list<SummaryState>({ prefix: summaryPrefix(conversationId) }, {
    limit: MESSAGES_MAX,
  });
  const ready: ReadySummary[] = [];
  for (const { value } of rows) if (value.state === "ready") ready.push(value);
  return ready.sort((a, b) => a.seq - b.seq);
}
