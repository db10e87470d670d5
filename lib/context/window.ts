// What of a conversation is sent: all of it while it fits; else a summary of its beginning, and its newest messages. Pure.
//   C1  What is sent is never more than the room. The newest message is always in it, whole, or nothing is sent.
//   C2  Everything is sent in order and once: no message that is sent is in the summary that goes with it.
//   C3  What is sent begins with a person's message.
//   C4  Where a summary ends is chosen from places that stay where they are while the conversation grows, so that one
//       summary serves several turns, and no two are made of nearly the same.
import type { Id } from "../core/ids.ts";
import type { Role } from "../protocol/message.ts";
import { REQUEST_TOKENS } from "./estimate.ts";

/** Of a branch that does not fit, so many messages are sent at most, whatever the room. */
export const RECENT_MAX = 20;

/**
 * Places where a summary may end: after so many turns from the root, or a multiple. The first is taken, unless it leaves
 * less than half of the messages that could be sent: long messages need a finer grid.
 */
const STRIDES = [5, 2, 1] as const;

/** What a summary that is not made yet is taken for, and the share of the room that it takes at most. */
export const SUMMARY_TOKENS = 1_000;
const SUMMARY_SHARE = 1 / 4;

/** A message of the branch. `tokens` is 0 when it is not sent: it has no words, or has not ended. */
export interface Sized {
  id: Id;
  role: Role;
  tokens: number;
}

/** A summary as it would stand in the request. */
export interface SizedSummary {
  throughId: Id;
  tokens: number;
}

export interface WindowOptions {
  /** From the root; the last is the newest, and is sent whatever its size. */
  branch: readonly Sized[];
  /** Of the instructions. */
  systemTokens: number;
  roomTokens: number;
  /** Those that can be read. Of other branches, too: they are passed over. */
  summaries: readonly SizedSummary[];
}

export type Window =
  | {
    fits: true;
    /** Place in the branch of the first message that is sent. */
    start: number;
    /** What stands for those before it; null when there is none. */
    summary: SizedSummary | null;
    /** Of all that is sent. */
    tokens: number;
    /** Messages that would be sent if there were room. */
    omitted: number;
    /** Place where a summary should end that is not there; null when none is missing. */
    missing: number | null;
  }
  /** The newest message and the instructions alone are more than the room. */
  | { fits: false; tokens: number };

export function windowOf({ branch, systemTokens, roomTokens, summaries }: WindowOptions): Window {
  const last = branch.length - 1;
  const base = REQUEST_TOKENS + systemTokens;
  const { tokensFrom, sentFrom } = sums(branch);
  const sent = (start: number, summary: SizedSummary | null, missing: number | null): Window => ({
    fits: true,
    start,
    summary,
    tokens: base + (summary?.tokens ?? 0) + tokensFrom[start]!,
    omitted: sentFrom[0]! - sentFrom[start]!,
    missing,
  });
  if (base + tokensFrom[0]! <= roomTokens) return sent(0, null, null);
  const least = base + tokensFrom[last]!;
  if (least > roomTokens) return { fits: false, tokens: least };

  const fits = (start: number, summaryTokens: number) =>
    sentFrom[start]! <= RECENT_MAX && base + summaryTokens + tokensFrom[start]! <= roomTokens;
  const turns = branch.flatMap(({ role }, at) => role === "user" ? [at] : []);
  /** The first of every `stride` turns, at or after the place `from`, from which all fits; null when there is none. */
  const firstFit = (stride: number, from: number, tokensAt: (start: number) => number): number | null => {
    for (let turn = stride; turn < turns.length; turn += stride) {
      const start = turns[turn]!;
      if (start >= from && fits(start, tokensAt(start))) return start;
    }
    return null;
  };
  const made = placesOf(branch, summaries);
  const expected = Math.min(SUMMARY_TOKENS, Math.floor(roomTokens * SUMMARY_SHARE));
  const boundary = boundaryOf(
    (stride) => firstFit(stride, 0, (start) => made.get(start)?.tokens ?? expected),
    (start) => sentFrom[start]!,
  );

  const exact = boundary === null ? undefined : made.get(boundary);
  if (boundary !== null && exact !== undefined) return sent(boundary, exact, null);
  // One that was made for another model, or when estimates were others, covers all that is left out: nothing is missing.
  for (const [place, summary] of made) {
    const later = boundary !== null && place > boundary && 2 * sentFrom[place]! >= sentFrom[boundary]!;
    if (later && fits(place, summary.tokens)) return sent(place, summary, null);
  }
  // The best that there is, and as much as fits of what it does not cover.
  for (const [place, summary] of [...made].reverse()) {
    const start = place < (boundary ?? branch.length) ? firstFit(1, place, () => summary.tokens) : null;
    if (start !== null) return sent(start, summary, boundary);
  }
  return sent(firstFit(1, 0, () => 0) ?? last, null, boundary);
}

/** The place on the widest grid that leaves enough (C4); null when no summary fits beside the newest message. */
function boundaryOf(
  firstFit: (stride: number) => number | null,
  sentFrom: (start: number) => number,
): number | null {
  const finest = firstFit(STRIDES.at(-1)!);
  if (finest === null) return null;
  for (const stride of STRIDES) {
    const start = firstFit(stride);
    if (start !== null && 2 * sentFrom(start) >= sentFrom(finest)) return start;
  }
  return finest;
}

/** Of each place, the tokens and the messages that are sent from there to the end. */
function sums(branch: readonly Sized[]): { tokensFrom: number[]; sentFrom: number[] } {
  const tokensFrom: number[] = Array(branch.length).fill(0);
  const sentFrom: number[] = Array(branch.length).fill(0);
  for (let at = branch.length - 1; at >= 0; at--) {
    const { tokens } = branch[at]!;
    tokensFrom[at] = (tokensFrom[at + 1] ?? 0) + tokens;
    sentFrom[at] = (sentFrom[at + 1] ?? 0) + (tokens > 0 ? 1 : 0);
  }
  return { tokensFrom, sentFrom };
}

/** The summaries of this branch, by the place that follows them, in its order. One that ends the branch has none. */
function placesOf(branch: readonly Sized[], summaries: readonly SizedSummary[]): Map<number, SizedSummary> {
  const byId = new Map(summaries.map((summary) => [summary.throughId, summary]));
  const places = new Map<number, SizedSummary>();
  for (const [at, { id }] of branch.entries()) {
    const summary = byId.get(id);
    // What is sent begins with a person's message (C3), so a summary ends with an answer.
    if (summary !== undefined && branch[at + 1]?.role === "user") places.set(at + 1, summary);
  }
  return places;
}
