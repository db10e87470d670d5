// What a person searches for: some words, of which the last may still be being typed. Pure.
import { AppError } from "../../core/errors.ts";
import { QUERY_CHARS_MAX } from "../../protocol/api.ts";
import { wordsOf } from "./words.ts";

/** How a word is looked for: as a whole, as the beginning of one, or anywhere in a run. */
export interface Term {
  how: "whole" | "beginning" | "part";
  word: string;
}

export interface Query {
  /** All must be there. None: nothing can be found. */
  terms: readonly Term[];
  /** The words as they stand in a line when they follow one another. */
  phrase: string;
}

/** Words of one query that are looked for, and its first ones: what has these has, as a rule, the others. */
const TERMS_MAX = 12;

/** @throws AppError `invalid` */
export function readQuery(text: string): Query {
  if (text.trim() === "") throw new AppError("invalid", "`q` must say what to search for.");
  if (text.length > QUERY_CHARS_MAX) {
    throw new AppError("invalid", `\`q\` may have ${QUERY_CHARS_MAX} characters at most.`);
  }
  const words = wordsOf(text);
  const terms = words.slice(0, TERMS_MAX).map(({ folded: word, isRun }, i): Term => ({
    how: isRun ? "part" : i === words.length - 1 ? "beginning" : "whole",
    word,
  }));
  const [first] = terms;
  return { terms, phrase: (first?.how === "part" ? "" : " ") + terms.map(({ word }) => word).join(" ") };
}
