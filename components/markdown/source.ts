// What is shown as it was written: raw HTML, and text that is too much to be read.
import type { Token, Tokens } from "marked";

export interface Source extends Tokens.Generic {
  type: "source";
}

/** Whoever adds to one long text pays for laying out all of it; pieces pay for the last. */
const PIECE_CHARS = 8_000;

/** `text` in pieces that stay as they are when it grows: cut behind a line where there is one. */
export function sources(text: string): Source[] {
  const pieces: Source[] = [];
  for (let from = 0; from < text.length;) {
    const full = from + PIECE_CHARS;
    const line = full < text.length ? text.lastIndexOf("\n", full - 1) : -1;
    const to = line > from ? line + 1 : full;
    pieces.push({ type: "source", raw: text.slice(from, to) });
    from = to;
  }
  return pieces;
}

/** The source of several tokens, one after the other. */
export function rawOf(tokens: readonly Token[]): string {
  return tokens.map((token) => token.raw).join("");
}
