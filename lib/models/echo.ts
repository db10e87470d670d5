// A server that is given the beginning of an answer, and says it again before it goes on.
import type { Delta } from "./provider.ts";

/** A shorter beginning may well come again by itself, as in "ha" and " ha"; losing that would be worse than an echo. */
const ECHO_CHARS_MIN = 16;

/** `deltas` without `prefix` at the start of their text, where it stands there word for word, once (M3). */
export async function* withoutEcho(
  deltas: AsyncIterable<Delta>,
  prefix: string,
): AsyncGenerator<Delta, void, undefined> {
  let held: string | null = prefix.length >= ECHO_CHARS_MIN ? "" : null; // at most the prefix and one delta
  for await (const delta of deltas) {
    if (held === null || (delta.type !== "text" && delta.type !== "end")) {
      yield delta;
      continue;
    }
    if (delta.type === "text") held += delta.text;
    const echoing: boolean = prefix.startsWith(held);
    if (delta.type === "text" && echoing && held.length < prefix.length) continue; // it may still be one
    const text: string = held.startsWith(prefix) ? held.slice(prefix.length) : held;
    held = null;
    if (text !== "") yield { type: "text", text };
    if (delta.type === "end") yield delta;
  }
}
