// Formulas between \( \), \[ \] and $$ $$, as tokens. Money keeps its single dollar signs.
import type { TokenizerExtensionFunction, TokenizerStartFunction, Tokens } from "marked";

export interface Formula extends Tokens.Generic {
  type: "formula";
  text: string;
  display: boolean;
  /** Its end is not here yet: it is no formula that could be set. */
  open: boolean;
}

/** Longer is no formula: something was never closed. */
const CHARS_MAX = 4_000;
const CLOSING: Record<string, string> = { "\\(": "\\)", "\\[": "\\]", "$$": "$$" };

/** Stands before the closing mark of a formula that is not closed yet. No text of a language has it: it is for private use. */
export const OPEN_FORMULA = "\ue000";

/** The formula that `source` begins with, if it is closed. */
function formula(source: string): Formula | undefined {
  const opening = source.slice(0, 2);
  const closing = CLOSING[opening];
  if (closing === undefined) return undefined;
  const end = source.slice(2, 2 + CHARS_MAX).indexOf(closing);
  const written = end < 0 ? "" : source.slice(2, 2 + end);
  const open = written.endsWith(OPEN_FORMULA);
  const text = (open ? written.slice(0, -1) : written).trim();
  if (text === "") return undefined;
  return { type: "formula", raw: source.slice(0, end + 4), text, display: opening !== "\\(", open };
}

/** What may begin or hide a formula: code, an escape, a formula's mark. */
const MARKS = /`+|\\[\s\S]|\$\$/g;

/** The formula that is open at the end of `line`: where it begins, and what of it is here. */
export function openFormula(
  line: string,
): { at: number; opening: string; text: string; closing: string } | null {
  let from = 0;
  for (const { 0: mark, index: at } of line.matchAll(MARKS)) {
    if (at < from) continue;
    const closing = mark.startsWith("`") ? mark : CLOSING[mark];
    if (closing === undefined) continue;
    const inside = at + mark.length;
    const end = line.indexOf(closing, inside);
    if (end >= 0) from = end + closing.length;
    else if (mark.startsWith("`")) return null;
    // Half of the closing mark is no part of the formula.
    else return { at, opening: mark, text: line.slice(inside).replace(/[\\$]$/, "").trim(), closing };
  }
  return null;
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
