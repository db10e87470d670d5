// Entries as they are stored: each as what it does not share with the one before it. The deltas of an answer differ in
// little but their words, and every byte of a head is written with every commit. Pure.
//   B5  What is unpacked is what was packed, character for character.
import type { EntryType, LogEntry } from "../protocol/event.ts";

/** An entry as it travels: its type, and its data as JSON text, so that nobody encodes it a second time. */
export type Encoded = readonly [type: EntryType, json: string];

/**
 * Each entry's line is its type, a space and its JSON. Of a line stands here how many UTF-16 units it begins with of the
 * line before it, as one character, and the rest. Heads of topics to which nothing was appended since 2026-11-25 hold
 * the entries themselves.
 */
export type Packed = readonly string[] | readonly Encoded[];

/** The count stays a Latin-1 character: another would double what the line costs. */
const SHARED_MAX = 255;

export function encode(entry: LogEntry): Encoded {
  return [entry.type, JSON.stringify(entry.data)];
}

/** What stands in `Packed`s of this process: whoever packs knows it, and one who is told of it need not unpack. */
const known = new WeakMap<Packed, readonly Encoded[]>();

export function pack(entries: readonly Encoded[]): Packed {
  return packOnto([], entries);
}

/** `packed` and behind it `entries`. */
export function packOnto(packed: Packed, entries: readonly Encoded[]): Packed {
  if (isPlain(packed)) return pack([...packed, ...entries]);
  const before = unpack(packed);
  let last = before.length === 0 ? "" : lineOf(before[before.length - 1]!);
  const joined = packed.slice();
  for (const entry of entries) {
    const line = lineOf(entry);
    const shared = sharedStart(last, line);
    joined.push(String.fromCharCode(shared) + line.slice(shared));
    last = line;
  }
  known.set(joined, [...before, ...entries]);
  return joined;
}

export function unpack(packed: Packed): readonly Encoded[] {
  if (isPlain(packed)) return packed;
  let entries = known.get(packed);
  if (entries === undefined) {
    let line = "";
    entries = packed.map((rest): Encoded => {
      line = line.slice(0, rest.charCodeAt(0)) + rest.slice(1);
      const space = line.indexOf(" ");
      return [line.slice(0, space) as EntryType, line.slice(space + 1)];
    });
    known.set(packed, entries);
  }
  return entries;
}

function lineOf([type, json]: Encoded): string {
  return `${type} ${json}`;
}

function isPlain(packed: Packed): packed is readonly Encoded[] {
  return packed.length > 0 && typeof packed[0] !== "string";
}

function sharedStart(a: string, b: string): number {
  const end = Math.min(a.length, b.length, SHARED_MAX);
  let at = 0;
  while (at < end && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  return at;
}
