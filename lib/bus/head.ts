// The head of a topic: the number of its newest entry and the newest entries themselves. Pure.
//   B1  Entries are gapless: the tail ends at `seq`, and what leaves it becomes a segment in the same step.
import type { EntryType } from "../protocol/event.ts";
import { encodedBytes } from "../kv/limits.ts";
import { type Encoded, pack, type Packed, packedBytes, packOnto, unpack } from "./packed.ts";

export interface Head {
  /** Number of the newest entry; 0 for an empty topic. */
  seq: number;
  /** Number of the tail's first entry; `seq + 1` when the tail is empty. */
  tailFrom: number;
  tail: Packed;
}

/** Entries that left the tail, or never fitted it. */
export interface Segment {
  firstSeq: number;
  entries: Packed;
}

/** An entry with its number. */
export interface Numbered {
  seq: number;
  type: EntryType;
  json: string;
}

/**
 * Largest tail, as encoded. The head is written with every commit and billed by the KiB: at most one unit. The rest of
 * that KiB is the key and the head's own members.
 */
export const TAIL_BYTES_MAX = 910;

export const EMPTY_HEAD: Head = { seq: 0, tailFrom: 1, tail: [] };

/** The head after `entries`, and what must be sealed in the same commit. */
export function advance(head: Head, entries: readonly Encoded[]): { head: Head; sealed: Segment[] } {
  const seq = head.seq + entries.length;
  const joined = packOnto(head.tail, entries);
  if (packedBytes(joined) <= TAIL_BYTES_MAX) {
    return { head: { seq, tailFrom: head.tailFrom, tail: joined }, sealed: [] };
  }
  // The old tail leaves and the new entries stay, so that a live follower finds them in the head.
  const fresh = pack(entries);
  if (head.tail.length > 0 && packedBytes(fresh) <= TAIL_BYTES_MAX) {
    const sealed = [{ firstSeq: head.tailFrom, entries: head.tail }];
    return { head: { seq, tailFrom: head.seq + 1, tail: fresh }, sealed };
  }
  return {
    head: { seq, tailFrom: seq + 1, tail: [] },
    sealed: [{ firstSeq: head.tailFrom, entries: joined }],
  };
}

/** Bytes of a head as encoded. */
export function headBytes(head: Head): number {
  return encodedBytes({ ...head, tail: [] }) + packedBytes(head.tail) - packedBytes([]);
}

/** The entries after `cursor`, or null when some of them have left the tail. */
export function tailAfter(head: Head, cursor: number): Numbered[] | null {
  if (cursor >= head.seq) return [];
  if (cursor + 1 < head.tailFrom) return null;
  return number(cursor + 1, unpack(head.tail).slice(cursor + 1 - head.tailFrom));
}

/** Entries with their numbers, the first being `firstSeq`. */
export function number(firstSeq: number, entries: readonly Encoded[]): Numbered[] {
  return entries.map(([type, json], i) => ({ seq: firstSeq + i, type, json }));
}
