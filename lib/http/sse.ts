// Server-sent events as bytes.
//   V1  A log entry is one event with its number as id, and is encoded once however many followers it has. Entries that
//       are given together are joined once, and all their followers are sent the same bytes.
import type { Numbered } from "../bus/head.ts";

const encoder = new TextEncoder();

/** First bytes of every stream: proxies hold the headers back until there is a body. */
export const OPENING = encoder.encode("retry: 1500\n: ok\n\n");
/** Says that the link is alive; to a stream of a published shape, as a comment. */
export const HEARTBEAT = sseEvent("hb", "{}");
export const COMMENT = encoder.encode(": hb\n\n");

/** One event. JSON holds no line break, so `data` is one line. */
export function sseEvent(type: string, json: string, id?: number): Uint8Array {
  return encoder.encode(`${id === undefined ? "" : `id: ${id}\n`}event: ${type}\ndata: ${json}\n\n`);
}

/** The JSON object with a member `topic` before its own. */
export function withTopic(json: string, name: string): string {
  return json === "{}"
    ? `{"topic":${JSON.stringify(name)}}`
    : `{"topic":${JSON.stringify(name)},${json.slice(1)}`;
}

/** Several events in one write: what came together goes out together. */
export function joined(events: readonly Uint8Array[]): Uint8Array {
  const [only] = events;
  if (only !== undefined && events.length === 1) return only;
  const bytes = new Uint8Array(events.reduce((size, event) => size + event.byteLength, 0));
  let at = 0;
  for (const event of events) {
    bytes.set(event, at);
    at += event.byteLength;
  }
  return bytes;
}

/** Bytes, each for as long as somebody holds what they were made of. */
class Encoded {
  readonly #entries = new WeakMap<Numbered, Uint8Array>();
  readonly #together = new WeakMap<readonly Numbered[], Uint8Array>();
  readonly #states = new WeakMap<{ type: string; json: string }, Uint8Array>();

  entries(entries: readonly Numbered[], json: (of: string) => string): Uint8Array {
    return kept(
      this.#together,
      entries,
      () =>
        joined(
          entries.map((entry) =>
            kept(this.#entries, entry, () => sseEvent(entry.type, json(entry.json), entry.seq))
          ),
        ),
    );
  }

  state(state: { type: string; json: string }, cursor: number, json: (of: string) => string): Uint8Array {
    return kept(this.#states, state, () => sseEvent(state.type, json(state.json), cursor));
  }
}

const plain = new Encoded();
const named = new Encoded();

/**
 * Entries that are given together. On a stream of many topics each has its topic's `name`, of which there is one per
 * topic.
 */
export function sseEntries(entries: readonly Numbered[], name?: string): Uint8Array {
  return name === undefined
    ? plain.entries(entries, (json) => json)
    : named.entries(entries, (json) => withTopic(json, name));
}

/** The state of a topic at `cursor`. */
export function sseState(state: { type: string; json: string }, cursor: number, name?: string): Uint8Array {
  return name === undefined
    ? plain.state(state, cursor, (json) => json)
    : named.state(state, cursor, (json) => withTopic(json, name));
}

function kept<K extends WeakKey>(of: WeakMap<K, Uint8Array>, key: K, make: () => Uint8Array): Uint8Array {
  let bytes = of.get(key);
  if (bytes === undefined) of.set(key, bytes = make());
  return bytes;
}
