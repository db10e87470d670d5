// The size of an answer in the commit that ends it, counted while it grows. There it stands twice: as record and as
// entry, where its JSON is quoted once more, and KV takes 800 KiB in all.
import type { Part } from "../protocol/message.ts";
import type { Growing } from "./coalesce.ts";

/**
 * Largest answer, both copies together: some 235,000 letters, or 78,000 CJK characters. The rest of the commit is left
 * for the next message of the queue and for the conversation with its system prompt, each twice or more as well.
 */
export const ANSWER_BYTES_MAX = 460 * 1024;

/** What a part costs beside its text, twice. */
const PART_BYTES = 80;

/** The quotes around one text, and around its quoted JSON: its part has them already. */
const QUOTES_BYTES = 2 + 6;

/** Of an answer that does not fit after all, so much is kept, in parts and in UTF-16 units of text. */
const KEPT_PARTS = 64;
const KEPT_CHARS = 4 * 1024;

/** One byte a character, and the same in JSON: most tokens, whose size need not be found by encoding them. */
const PLAIN = /^[ !#-[\]-~]*$/;

const encoder = new TextEncoder();

export class AnswerSize {
  #bytes = 0;
  #last: Growing["type"] | null = null;

  /** The bytes of all that was added, this included. */
  add({ type, text }: Growing): number {
    if (type !== this.#last) this.#bytes += PART_BYTES;
    this.#last = type;
    if (PLAIN.test(text)) {
      this.#bytes += 2 * text.length;
    } else {
      const once = JSON.stringify(text);
      this.#bytes += bytes(once) + bytes(JSON.stringify(once)) - QUOTES_BYTES;
    }
    return this.#bytes;
  }
}

/** The beginning of an answer, small enough for any commit. */
export function shortened(parts: readonly Part[]): Part[] {
  const kept: Part[] = [];
  let room = KEPT_CHARS;
  for (const part of parts.slice(0, KEPT_PARTS)) {
    if (part.type !== "text" && part.type !== "reasoning") continue;
    kept.push({ type: part.type, text: part.text.slice(0, room).toWellFormed() });
    room -= part.text.length;
    if (room <= 0) break;
  }
  return kept;
}

function bytes(json: string): number {
  return encoder.encode(json).byteLength;
}
