// The loose end of a text that grows: what is opened is closed, and marks of which no letter is here yet are hidden.
//   K7  Code is left as it is: its marks mean nothing there, and it may be copied at any time. Only a fence that is
//       about to close is held back.
import type { Token } from "marked";
import remend from "remend";
import { OPEN_FORMULA, openFormula } from "./math.ts";

const HEAL = { linkMode: "text-only", katex: false, inlineKatex: false, htmlTags: false } as const;

/** Healing looks at all marks for each mark; what is longer is no line of prose. */
const CHARS_MAX = 4_000;

/** Marks that open something of which no letter is here yet. */
const LONE_MARKS = /(?:(?<=^|[\s([{"'*_~])(?:[*_~`]{1,3}|!?\[)|(?<!\$)\$|\\)$/;
/** May become a list or the line under a heading; it must not make a heading of the text above meanwhile. */
const LONE_RULE = /\n {0,3}(?:-{1,2}|=+) *$/;
/** A label whose address is not here yet. */
const LABEL = /(?<!\])!?\[([^[\]\n]{1,200})\]$/;
/** A box to tick, of which the line behind it is not here yet. */
const BOX = /(?<=(?:^|\n)[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]+)\[[ xX]?\]?[ \t]*$/;
/** A line that may become the end of a fence. */
const CLOSING = /(?:^|\n)[ \t>]*(([`~])\2*)[ \t]*$/;

/** The tail with its end healed. `blocks` is what it reads as without. */
export function heal(tail: string, blocks: readonly Token[]): string {
  const leaf = leafOf(blocks);
  if (leaf === undefined) return tail;
  if (leaf.type === "code") return withoutHalfFence(tail, leaf.raw);
  if (BOX.test(tail)) return tail.replace(BOX, "");
  const line = tail.slice(tail.lastIndexOf("\n") + 1);
  const whole = leaf.type !== "table" && tail.endsWith(leaf.raw) ? leaf.raw : line;
  const end = whole.length <= CHARS_MAX ? whole : line;
  if (end.length > CHARS_MAX) return tail;
  return (tail.slice(0, tail.length - end.length) + healed(end.trimEnd())).replace(BOX, "");
}

function healed(end: string): string {
  const formula = openFormula(end);
  if (formula === null) {
    const shown = end.replace(LONE_RULE, "").replace(LABEL, "$1").replace(LONE_MARKS, "");
    return remend(shown, HEAL).trimEnd();
  }
  // What was opened before the formula is closed behind it.
  const before = end.slice(0, formula.at) + "x";
  const closed = remend(before, HEAL);
  const closing = closed.startsWith(before) ? closed.slice(before.length) : "";
  if (formula.text === "") return remend(end.slice(0, formula.at), HEAL);
  return end.slice(0, formula.at) + formula.opening + formula.text + OPEN_FORMULA + formula.closing + closing;
}

/** The block that is growing: the last of the last. */
function leafOf(blocks: readonly Token[]): Token | undefined {
  const last = blocks.findLast((token) => token.type !== "space");
  const within = last === undefined || last.type === "paragraph" || last.type === "heading"
    ? undefined
    : last.type === "list"
    ? last.items as Token[]
    : (last as { tokens?: Token[] }).tokens;
  return within === undefined || within.length === 0 || last?.type === "text" ? last : leafOf(within);
}

/** `fence` is the source of the block as its lexer saw it, without the indent of a list that it stands in. */
function withoutHalfFence(tail: string, fence: string): string {
  const opening = /^ {0,3}(`{3,}|~{3,})/.exec(fence)?.[1];
  const closing = CLOSING.exec(tail);
  if (opening === undefined || closing === null || closing[2] !== opening[0]) return tail;
  return closing[1]!.length < opening.length ? tail.slice(0, closing.index) : tail;
}
