// All words of a text as one line, in which looking for a word is looking for a string: the fastest thing a runtime has.
//   L1  In a line every word stands between spaces; a run stands there as it is. After a line break come the parts of names.
//   L2  Whether a text answers a query, and how well, is decided by its line alone.
import { partsOf, wordsOf } from "./words.ts";
import type { Query, Term } from "./query.ts";

/** Between the words of a text and the parts of its names. */
const BREAK = "\n";
/** A word that is said so often is what the text is about. */
const OFTEN = 3;

/** The line of `text`; empty when there is no word in it. */
export function lineOf(text: string): string {
  let words = "";
  let parts = "";
  for (const { start, end, folded, isRun } of wordsOf(text)) {
    words += ` ${folded}`;
    if (isRun) continue;
    for (const [i, part] of partsOf(text.slice(start, end)).entries()) {
      parts += ` ${part.folded}`;
      if (i > 0 && part.rest !== part.folded) parts += ` ${part.rest}`;
    }
  }
  if (words === "") return "";
  // Joined texts are trees of strings; a search needs them flat, and so does whoever weighs them.
  return flat(parts === "" ? `${words} ` : `${words} ${BREAK}${parts} `);
}

/**
 * How well a line answers a query: -1 when a word of it is missing; else more when the words stand there one after the
 * other, when the last one is a whole word, and when all are said often.
 */
export function relevanceOf(line: string, query: Query): number {
  const last = query.terms.at(-1);
  if (last === undefined) return -1;
  let often = true;
  for (const term of query.terms) {
    const said = timesSaid(line, soughtIn(term));
    if (said === 0) return -1;
    if (said < OFTEN) often = false;
  }
  const phrase = query.terms.length > 1 && wordsIn(line).includes(query.phrase);
  const whole = last.how !== "beginning" || line.includes(` ${last.word} `);
  return (phrase ? 4 : 0) + (whole ? 2 : 0) + (often ? 1 : 0);
}

/** What a line has when it has the term. */
function soughtIn({ how, word }: Term): string {
  switch (how) {
    case "whole":
      return ` ${word} `;
    case "beginning":
      return ` ${word}`;
    case "part":
      return word;
  }
}

/** Up to `OFTEN`. */
function timesSaid(line: string, sought: string): number {
  let times = 0;
  for (let at = line.indexOf(sought); at >= 0 && times < OFTEN; at = line.indexOf(sought, at + 1)) times++;
  return times;
}

function wordsIn(line: string): string {
  const at = line.indexOf(BREAK);
  return at < 0 ? line : line.slice(0, at);
}

function flat(text: string): string {
  // Reading any character of it makes V8 join the pieces.
  text.charCodeAt(0);
  return text;
}
