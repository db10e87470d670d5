// Markdown source as blocks, also while it grows.
//   K1  A block that cannot change any more is frozen: it is lexed once and its token never changes identity.
//   K2  Only the tail is healed. The whole is lexed once more at the end, because a link may be defined last.
import { Lexer, type Links, type MarkedToken, type Token } from "marked";
import remend from "remend";
import { FORMULAS } from "./math.ts";

/** A paragraph or cell longer than this is no prose: emphasis in it may cost the square of its length. */
const INLINE_CHARS_MAX = 10_000;
/** A growing block longer than this is shown as it is until it ends: lexing it for each frame would take too long. */
const TAIL_CHARS_MAX = 64 * 1024;
/** What follows may still change the last block (a table's second line, a list's next item) and the one before it. */
const OPEN_BLOCKS = 2;

const HEAL = { linkMode: "text-only", katex: false, inlineKatex: false, htmlTags: false } as const;

/** Marks that open something of which no letter is here yet. */
const LONE_MARKS = /(?<=^|[\s([{"'])(?:[*_~`]{1,3}|!?\[)$/;

export interface Blocks {
  tokens: readonly Token[];
  /** Links defined apart from their use. A new one may change blocks that look the same. */
  definitions: number;
}

/** One text that grows. Reading it again costs what its tail costs. */
export class GrowingText {
  #source = "";
  #links: Links = {};
  #frozen: Token[] = [];
  #frozenChars = 0;

  read(source: string, streaming: boolean): Blocks {
    if (!streaming) return lexed(source);
    const text = source.replaceAll("\r\n", "\n");
    if (!text.startsWith(this.#source)) this.#reset();
    this.#source = text;
    const last = this.#freeze();
    const tail = text.slice(this.#frozenChars);
    const tokens = tail.length > TAIL_CHARS_MAX ? [plain(tail)] : lex(heal(tail, last), this.#links).tokens;
    return { tokens: [...this.#frozen, ...tokens], definitions: Object.keys(this.#links).length };
  }

  /** Moves what is final from the tail to the frozen part. Returns the block that is growing. */
  #freeze(): Token | undefined {
    const tail = this.#source.slice(this.#frozenChars);
    if (tail.length > TAIL_CHARS_MAX) return undefined;
    const { tokens, links } = lex(tail, this.#links);
    let open = 0;
    let end = tokens.length;
    while (end > 0 && open < OPEN_BLOCKS) if (tokens[--end]!.type !== "space") open += 1;
    for (const token of tokens.slice(0, end)) {
      this.#frozen.push(token);
      this.#frozenChars += token.raw.length;
    }
    if (end > 0) this.#links = { ...this.#links, ...links };
    return tokens.at(-1);
  }

  #reset(): void {
    this.#links = {};
    this.#frozen = [];
    this.#frozenChars = 0;
  }
}

/** The tail without its loose end. Code is left as it is: its marks mean nothing, and it may be copied any time. */
function heal(tail: string, last: Token | undefined): string {
  if (last?.type === "code") return tail;
  return remend(tail.replace(LONE_MARKS, ""), HEAL);
}

/** A text that is whole, as blocks. */
export function lexed(source: string): Blocks {
  const { tokens, links } = lex(source.replaceAll("\r\n", "\n"), {});
  return { tokens, definitions: Object.keys(links).length };
}

/** Blocks first, then what is in them; both bounded. Text that nests beyond the stack is shown as it is. */
function lex(text: string, known: Links): { tokens: Token[]; links: Links } {
  const lexer = new Lexer({ gfm: true, extensions: FORMULAS });
  Object.assign(lexer.tokens.links, known);
  try {
    lexer.blockTokens(text, lexer.tokens);
    for (let next = lexer.inlineQueue.shift(); next !== undefined; next = lexer.inlineQueue.shift()) {
      if (next.src.length > INLINE_CHARS_MAX) next.tokens.push({ ...plain(next.src), tokens: undefined });
      else lexer.inlineTokens(next.src, next.tokens);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { tokens: [plain(text)], links: known };
  }
  return { tokens: [...lexer.tokens], links: lexer.tokens.links };
}

function plain(text: string): MarkedToken {
  return { type: "text", raw: text, text, escaped: false };
}
