// What a run of text left open where it ends for now: closed, or hidden until there is more of it.
//   K8  It is read once, from its beginning: healing a line costs what it has characters, whatever its marks are.

/** Emphasis that was begun. */
interface Run {
  at: number;
  mark: string;
  /** How many of its marks are not closed. */
  left: number;
  length: number;
  closes: boolean;
}

/** A bracket that may be the begin of a link's or an image's label. */
interface Label {
  at: number;
  image: boolean;
  /** How much emphasis was open before it. */
  runs: number;
}

/** A longer label is none: its bracket was a bracket. */
const LABEL_CHARS_MAX = 200;
/** More images that are begun one behind the other are no writing. */
const CUTS_MAX = 8;
/** Deeper emphasis is none. */
const RUNS_MAX = 50;

const SPACE = /\s/;
const PUNCTUATION = /[\p{P}\p{S}]/u;
/** An address or a tag: its marks are no marks. */
const ANGLE = /<(?:[a-z][a-z0-9+.-]*:[^\s<>]*|[^\s<>@]+@[^\s<>]+|\/?[a-z][^<>]*)>/iy;
/** What stands behind a label: an address, and a title perhaps. Gaps are bounded: three without would cost the cube. */
const TARGET =
  /\(\s{0,9}(?:<[^<>\n]*>|(?:[^\s()\\]|\\.|\((?:[^\s()\\]|\\.)*\))*)(?:\s{1,9}(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s{0,9}\)/y;
/** The same, of which the end is not here yet. */
const HALF_TARGET =
  /\(\s{0,9}(?:<[^<>\n]*(?:>|$)|[^\s<]\S*)?(?:\s{1,9}(?:"[^"]*"?|'[^']*'?|\([^()]*\)?)?)?\s{0,9}$/y;
const HALF_REFERENCE = /\[[^[\]\n]{0,200}$/y;
const FORMULA_ENDS: Readonly<Record<string, string>> = { "\\(": "\\)", "\\[": "\\]", "$$": "$$" };

/** `text` as it shall be shown while it grows. */
export function closed(text: string, cuts = 0): string {
  const open: Run[] = [];
  const labels: Label[] = [];
  /** Marks of formulas that have no end from here on. */
  const endless = new Set<string>();
  let end = text.length;
  let code = "";
  for (let at = 0; at < end;) {
    const mark = text[at]!;
    if (mark === "\\" || mark === "$") {
      const opening = text.slice(at, at + 2);
      const ending = endless.has(opening) ? undefined : FORMULA_ENDS[opening];
      const found = ending === undefined ? -1 : text.indexOf(ending, at + 2);
      if (found < 0) endless.add(opening);
      at = found < 0 ? at + (mark === "$" ? 1 : 2) : found + 2;
    } else if (mark === "`") {
      const ticks = runAt(text, at);
      const behind = endOfCode(text, at, ticks);
      if (behind < 0) {
        const begun = text.slice(at + ticks).replace(/`+$/, "");
        if (begun.trim() !== "") code = text.slice(at, at + ticks) + begun + mark.repeat(ticks);
        end = at;
        break;
      }
      at = behind;
    } else if (mark === "*" || mark === "_" || mark === "~") {
      const length = runAt(text, at);
      // At the end it may close, open or be nothing.
      if (at + length === end) end = at;
      else emphasise(open, text, at, length);
      at += length;
    } else if (mark === "<") {
      at = endOf(ANGLE, text, at) ?? at + 1;
    } else if (mark === "[") {
      labels.push({ at, image: text[at - 1] === "!", runs: open.length });
      at += 1;
    } else if (mark === "]") {
      const label = labels.at(-1);
      const behind = label && endOf(TARGET, text, at + 1);
      if (label !== undefined && behind === undefined && isHalfLink(text, at)) {
        end = at;
        break;
      }
      labels.pop();
      if (label !== undefined && behind !== undefined) open.length = Math.min(open.length, label.runs);
      at = behind ?? at + 1;
    } else at += 1;
  }
  if (code === "") end = withoutLast(text, end, open, labels);
  const young = labels.filter(({ at }) => end - at <= LABEL_CHARS_MAX);
  const image = young.find((label) => label.image);
  // What was in its label may have closed what is open before it: that is read again.
  if (image !== undefined && cuts < CUTS_MAX) return closed(text.slice(0, image.at - 1).trimEnd(), cuts + 1);
  // Of two that were begun one within the other, the inner begin changes nothing yet, and both ends would be read as one.
  const inner = open.filter((run, i) =>
    i > 0 && run.mark === open[i - 1]!.mark && run.left === open[i - 1]!.left
  );
  const hidden = [...young.map(({ at }) => ({ at, left: 1 })), ...inner].sort((a, b) => b.at - a.at);
  let shown = text.slice(0, end) + code;
  for (const { at, left } of hidden) shown = shown.slice(0, at) + shown.slice(at + left);
  const ends = open.filter((run) => !inner.includes(run)).reverse();
  return shown + ends.map(({ mark, left }) => mark.repeat(left)).join("");
}

/** Where `text` ends without what was opened last and has nothing in it yet, which is taken off its list. */
function withoutLast(text: string, end: number, open: Run[], labels: Label[]): number {
  for (;;) {
    while (end > 0 && SPACE.test(text[end - 1]!)) end -= 1;
    const run = open.at(-1);
    const label = labels.at(-1);
    if (run !== undefined && run.at + run.length >= end) end -= open.pop()!.left;
    else if (label !== undefined && label.at + 1 >= end) end = labels.pop()!.at - (label.image ? 1 : 0);
    else return end;
  }
}

/** Whether a label that ended at `at` is the begin of a link, of which the rest is still to come. */
function isHalfLink(text: string, at: number): boolean {
  return at + 1 === text.length || endOf(HALF_TARGET, text, at + 1) !== undefined ||
    endOf(HALF_REFERENCE, text, at + 1) !== undefined;
}

/** What marks of emphasis do: close what is open, and open what they may. */
function emphasise(open: Run[], text: string, at: number, length: number): void {
  const mark = text[at]!;
  const before = text[at - 1] ?? " ";
  const after = text[at + length]!;
  const [spaceBefore, spaceAfter] = [SPACE.test(before), SPACE.test(after)];
  const [signBefore, signAfter] = [PUNCTUATION.test(before), PUNCTUATION.test(after)];
  const leading = !spaceAfter && (!signAfter || spaceBefore || signBefore);
  const trailing = !spaceBefore && (!signBefore || spaceAfter || signAfter);
  const opens = mark === "_" ? leading && (!trailing || signBefore) : leading;
  const closes = mark === "_" ? trailing && (!leading || signAfter) : trailing;
  const inWord = !spaceBefore && !signBefore;
  if (mark === "~" && length !== 2) return;

  let left = length;
  for (let i = open.length - 1; closes && left > 0 && i >= 0;) {
    const run = open[i]!;
    // Of three marks that could be one and two, neither is meant by the other.
    const unlike = (run.closes || opens) && (run.length + length) % 3 === 0 && length % 3 !== 0;
    if (run.mark !== mark || (unlike && mark !== "~")) {
      i -= 1;
      continue;
    }
    const both = run.left >= 2 && left >= 2 ? 2 : 1;
    run.left -= both;
    left -= both;
    open.length = run.left === 0 ? i : i + 1; // what was opened within it, and not closed, was no emphasis
    i = open.length - 1;
  }
  // A lone star within a word is most likely a product.
  if (
    opens && left > 0 && open.length < RUNS_MAX && !(mark === "*" && left === 1 && inWord && length === 1)
  ) {
    open.push({ at, mark, left, length, closes });
  }
}

/** How often the character at `at` is repeated. */
function runAt(text: string, at: number): number {
  let end = at + 1;
  while (text[end] === text[at]) end += 1;
  return end - at;
}

/** Behind the code that begins at `at` with so many ticks; -1 where it does not end. */
function endOfCode(text: string, at: number, ticks: number): number {
  for (let next = text.indexOf("`", at + ticks); next >= 0; next = text.indexOf("`", next)) {
    const length = runAt(text, next);
    next += length;
    if (length === ticks) return next;
  }
  return -1;
}

function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
