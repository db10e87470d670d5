// The best of what was found, a page at a time. Pure.
//   R1  The order is total, and does not depend on what else was found: a page goes on exactly behind the one before it.
import { AppError } from "../../core/errors.ts";
import { type Id, isId } from "../../core/ids.ts";
import type { Line } from "./shelf.ts";

/** Hits of one page. */
export const PAGE_SIZE = 20;

/** A place in the order. */
export interface Place {
  relevance: number;
  createdAt: number;
  messageId: Id;
}

export interface Found extends Place {
  line: Line;
}

/** Keeps the best of a page behind a place, whatever is offered. */
export class Ranking {
  readonly #after: Place | null;
  /** Best first; one more than a page has, to know whether there is another. */
  readonly #best: Found[] = [];

  /** `after`: where the page before ends; null for the first one. */
  constructor(after: Place | null) {
    this.#after = after;
  }

  offer(line: Line, relevance: number): void {
    const found: Found = { relevance, createdAt: line.createdAt, messageId: line.messageId, line };
    if (this.#after !== null && compare(found, this.#after) <= 0) return;
    const last = this.#best.at(-1);
    if (this.#best.length > PAGE_SIZE && last !== undefined && compare(found, last) > 0) return;
    const at = this.#best.findIndex((other) => compare(found, other) < 0);
    this.#best.splice(at < 0 ? this.#best.length : at, 0, found);
    if (this.#best.length > PAGE_SIZE + 1) this.#best.pop();
  }

  page(): { found: Found[]; nextCursor: string | null } {
    const found = this.#best.slice(0, PAGE_SIZE);
    const last = found.at(-1);
    const more = this.#best.length > PAGE_SIZE && last !== undefined;
    return { found, nextCursor: more ? `${last.relevance}.${last.createdAt}.${last.messageId}` : null };
  }
}

/** The place behind which the page of a cursor begins. @throws AppError `invalid` */
export function readCursor(cursor: string): Place {
  const [, relevance, createdAt, messageId] = /^(\d)\.(\d{1,15})\.(.+)$/.exec(cursor) ?? [];
  if (relevance === undefined || createdAt === undefined || !isId(messageId)) {
    throw new AppError("invalid", "`cursor` must be the `nextCursor` of an earlier page.");
  }
  return { relevance: Number(relevance), createdAt: Number(createdAt), messageId };
}

/** Below 0 when `a` comes before `b`: the better one, then the newer one. */
function compare(a: Place, b: Place): number {
  if (a.relevance !== b.relevance) return b.relevance - a.relevance;
  if (a.createdAt !== b.createdAt) return b.createdAt - a.createdAt;
  return a.messageId < b.messageId ? -1 : a.messageId > b.messageId ? 1 : 0;
}
