// What is shown of a text that was found: the place of its first hit, and where in it the words are. Pure.
//   E1  A range covers whole letters, with what is drawn onto them: neither a range nor an excerpt cuts a surrogate pair.
import type { Query, Term } from "./query.ts";
import { partsOf, placeIn, type Word, wordsOf } from "./words.ts";

/** Length of an excerpt, in UTF-16 units, without the dots around it. */
const EXCERPT_CHARS = 240;
/** How much of it stands before the first hit. */
const BEFORE_CHARS = 60;
/** How far a cut moves so that it falls between two words. */
const NUDGE_CHARS = 20;

/** From and to, in UTF-16 units. */
export type Range = [start: number, end: number];

/** Null when the text does not say what is asked for: it may have changed since it was found. */
export function excerptOf(text: string, query: Query): { excerpt: string; ranges: Range[] } | null {
  const hits = hitsIn(text, query);
  const [first] = hits;
  if (first === undefined) return null;
  const from = cutBefore(text, first[0]);
  const to = cutAfter(text, from + EXCERPT_CHARS);
  const before = from > 0 ? "…" : "";
  const after = to < text.length ? "…" : "";
  const ranges: Range[] = [];
  for (const [start, end] of hits) {
    if (start >= to) break;
    const moved = before.length - from;
    ranges.push([start + moved, Math.min(end, to) + moved]);
  }
  // A line break is one character, as is the space in its place: the ranges stay.
  return { excerpt: before + text.slice(from, to).replace(/\s/g, " ") + after, ranges };
}

/** Where the words of the query are, in order, none within another. */
function hitsIn(text: string, query: Query): Range[] {
  const found: Range[] = [];
  for (const word of wordsOf(text)) {
    const name = text.slice(word.start, word.end);
    for (const term of query.terms) {
      for (const { start, end } of placesIn(name, word, term)) {
        found.push([word.start + start, word.start + end]);
      }
    }
  }
  found.sort(([a, aEnd], [b, bEnd]) => a - b || bEnd - aEnd);
  const merged: Range[] = [];
  for (const [start, end] of found) {
    const last = merged.at(-1);
    if (last !== undefined && start < last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged;
}

/** The places of a term in one word: as `relevanceOf` finds it, by the word, and by the parts of a name. */
function placesIn(
  name: string,
  { folded, isRun }: Word,
  { how, word }: Term,
): { start: number; end: number }[] {
  if (how === "part") {
    const places: { start: number; end: number }[] = [];
    if (!isRun) return places;
    for (let at = folded.indexOf(word); at >= 0; at = folded.indexOf(word, at + word.length)) {
      places.push(placeIn(name, at, at + word.length));
    }
    return places;
  }
  if (isRun) return [];
  if (folded === word) return [{ start: 0, end: name.length }];
  if (how === "beginning" && folded.startsWith(word)) return [placeIn(name, 0, word.length)];
  return partsOf(name).filter((part) =>
    part.folded === word || part.rest === word || (how === "beginning" && part.rest.startsWith(word))
  ).map(({ start, end, folded, rest }) => {
    if (folded === word) return { start, end };
    if (rest === word) return { start, end: name.length };
    const place = placeIn(name.slice(start), 0, word.length);
    return { start: start + place.start, end: start + place.end };
  });
}

/** Where an excerpt begins that has a hit at `at`: after a space, if there is one near. */
function cutBefore(text: string, at: number): number {
  const from = at - BEFORE_CHARS;
  if (from <= 0) return 0;
  const space = text.slice(from, Math.min(at, from + NUDGE_CHARS)).search(/\s/);
  return space >= 0 ? from + space + 1 : isWithinPair(text, from) ? from + 1 : from;
}

/** Where one ends that may go to `at`: before a space, if there is one near. */
function cutAfter(text: string, at: number): number {
  if (at >= text.length) return text.length;
  const [space] = /\s\S*$/.exec(text.slice(at - NUDGE_CHARS, at)) ?? [];
  return space !== undefined ? at - space.length : isWithinPair(text, at) ? at - 1 : at;
}

function isWithinPair(text: string, at: number): boolean {
  return /[\ud800-\udbff]/.test(text[at - 1] ?? "") && /[\udc00-\udfff]/.test(text[at] ?? "");
}
