// Entries as they are stored: each as what it does not share with the one before it. The deltas of an answer differ in
// little but their words, and every byte of a head is written with every commit. Pure.
//   B5  What is unpacked is what was packed, character for character.
import { encodedBytes, memberBytes } from "../kv/limits.ts";
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

/** What whoever packed, or unpacked first, knows of it: a head is looked at many times, and its tail changes at the end. */
const known = new WeakMap<Packed, { entries: readonly Encoded[]; bytes: number }>();

export function pack(entries: readonly Encoded[]): Packed {
  return packOnto([], entries);
}

/** `packed` and behind it `entries`. */
export function packOnto(packed: Packed, entries: readonly Encoded[]): Packed {
  if (isPlain(packed)) return pack([...packed, ...entries]);
  const { entries: before, bytes } = read(packed);
  let last = before.length === 0 ? "" : lineOf(before[before.length - 1]!);
  const joined = packed.slice();
  let more = 0;
  for (const entry of entries) {
    const line = lineOf(entry);
    const shared = sharedStart(last, line);
    const rest = String.fromCharCode(shared) + line.slice(shared);
    joined.push(rest);
    more += memberBytes(rest);
    last = line;
  }
  known.set(joined, { entries: [...before, ...entries], bytes: bytes + more });
  return joined;
}

export function unpack(packed: Packed): readonly Encoded[] {
  return isPlain(packed) ? packed : read(packed).entries;
}

/** Bytes as encoded. */
export function packedBytes(packed: Packed): number {
  return isPlain(packed) ? encodedBytes(packed) : read(packed).bytes;
}

function read(packed: readonly string[]): { entries: readonly Encoded[]; bytes: number } {
  let found = known.get(packed);
  if (found === undefined) {
    let line = "";
    const entries = packed.map((rest): Encoded => {
      line = line.slice(0, rest.charCodeAt(0)) + rest.slice(1);
      const space = line.indexOf(" ");
      return [line.slice(0, space) as EntryType, line.slice(space + 1)];
    });
    known.set(packed, found = { entries, bytes: encodedBytes(packed) });
  }
  return found;
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
