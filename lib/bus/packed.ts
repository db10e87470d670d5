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

export function pack(entries: readonly Encoded[]): Packed {
  const packed: string[] = [];
  let before = "";
  for (const [type, json] of entries) {
    const line = `${type} ${json}`;
    const shared = sharedStart(before, line);
    packed.push(String.fromCharCode(shared) + line.slice(shared));
    before = line;
  }
  return packed;
}

export function unpack(packed: Packed): readonly Encoded[] {
  if (isPlain(packed)) return packed;
  let line = "";
  return packed.map((rest) => {
    line = line.slice(0, rest.charCodeAt(0)) + rest.slice(1);
    const space = line.indexOf(" ");
    return [line.slice(0, space) as EntryType, line.slice(space + 1)];
  });
}

function isPlain(packed: Packed): packed is readonly Encoded[] {
  return Array.isArray(packed[0]);
}

function sharedStart(a: string, b: string): number {
  const end = Math.min(a.length, b.length, SHARED_MAX);
  let at = 0;
  while (at < end && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  return at;
}
