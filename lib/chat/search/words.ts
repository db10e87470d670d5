// The words of a text, as a search compares them: without case and accents, each at its place in the text. Pure.
//   W1  Equal words look equal once they are folded, however they were typed; folding again changes nothing.
//   W2  Where a script puts no spaces between words (Chinese, Japanese, Thai and others), a run of it is one word, and is
//       found by any part of it.
//   W3  A name in code is found as a whole, and from each of its parts: `fooBar` by `foobar` and by `bar`.

export interface Word {
  /** Its place in the text, in UTF-16 units. */
  start: number;
  end: number;
  folded: string;
  /** Found by any part of it (W2). */
  isRun: boolean;
}

/** Longer ones are data, not words: their beginning stands for them. */
const WORD_CHARS_MAX = 100;
/** Parts of one name; more has no name but a hash. */
const PARTS_MAX = 8;

/** What is read past within a word: soft hyphens, joiners, and spaces of no width. */
const JOINERS = String.raw`\u00ad\u200b-\u200d\u2060`;
/** Scripts that put no spaces between words, or glue small words to large ones. */
const SPACELESS =
  String.raw`[[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\p{scx=Hang}\p{scx=Thai}\p{scx=Laoo}` +
  String.raw`\p{scx=Khmr}\p{scx=Mymr}\p{scx=Tibt}]&&[\p{L}\p{N}]]`;
const SPACED = String.raw`[[\p{L}\p{N}_]--${SPACELESS}]`;
/** A mark belongs to the letter before it, whatever its script. */
const ANY_WORD = new RegExp(
  String.raw`(${SPACELESS}[${SPACELESS}\p{M}${JOINERS}]*)|${SPACED}[${SPACED}\p{M}${JOINERS}]*`,
  "gv",
);
const ANY_SPACELESS = new RegExp(SPACELESS, "v");
/** The same, of text that is ASCII alone: most of it is, and this is four times as fast. */
const ASCII_WORD = /()[A-Za-z0-9_]+/g;
// deno-lint-ignore no-control-regex -- all of ASCII is meant
const ASCII = /^[\x00-\x7f]*$/;

/** Accents, and the points of Hebrew and Arabic. Not those of Kana, or of Indian scripts, which make another letter. */
const MARKS =
  /[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0640\s\u00ad\u200b-\u200d\u2060]/g;
/** Letters that no decomposition makes plain. */
const PLAIN: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  đ: "d",
  ð: "d",
  ħ: "h",
  ı: "i",
  ł: "l",
  þ: "th",
  ς: "σ",
};
const NOT_PLAIN = new RegExp(`[${Object.keys(PLAIN).join("")}]`, "g");

/** A letter with what is drawn onto it; of Korean, the letters of a syllable. */
const DRAWN = String.raw`[\p{M}\uff9e\uff9f${JOINERS}]*`;
const CLUSTER = new RegExp(String.raw`[\uac00-\ud7a3]?[\u1100-\u11ff]+${DRAWN}|[^]${DRAWN}`, "gv");

/** Where a name in code has its next part: `foo_Bar`, `fooBar`, `HTTPServer`. */
const SEAM = /_+(?=[^_])|(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu;
const ASCII_SEAM = /_+(?=[^_])|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g;
const MAY_HAVE_SEAM = /_|[\p{Ll}\p{N}]\p{Lu}|\p{Lu}\p{Lu}\p{Ll}/u;

/** A word without case and accents (W1). */
export function folded(word: string): string {
  if (ASCII.test(word)) return word.toLowerCase();
  return word.normalize("NFKD").toLowerCase().normalize("NFKD").replace(MARKS, "")
    .replace(NOT_PLAIN, (letter) => PLAIN[letter]!).normalize("NFC");
}

/** The words of `text`, in order. */
export function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  for (const match of text.matchAll(ASCII.test(text) ? ASCII_WORD : ANY_WORD)) {
    const [whole, run = ""] = match;
    const isRun = run !== "";
    // Markdown has underscores around words, and so do languages around names.
    const from = isRun ? 0 : /^_*/.exec(whole)![0].length;
    const to = isRun ? whole.length : whole.length - /_*$/.exec(whole.slice(from))![0].length;
    const word = folded(whole.slice(from, to));
    if (word === "") continue;
    words.push({
      start: match.index + from,
      end: match.index + to,
      folded: isRun ? word : word.slice(0, WORD_CHARS_MAX),
      isRun,
    });
  }
  return words;
}

/** Whether a folded word may be a run, or a part of one (W2). */
export function isSpaceless(word: string): boolean {
  return !ASCII.test(word) && ANY_SPACELESS.test(word);
}

/** The parts of a name, each from where it begins to its own end, and the rest of the name from there (W3); none for a plain word. */
export function partsOf(name: string): { start: number; end: number; folded: string; rest: string }[] {
  if (name.length > WORD_CHARS_MAX || !MAY_HAVE_SEAM.test(name)) return [];
  const starts = [0];
  const ends: number[] = [];
  for (const { 0: seam, index } of name.matchAll(ASCII.test(name) ? ASCII_SEAM : SEAM)) {
    ends.push(index);
    starts.push(index + seam.length);
    if (starts.length === PARTS_MAX) break;
  }
  if (starts.length === 1) return [];
  ends.push(name.length);
  return starts.map((start, i) => ({
    start,
    end: ends[i]!,
    folded: folded(name.slice(start, ends[i])),
    rest: folded(name.slice(start)),
  }));
}

/** The place in `word` of a part of what it folds to: whole letters, with what is drawn onto them. */
export function placeIn(word: string, from: number, to: number): { start: number; end: number } {
  if (ASCII.test(word)) return { start: from, end: to };
  let start = 0;
  let end = 0;
  let seen = "";
  for (const { 0: cluster, index } of word.matchAll(CLUSTER)) {
    const after = index + cluster.length;
    if (seen.length < to) end = after;
    seen += folded(cluster);
    if (seen.length <= from) start = after;
  }
  // Letters that change each other from afar: no part of such a word can be told from the rest.
  return seen === folded(word) ? { start, end } : { start: 0, end: word.length };
}
