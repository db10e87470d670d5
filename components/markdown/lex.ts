// Reads a piece of Markdown once, in bounded work, whatever was written to make it slow.
//   K5  Work is counted, not timed: the same text reads the same on a phone and on a server.
//   K6  What is beyond a bound is shown as it was written. Nothing is lost.
import { Lexer, type Links, type Token, Tokenizer, type Tokens, type TokensList } from "marked";
import { FORMULAS } from "./math.ts";
import { rawOf, sources } from "./source.ts";

/** Deeper quotes, lists and emphasis are no writing, they are an attack: each level reads all that is in it again. */
export const DEPTH_MAX = 12;
/** A longer run is read in pieces: finding its marks may cost the square of its length. */
const RUN_CHARS_MAX = 4_000;
/** Quotes may be read again for each line that joins them. Twelve levels read a text twelve times; this is beyond. */
const BLOCK_PASSES_MAX = 20;
/** A longer quote becomes two: each line that joins one without its mark moves all lines behind it. */
const QUOTE_CHARS_MAX = 6 * 1024;
/** A longer list becomes two: one that grows is read anew for each frame. */
const LIST_CHARS_MAX = 12 * 1024;
const LIST_LINES_MAX = 200;
/** A longer item is no writing either. Answers have been seen that are one item, with all of their code in it. */
const ITEM_CHARS_MAX = 128 * 1024;
/** The widths of a table's columns hang on all of its rows, so each that comes has all of them laid out. */
const TABLE_LINES_MAX = 400;
/** A longer paragraph is no writing: it is shown as it is. */
export const PARAGRAPH_CHARS_MAX = 32 * 1024;
/**
 * Characters that the marks of a text may make us look at: some, and some more for each of its own. Prose looks at 2 to
 * 40 for each; a paragraph of nothing but brackets at thousands. A million takes 0.5 to 4 ms.
 */
const LOOKS_MAX = 4_000_000;
const LOOKS_PER_CHAR = 20;
/** Looking for the end of an emphasis in vain costs as much as so many looks. */
const SEARCH_LOOKS = 30;

class TooMuchError extends Error {}

/** Counts what its lexer looks at, and reads the rest as it stands when that was enough (K5, K6). */
class BoundedTokenizer extends Tokenizer {
  looksLeft = 0;

  /** The first rule that is tried for each mark in a line. */
  override escape(text: string): ReturnType<Tokenizer["escape"]> {
    this.looksLeft -= text.length;
    return this.looksLeft > 0 ? super.escape(text) : { type: "escape", raw: text, text };
  }

  /** An emphasis without an end was looked for at each mark behind it. */
  override emStrong(...args: Parameters<Tokenizer["emStrong"]>): ReturnType<Tokenizer["emStrong"]> {
    const found = super.emStrong(...args);
    if (found === undefined && /^[*_]/.test(args[0])) this.looksLeft -= SEARCH_LOOKS * args[0].length;
    return found;
  }

  override blockquote(text: string): ReturnType<Tokenizer["blockquote"]> {
    const line = text.lastIndexOf("\n", QUOTE_CHARS_MAX);
    return super.blockquote(text.length <= QUOTE_CHARS_MAX || line < 0 ? text : text.slice(0, line + 1));
  }

  override table(text: string): ReturnType<Tokenizer["table"]> {
    return super.table(text.slice(0, endOfLines(text, TABLE_LINES_MAX, text.length)));
  }

  override list(text: string): ReturnType<Tokenizer["list"]> {
    const [, indent, mark] = /^( {0,3})([*+-]|\d{1,9}[.)]) /.exec(text) ?? [];
    if (mark === undefined) return super.list(text);
    const end = endOfLines(text, LIST_LINES_MAX, LIST_CHARS_MAX);
    if (end === text.length) return super.list(text);
    // At an item of its own, or the rest would not be a list.
    const bullet = `\n${indent}${mark.length === 1 ? mark : ""}`;
    let at = text.lastIndexOf(bullet, end);
    const itself = mark.length === 1 ? /^ / : /^\d{1,9}[.)] /;
    while (at > 0 && !itself.test(text.slice(at + bullet.length, at + bullet.length + 12))) {
      at = text.lastIndexOf(bullet, at - 1);
    }
    if (at > 0) return super.list(text.slice(0, at + 1));
    const item = endOfItem(text);
    return item > ITEM_CHARS_MAX ? written(text.slice(0, item)) : super.list(text);
  }
}

/** Where what is indented below the first line ends. */
function endOfItem(text: string): number {
  const end = /\n\s*\n(?=\S)/.exec(text);
  return end === null ? text.length : end.index + 1;
}

/** A block that is shown as it was written, for a lexer that knows lists only. */
function written(raw: string): Tokens.List {
  return { type: "source", raw } as Tokens.Generic as Tokens.List;
}

/** Where the first `lines` lines of `text` end, or its first `chars` characters. */
function endOfLines(text: string, lines: number, chars: number): number {
  let end = -1;
  while (lines-- > 0) {
    end = text.indexOf("\n", end + 1);
    if (end < 0 || end > chars) return Math.min(text.length, chars);
  }
  return end;
}

class BoundedLexer extends Lexer {
  readonly #tokenizer: BoundedTokenizer;
  #blockCharsLeft: number;
  #blockDepth = 0;
  #lineDepth = 0;

  constructor(chars: number) {
    const tokenizer = new BoundedTokenizer();
    super({ gfm: true, extensions: FORMULAS, tokenizer });
    this.#tokenizer = tokenizer;
    this.#tokenizer.looksLeft = LOOKS_MAX + LOOKS_PER_CHAR * chars;
    this.#blockCharsLeft = BLOCK_PASSES_MAX * (chars + 1);
  }

