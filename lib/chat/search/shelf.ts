// What a process remembers of one person's messages, for a search: their lines, by conversation.
//   S1  What is remembered is what the store had when the person's topic was at `cursor`, or is newer.
//   S2  What is kept weighs no more than its bound. Of a conversation whose lines do not fit a signature is kept, a tenth of
//       them, and it is read again by the searches that it may answer; of one without room for that, by all.
import type { Query } from "./query.ts";
import { mayAnswer, type Signature, signatureOf } from "./signature.ts";
import type { Id } from "../../core/ids.ts";
import type { Role } from "../../protocol/message.ts";

/** A message that can be found. */
export interface Line {
  conversationId: Id;
  messageId: Id;
  role: Role;
  createdAt: number;
  /** See `line.ts`. */
  line: string;
}

/** A line beside its text: its object, its ids, its place in a list. */
const LINE_BYTES = 200;
/** A conversation without its lines. */
const CONVERSATION_BYTES = 200;
/** What lines may take: the rest is for the signatures of ten times as many. */
const LINES_SHARE = 3 / 4;
/** A string with one of these takes two bytes for each character. */
const NOT_LATIN_1 = /[\u0100-\uffff]/;

/** A conversation as it was found to be the last time: another one once it has changed. */
export interface Kept {
  readonly id: Id;
  readonly updatedAt: number;
  /** Null: not read since it changed, or without room. */
  lines: readonly Line[] | null;
  /** In place of its lines. */
  signature: Signature | null;
  bytes: number;
}

export class Shelf {
  readonly #bytesMax: number;
  readonly #kept = new Map<Id, Kept>();
  /** Of the person's topic: what is said after it may have changed any of this. */
  cursor: number;
  #bytes = 0;

  /** Whether all conversations of the person are here, read or not. */
  readonly isWhole: boolean;

  /** Of a person whose conversations these are, none of them read. */
  constructor(
    cursor: number,
    conversations: Iterable<{ id: Id; updatedAt: number }>,
    { bytesMax, isWhole }: { bytesMax: number; isWhole: boolean },
  ) {
    this.cursor = cursor;
    this.#bytesMax = bytesMax;
    this.isWhole = isWhole;
    for (const { id, updatedAt } of conversations) this.changed(id, updatedAt);
  }

  /** What all of it takes in memory, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A conversation is there, and what is remembered of it may be old. */
  changed(id: Id, updatedAt: number): void {
    this.removed(id);
    this.#kept.set(id, { id, updatedAt, lines: null, signature: null, bytes: CONVERSATION_BYTES });
    this.#bytes += CONVERSATION_BYTES;
  }

  removed(id: Id): void {
    this.#bytes -= this.#kept.get(id)?.bytes ?? 0;
    this.#kept.delete(id);
  }

  /** Remembers what was read of a conversation that has not changed since it was unread, if there is room (S1, S2). */
  keep(kept: Kept, lines: readonly Line[]): void {
    if (this.#kept.get(kept.id) !== kept || kept.lines !== null || kept.signature !== null) return;
    const bytes = lines.reduce((sum, { line }) => sum + LINE_BYTES + bytesOf(line), 0);
    if (this.#bytes + bytes <= this.#bytesMax * LINES_SHARE) {
      kept.lines = lines;
      return this.#grow(kept, bytes);
    }
    const signature = signatureOf(lines.map(({ line }) => line));
    if (this.#bytes + signature.byteLength > this.#bytesMax) return;
    kept.signature = signature;
    this.#grow(kept, signature.byteLength);
  }

  #grow(kept: Kept, bytes: number): void {
    kept.bytes += bytes;
    this.#bytes += bytes;
  }

  /** The lines that are remembered, a conversation after the other. */
  *remembered(): Generator<readonly Line[], void, void> {
    for (const { lines } of this.#kept.values()) if (lines !== null) yield lines;
  }

  /** Conversations that must be read for a query, the one that changed last first. */
  unread(query: Query): Kept[] {
    return [...this.#kept.values()].filter(({ lines, signature }) =>
      lines === null && (signature === null || mayAnswer(signature, query))
    ).sort((a, b) => b.updatedAt - a.updatedAt);
  }
}

function bytesOf(line: string): number {
  return NOT_LATIN_1.test(line) ? 2 * line.length : line.length;
}
