// Deltas become batches: what came while a commit was in flight goes out with the next one.
import { joinParts, type Part } from "../protocol/message.ts";

/** Text of one batch, in UTF-16 units. KV refuses values above 64 KiB; 16 K leaves room for two bytes a unit. */
export const BATCH_CHARS_MAX = 16 * 1024;

/** A growing part, as models stream it. */
export type Growing = { type: "text" | "reasoning"; text: string };

export class Coalescer {
  #waiting: Growing[] = [];
  #chars = 0;

  /** UTF-16 units that wait. */
  get chars(): number {
    return this.#chars;
  }

  push(part: Growing): void {
    if (part.text === "") return;
    const last = this.#waiting.at(-1);
    if (last?.type === part.type) last.text += part.text;
    else this.#waiting.push({ type: part.type, text: part.text });
    this.#chars += part.text.length;
  }

  /** The oldest parts that wait, at most `BATCH_CHARS_MAX`; empty when nothing waits. A surrogate pair is never split. */
  take(): Part[] {
    const parts: Growing[] = [];
    let room = BATCH_CHARS_MAX;
    while (room > 1 && this.#waiting.length > 0) {
      const first = this.#waiting[0]!;
      let cut = Math.min(room, first.text.length);
      if (cut < first.text.length && isHighSurrogate(first.text.charCodeAt(cut - 1))) cut--;
      parts.push({ type: first.type, text: first.text.slice(0, cut) });
      if (cut === first.text.length) this.#waiting.shift();
      else first.text = first.text.slice(cut);
      room -= cut;
    }
    const taken = joinParts([], parts);
    for (const part of parts) this.#chars -= part.text.length;
    return taken;
  }
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