  get looksLeft(): number {
    return this.#tokenizer.looksLeft;
  }

  override blockTokens(text: string, tokens?: Token[], clipped?: boolean): Token[];
  override blockTokens(text: string, tokens?: TokensList, clipped?: boolean): TokensList;
  override blockTokens(text: string, tokens: Token[] = [], clipped = false): Token[] {
    this.#blockCharsLeft -= text.length;
    if (this.#blockCharsLeft < 0) throw new TooMuchError();
    if (this.#blockDepth > DEPTH_MAX) {
      tokens.push(...sources(text));
      return tokens;
    }
    this.#blockDepth += 1;
    try {
      return super.blockTokens(text, tokens, clipped);
    } finally {
      this.#blockDepth -= 1;
    }
  }

  override inlineTokens(text: string, tokens: Token[] = []): Token[] {
    if (this.#lineDepth > DEPTH_MAX) {
      tokens.push({ type: "text", raw: text, text, escaped: false });
      return tokens;
    }
    this.#lineDepth += 1;
    try {
      return super.inlineTokens(text, tokens);
    } finally {
      this.#lineDepth -= 1;
    }
  }
}

/** What stands in lines, by its source: a list that grows by an item need not read the others again. */
export type Lines = ReadonlyMap<string, readonly Token[]>;

export interface Reading {
  /** Blocks; what is in their lines is there once `readLines` was called. */
  blocks: Token[];
  /** The links that are defined in it, and those known before. */
  links: Links;
  /** Reads what stands in the lines. Returns it, for the next reading. */
  readLines(known?: Lines): Lines;
  /** What was looked at to read the lines, in characters. */
  looks(): number;
}

/** The blocks of `text`, which may use links that are `known`. */
export function read(text: string, known: Links = {}): Reading {
  const lexer = new BoundedLexer(text.length);
  Object.assign(lexer.tokens.links, known);
  const looksAtFirst = lexer.looksLeft;
  try {
    lexer.blockTokens(text, lexer.tokens);
  } catch (error) {
    if (!(error instanceof TooMuchError)) throw error;
    return { blocks: sources(text), links: known, readLines: () => new Map(), looks: () => 0 };
  }
  return {
    blocks: [...lexer.tokens],
    links: lexer.tokens.links,
    readLines(knownLines) {
      const lines = new Map<string, readonly Token[]>();
      // By index: the queue of a hundred thousand cells moves as a whole each time its first is taken off.
      for (let i = 0; i < lexer.inlineQueue.length; i++) {
        const { src, tokens } = lexer.inlineQueue[i]!;
        const line = lines.get(src) ?? knownLines?.get(src) ?? readLine(lexer, src);
        lines.set(src, line);
        for (const token of line) tokens.push(token);
      }
      lexer.inlineQueue.length = 0;
      return lines;
    },
    looks: () => looksAtFirst - lexer.looksLeft,
  };
}

/** The tokens of one run of text, a long one in pieces. */
function readLine(lexer: Lexer, run: string): Token[] {
  if (run.length > PARAGRAPH_CHARS_MAX) return [{ type: "text", raw: run, text: run, escaped: false }];
  if (run.length <= RUN_CHARS_MAX) return lexer.inlineTokens(run, []);
  const tokens: Token[] = [];
  for (let from = 0; from < run.length;) {
    const full = from + RUN_CHARS_MAX;
    const gap = full < run.length
      ? Math.max(run.lastIndexOf("\n", full - 1), run.lastIndexOf(" ", full - 1))
      : -1;
    const to = gap > from ? gap + 1 : full;
    tokens.push(...lexer.inlineTokens(run.slice(from, to), []));
    from = to;
  }
  return tokens;
}

/** What a token costs the page beside a plain one: a part of its own, elements, an address to look at. */
const WEIGHT: Readonly<Record<string, number>> = { formula: 30, list_item: 4, code: 10, link: 3, image: 3 };

/** How many tokens there may still be. */
export interface Room {
  tokens: number;
}

/** `blocks` with paragraphs that are no writing as they were written (K6), in pieces that stay as they are when they grow. */
export function readable(blocks: readonly Token[]): readonly Token[] {
  const tooLong = ({ type, raw }: Token) =>
    (type === "paragraph" || type === "heading" || type === "text" || type === "source") &&
    raw.length > PARAGRAPH_CHARS_MAX;
  return blocks.some(tooLong)
    ? blocks.flatMap((block) => tooLong(block) ? sources(block.raw) : block)
    : blocks;
}

/** `tokens` as far as there is room; the rest as it was written (K6). The same array when all of it fits. */
export function within(room: Room, tokens: readonly Token[]): readonly Token[] {
  let changed: Token[] | null = null;
  for (const [i, token] of tokens.entries()) {
    if (room.tokens <= 0) {
      return [...(changed ?? tokens).slice(0, i), ...sources(rawOf(tokens.slice(i)))];
    }
    room.tokens -= WEIGHT[token.type] ?? 1;
    const fitting = fit(room, token);
    if (fitting !== token) {
      changed ??= [...tokens];
      changed[i] = fitting;
    }
  }
  return changed ?? tokens;
}

function fit(room: Room, token: Token): Token {
  if (token.type === "table") {
    const cells = token.header.length * (token.rows.length + 1);
    if (cells > room.tokens) return { type: "source", raw: token.raw };
    room.tokens -= cells;
    return token;
  }
  const { items, tokens } = token as { items?: Token[]; tokens?: Token[] };
  if (items !== undefined) {
    const fitting = within(room, items);
    return fitting === items ? token : { ...token, items: fitting } as Token;
  }
  if (tokens === undefined) return token;
  const fitting = within(room, tokens);
  return fitting === tokens ? token : { ...token, tokens: fitting } as Token;
}
