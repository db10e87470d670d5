// Where an answer that was cut off goes on in words of a new call. Models that are asked to go on often say their last
// words again; what they repeat is left out. Pure.
//   S1  Only what is word for word the end of the text that stands is left out, at the beginning of what comes.
//   S2  It is the same however the words are cut into deltas.
//   S3  In doubt nothing is left out: people see that a word stands twice, and do not see that one is missing.
import type { Delta, ModelRequest } from "../models/provider.ts";

/** As much of its last words as a model needs to find its place, in UTF-16 units. */
const QUOTE_CHARS = 200;
/** As much of the text may be said again. Models repeat what was quoted, or the sentence; a table may repeat itself. */
export const REPEATED_CHARS_MAX = 2 * QUOTE_CHARS;
/** So many UTF-16 units are no chance, wherever they begin. */
export const REPEATED_CHARS_MIN = 16;
/** So many letters from the beginning of a word on are none either: a model says a word again that was cut off. */
const REPEATED_LETTERS_MIN = 3;

/** `request` with the answer so far, and the wish that it goes on. For models that do not go on from a prefix. */
export function askedToGoOn(request: ModelRequest, text: string): ModelRequest {
  return {
    ...request,
    turns: [
      ...request.turns,
      { role: "assistant", text },
      {
        role: "user",
        text: "Your previous answer was cut off. Its last words are:\n\n" +
          `«${ending(text, QUOTE_CHARS)}»\n\n` +
          "Continue exactly after them, in the same language and format. Do not repeat any of it, and write nothing " +
          "before what comes next.",
      },
    ],
  };
}

/**
 * `deltas` that go on from `text`, without what they repeat of it. Their thoughts are left out: they are about how to go on,
 * and would stand in the middle of a sentence.
 */
export async function* goingOn(
  deltas: AsyncIterable<Delta>,
  text: string,
): AsyncGenerator<Delta, void, void> {
  const seam = new Seam(text);
  for await (const delta of deltas) {
    switch (delta.type) {
      case "reasoning":
        break;
      case "text": {
        const rest = seam.push(delta.text);
        if (rest !== "") yield { type: "text", text: rest };
        break;
      }
      case "checkpoint":
        // What is held back stands nowhere: whoever resumed from here would not know that it is a repetition.
        if (seam.passed) yield delta;
        break;
      case "end": {
        const rest = seam.close();
        if (rest !== "") yield { type: "text", text: rest };
        yield delta;
        break;
      }
      default:
        yield delta;
    }
  }
}

/** Holds back the beginning of what comes for as long as it may be a repetition. */
export class Seam {
  readonly #end: string;
  /** Where in the end of the text that which came may begin. */
  #open: number[];
  #held = "";
  /** UTF-16 units of what is held that are a repetition: the longest, when the text repeats itself. */
  #repeated = 0;
  #passed = false;

  constructor(text: string) {
    this.#end = ending(text, REPEATED_CHARS_MAX);
    this.#open = Array.from({ length: this.#end.length }, (_, at) => at);
  }

  /** Nothing is held back any more. */
  get passed(): boolean {
    return this.#passed;
  }

  /** What of all that came is new for certain, and was not given yet. */
  push(text: string): string {
    if (this.#passed || text === "") return text;
    const before = this.#held.length;
    this.#held += text;
    this.#open = this.#open.filter((at) => {
      const due = this.#end.slice(at + before, at + this.#held.length);
      if (!text.startsWith(due)) return false;
      if (at + this.#held.length < this.#end.length) return true;
      if (isRepetition(this.#end, at)) this.#repeated = Math.max(this.#repeated, this.#end.length - at);
      return false;
    });
    return this.#open.length === 0 ? this.close() : "";
  }

  /** Nothing more comes: what is held back and no repetition. */
  close(): string {
    const rest = this.#held.slice(this.#repeated);
    this.#passed = true;
    this.#held = "";
    return rest;
  }
}

/** Whether the end of a text from `at` on, said again, was said again by intent: "a" after "a" is often another word (S3). */
function isRepetition(end: string, at: number): boolean {
  const repeated = end.slice(at);
  if (repeated.length >= REPEATED_CHARS_MIN) return true;
  const withinWord = /[\p{L}\p{N}]$/u.test(end.slice(0, at)) && /^[\p{L}\p{N}]/u.test(repeated);
  return !withinWord && (repeated.match(/\p{L}/gu)?.length ?? 0) >= REPEATED_LETTERS_MIN;
}

/** The last `chars` UTF-16 units of a text; one less where that would split a character. */
function ending(text: string, chars: number): string {
  return text.slice(-chars).replace(/^[\udc00-\udfff]/, "");
}
