// Server-sent events as bytes.
//   V1  A log entry is one event with its number as id, and is encoded once however many followers it has.
import type { Numbered } from "../bus/head.ts";

const encoder = new TextEncoder();

/** First bytes of every stream: proxies hold the headers back until there is a body. */
export const OPENING = encoder.encode("retry: 1500\n: ok\n\n");

/** One event. JSON holds no line break, so `data` is one line. */
export function sseEvent(type: string, json: string, id?: number): Uint8Array {
  return encoder.encode(`${id === undefined ? "" : `id: ${id}\n`}event: ${type}\ndata: ${json}\n\n`);
}

/** Encoded entries, for as long as the hub's buffer holds them: plain, and with the topic's name for shared streams. */
const plain = new WeakMap<Numbered, Uint8Array>();
const named = new WeakMap<Numbered, Uint8Array>();

export function sseEntry(entry: Numbered): Uint8Array {
  let bytes = plain.get(entry);
  if (bytes === undefined) plain.set(entry, bytes = sseEvent(entry.type, entry.json, entry.seq));
  return bytes;
}

/** The same on a stream of many topics; `name` is one per topic. */
export function sseNamedEntry(entry: Numbered, name: string): Uint8Array {
  let bytes = named.get(entry);
  if (bytes === undefined) {
    named.set(entry, bytes = sseEvent(entry.type, withTopic(entry.json, name), entry.seq));
  }
  return bytes;
}

/** The JSON object with a member `topic` before its own. */
export function withTopic(json: string, name: string): string {
  return json === "{}"
    ? `{"topic":${JSON.stringify(name)}}`
    : `{"topic":${JSON.stringify(name)},${json.slice(1)}`;
}
