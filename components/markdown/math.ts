// Formulas between \( \), \[ \] and $$ $$, as tokens. Money keeps its single dollar signs.
import type { TokenizerExtensionFunction, TokenizerStartFunction, Tokens } from "marked";

export interface Formula extends Tokens.Generic {
  type: "formula";
  text: string;
  display: boolean;
}

/** Longer is no formula: something was never closed. */
const CHARS_MAX = 4_000;
const CLOSING: Record<string, string> = { "\\(": "\\)", "\\[": "\\]", "$$": "$$" };

/** The formula that `source` begins with, if it is closed. */
function formula(source: string): Formula | undefined {
  const opening = source.slice(0, 2);
  const closing = CLOSING[opening];
  if (closing === undefined) return undefined;
  const end = source.slice(2, 2 + CHARS_MAX).indexOf(closing);
  const text = end < 0 ? "" : source.slice(2, 2 + end).trim();
  if (text === "") return undefined;
  return { type: "formula", raw: source.slice(0, end + 4), text, display: opening !== "\\(" };
}

const inline: TokenizerExtensionFunction = (source) => formula(source);
/** As a block it must stand alone, or the rest of its line would be torn off. */
const block: TokenizerExtensionFunction = (source) => {
  const found = formula(source);
  if (found === undefined || !found.display) return undefined;
  const rest = /^[ \t]*(?:\n|$)/.exec(source.slice(found.raw.length));
  return rest === null ? undefined : { ...found, raw: found.raw + rest[0] };
};

/** Where the next formula may begin. A row of dollars begins none. */
function startOf(source: string): number | undefined {
  const at = source.search(/\\[([]|(?<!\$)\$\$(?!\$)/);
  return at < 0 ? undefined : at;
}

/** What a lexer needs to know of formulas. No `startBlock`: it would tear paragraphs in two, and join them by a line. */
export const FORMULAS = {
  inline: [inline],
  block: [block],
  startInline: [startOf] as TokenizerStartFunction[],
  renderers: {},
  childTokens: {},
};
