// The checker's own log: rebuilt from what each commit wrote, entry by entry.
//   Each entry is written once, under the next number, and stays where a reader looks for it: in the head's tail, or in
//   a segment from the commit that took it out of the tail.
import type { Head, Segment } from "@/lib/bus/head.ts";
import { type Encoded, unpack } from "@/lib/bus/packed.ts";
import type { Write } from "@/lib/kv/store.ts";
import type { Handed } from "./history.ts";

export interface TopicWrite {
  topic: string;
  entries: Handed[];
}

export class Ledger {
  readonly #topics = new Map<string, Handed[]>();
  readonly #heads = new Map<string, Head>();

  /** All entries of a topic so far; the first is number 1. */
  of(topic: string): readonly Handed[] {
    return this.#topics.get(topic) ?? [];
  }

  /** The entries that a commit adds; `amiss` is told what is wrong with them. */
  add(writes: readonly Write[], amiss: (what: string) => void): TopicWrite[] {
    const added: TopicWrite[] = [];
    for (const { key, value } of writes) {
      if (key[0] !== "topic" || key[2] !== "head" || value === undefined) continue;
      const topic = String(key[1]);
      const head = value as Head;
      const stored = storedEntries(topic, head, writes);
      const known = this.#topics.get(topic) ?? [];
      const before = this.#heads.get(topic) ?? { seq: 0, tailFrom: 1, tail: [] };
      if (head.seq < before.seq) amiss(`the head of ${topic} went back from ${before.seq} to ${head.seq}`);
      for (let seq = before.tailFrom; seq < head.tailFrom; seq++) {
        if (!stored.has(seq)) amiss(`entry ${seq} of ${topic} left the tail and was not sealed`);
      }
      for (const [seq, [type, json]] of stored) {
        const old = known[seq - 1];
        if (old !== undefined && (old.json !== json || old.type !== type)) {
          amiss(`entry ${seq} of ${topic} was written over`);
        }
      }
      const entries: Handed[] = [];
      for (let seq = before.seq + 1; seq <= head.seq; seq++) {
        const [type, json] = stored.get(seq) ?? ["lost", "{}"];
        if (!stored.has(seq)) amiss(`entry ${seq} of ${topic} is nowhere`);
        entries.push({ seq, type, json });
      }
      this.#topics.set(topic, [...known, ...entries]);
      this.#heads.set(topic, head);
      added.push({ topic, entries });
    }
    return added;
  }
}

/** The entries that a commit stores, by their numbers. No segment of a run is large enough to be cut in parts. */
function storedEntries(topic: string, head: Head, writes: readonly Write[]): Map<number, Encoded> {
  const stored = new Map<number, Encoded>();
  for (const { key, value } of writes) {
    if (key[0] !== "topic" || key[1] !== topic || key[2] !== "log" || value === undefined) continue;
    const { whole } = value as { whole: Segment };
    unpack(whole.entries).forEach((entry, i) => stored.set(whole.firstSeq + i, entry));
  }
  unpack(head.tail).forEach((entry, i) => stored.set(head.tailFrom + i, entry));
  return stored;
}
