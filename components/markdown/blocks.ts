// Markdown source as blocks, also while it grows.
//   K1  A block that cannot change any more is frozen: it is lexed once and its token never changes identity.
//   K2  Only the tail is healed. The whole is lexed once more at the end, because a link may be defined last; of a very long
//       one without such links, only the tail is.
import type { Links, Token } from "marked";
import { heal } from "./heal.ts";
import {
  type Lines,
  PARAGRAPH_CHARS_MAX,
  read as readOnce,
  readable,
  type Reading,
  type Room,
  within,
} from "./lex.ts";
import { rawOf, sources } from "./source.ts";

/** A growing block longer than this is shown as it is until it ends: lexing it for each frame would take too long. */
const TAIL_CHARS_MAX = PARAGRAPH_CHARS_MAX;
/** Reading all of a longer text again at its end would stop the page for longer than a blink. */
const AGAIN_CHARS_MAX = 32 * 1024;
/** What follows may still change the last block (a table's second line, a list's next item) and the one before it. */
const OPEN_BLOCKS = 2;
/** A long answer has 3,000. Each becomes some elements; a page of a million is no page. */
const TOKENS_MAX = 30_000;

export interface Blocks {
  tokens: readonly Token[];
  /** Links that are defined apart from their use. Another object means that a block may be another with the same source. */
  links: Readonly<Links>;
  /** More has come than was read this time. */
  rest?: boolean;
}

const NO_LINKS: Readonly<Links> = {};

/** One text that grows. Reading it again costs what its tail costs. */
export class GrowingText {
  readonly #read: typeof readOnce;
  #source = "";
  /** Those that frozen blocks define, and all that the last reading knew. */
  #links: Readonly<Links> = NO_LINKS;
  #linksRead: Readonly<Links> = NO_LINKS;
  #frozen: Token[] = [];
  #frozenChars = 0;
  #room: Room = { tokens: TOKENS_MAX };
  /** What stood in the lines of the tail when it was last read. */
  #lines: Lines = new Map();
  /** Until the tail has so many characters, it is one block that is too long to be read for each frame. */
  #readAgainAtChars = 0;

  constructor(read = readOnce) {
    this.#read = read;
  }

  /** Reads at most so many characters that are new; the others the next time. */
  read(source: string, streaming: boolean, most = Infinity): Blocks {
    const text = source.replaceAll("\r\n", "\n");
    if (!streaming && (text.length <= AGAIN_CHARS_MAX || !this.#goesOn(text))) return lexed(source);
    if (!text.startsWith(this.#source)) this.#reset();
    const known = this.#source.length;
    const rest = text.length - known > most;
    const line = rest ? text.lastIndexOf("\n", known + most) + 1 : 0;
    this.#source = rest ? text.slice(0, line > known ? line : known + most) : text;
    if (!streaming && !rest) return this.#ended() ?? lexed(source);
    const tail = this.#tail(); // moves what is final to the frozen part
    return { tokens: [...this.#frozen, ...tail], links: this.#linksRead, rest };
  }

  #goesOn(text: string): boolean {
    return this.#frozenChars > 0 && text.startsWith(this.#source);
  }

  /** What is frozen, and the tail as it is; null when a link is defined somewhere. */
  #ended(): Blocks | null {
    const tail = this.#source.slice(this.#frozenChars);
    if (this.#room.tokens <= 0) {
      return { tokens: [...this.#frozen, ...sources(tail)], links: this.#linksRead };
    }
    const reading = this.#read(tail, this.#links);
    if (!areSame(reading.links, NO_LINKS)) return null;
    reading.readLines(this.#lines);
    return {
      tokens: [...this.#frozen, ...within({ ...this.#room }, readable(reading.blocks))],
      links: NO_LINKS,
    };
  }

  #tail(): readonly Token[] {
    const tail = this.#source.slice(this.#frozenChars);
    if (this.#room.tokens <= 0 || tail.length < this.#readAgainAtChars) return sources(tail);
    const reading = this.#read(tail, this.#links);
    const { blocks } = reading;
    let open = 0;
    let end = blocks.length;
    while (end > 0 && open < OPEN_BLOCKS) if (blocks[--end]!.type !== "space") open += 1;
    const left = healed(tail, blocks, end);
    if (end > 0) this.#freeze(reading, end);
    this.#readAgainAtChars = left.chars > TAIL_CHARS_MAX ? 2 * left.chars : 0;
    if (left.chars > TAIL_CHARS_MAX) return sources(this.#source.slice(this.#frozenChars));
    const shown = end === 0 && left.text === tail ? reading : this.#read(left.text, this.#links);
    if (!areSame(shown.links, this.#linksRead)) {
      this.#linksRead = shown.links;
      this.#lines = new Map(); // a line that looks the same may lead somewhere else
    }
    this.#lines = shown.readLines(this.#lines);
    return within({ ...this.#room }, shown.blocks);
  }

  /** Moves the first `count` blocks from the tail to the frozen part. */
  #freeze({ blocks, links, readLines }: Reading, count: number): void {
    readLines(this.#lines);
    const final = blocks.slice(0, count);
    this.#frozen.push(...within(this.#room, readable(final)));
    const source = rawOf(final);
    this.#frozenChars += source.length;
    // A definition in the tail may still grow, and the first of a name is the one that counts.
    if (!areSame(links, this.#links)) this.#links = this.#read(source, this.#links).links;
  }

  #reset(): void {
    this.#links = NO_LINKS;
    this.#linksRead = NO_LINKS;
    this.#frozen = [];
    this.#frozenChars = 0;
    this.#room = { tokens: TOKENS_MAX };
    this.#lines = new Map();
    this.#readAgainAtChars = 0;
  }
}

/** What is left of the tail behind its first `count` blocks, healed; and how much of it is expensive to read. */
function healed(tail: string, blocks: readonly Token[], count: number): { text: string; chars: number } {
  const from = rawOf(blocks.slice(0, count)).length;
  const code = blocks.slice(count).reduce(
    (sum, { type, raw }) => type === "code" ? sum + raw.length : sum,
    0,
  );
  return { text: heal(tail, blocks).slice(from), chars: tail.length - from - code };
}

/** A text that is whole, as blocks. */
export function lexed(source: string): Blocks {
  const reading = readOnce(source.replaceAll("\r\n", "\n"));
  reading.readLines();
  return {
    tokens: within({ tokens: TOKENS_MAX }, readable(reading.blocks)),
    links: areSame(reading.links, NO_LINKS) ? NO_LINKS : reading.links,
  };
}

function areSame(some: Readonly<Links>, others: Readonly<Links>): boolean {
  const names = Object.keys(some);
  return names.length === Object.keys(others).length &&
    names.every((name) =>
      some[name]!.href === others[name]?.href && some[name]!.title === others[name]?.title
    );
}
