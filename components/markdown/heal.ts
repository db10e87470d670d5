// The loose end of a text that grows: what is opened is closed, and marks of which no letter is here yet are hidden.
//   K7  Code is left as it is: its marks mean nothing there, and it may be copied at any time. Only a fence that is
//       about to close is held back.
import type { Token } from "marked";
import { closed } from "./closing.ts";
import { OPEN_FORMULA, openFormula } from "./math.ts";

/** What is longer is no line of prose. */
const CHARS_MAX = 4_000;

/** A dollar of which nobody can tell yet what it begins, or an escape of nothing. */
const LONE_MARK = /(?:(?<!\$)\$|(?<!\\)(?:\\\\)*\\)$/;
/** May become a list or the line under a heading; it must not make a heading of the text above meanwhile. */
const LONE_RULE = /\n {0,3}(?:-{1,2}|=+) *$/;
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
  const ended = tail.trimEnd();
  const line = ended.slice(ended.lastIndexOf("\n") + 1);
  const block = leaf.raw.trimEnd();
  if (leaf.type === "table" || block.length > CHARS_MAX) return whole(ended, line);
  if (ended.endsWith(block)) return whole(ended, block);
  // The lines of a quote or an item have marks before them: only the last is changed, by what is open in all of them.
  const last = block.slice(block.lastIndexOf("\n") + 1);
  const before = block.slice(0, block.length - last.length);
  const shown = healed(block);
  if (!ended.endsWith(last) || !shown.startsWith(before)) return whole(ended, line);
  return ended.slice(0, ended.length - last.length) + shown.slice(before.length);
}

/** `tail` with its `end` healed. */
function whole(tail: string, end: string): string {
  if (end.length > CHARS_MAX) return tail;
  return (tail.slice(0, tail.length - end.length) + healed(end.trimEnd())).replace(BOX, "");
}

function healed(end: string): string {
  const formula = openFormula(end);
  if (formula === null) return closed(end.replace(LONE_RULE, "").replace(LONE_MARK, "").trimEnd()).trimEnd();
  // What was opened before the formula is closed behind it.
  if (formula.text === "") return closed(end.slice(0, formula.at).trimEnd());
  const { opening, text, closing } = formula;
  return closed(end.slice(0, formula.at) + OPEN_FORMULA)
    .replace(OPEN_FORMULA, () => opening + text + OPEN_FORMULA + closing);
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
