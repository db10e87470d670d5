// Search over what was said in a person's conversations: sent messages and finished answers, of all branches.
//   Q1  Whoever has been answered finds what was said: a search begins where the person's topic was when it was asked.
//       Whatever changes what can be found says so there, in its own commit (C2 of `conversations.ts`).
//   Q2  Only an owner finds anything: each hit is read again, with its conversation, before it is shown (P10).
//   Q3  Nothing is stored for it. What a process remembers, how long it reads, and how many search at once is bounded.
import { BoundedCache } from "../../core/bounded_cache.ts";
import { Gate } from "../../core/gate.ts";
import type { Id } from "../../core/ids.ts";
import type { Clock } from "../../core/time.ts";
import { conversationKey, recentPrefix, type TopicId, userTopic } from "../../kv/keys.ts";
import type { Store } from "../../kv/store.ts";
import type { SearchHit, SearchPage } from "../../protocol/api.ts";
import type { EntryMap, EntryType } from "../../protocol/event.ts";
import { isTerminal, type Message, textOf, wasSaid } from "../../protocol/message.ts";
import { eachMessage, readMessage } from "../messages.ts";
import { excerptOf } from "./excerpt.ts";
import { lineOf, relevanceOf } from "./line.ts";
import { type Query, readQuery } from "./query.ts";
import { type Found, Ranking, readCursor } from "./ranking.ts";
import { type Line, Shelf } from "./shelf.ts";

/** How long one search reads what is not remembered. What is still missing then, the next one reads. */
export const READ_MS_MAX = 2_000;
/** Conversations that are read at once. */
export const READERS = 8;
/** Conversations of one person that are searched, those that changed last. */
const CONVERSATIONS_MAX = 20_000;
/** Rows of the person's topic that are read to learn what changed; behind more, everything is read again. */
const SEGMENTS_MAX = 1_000;
/** Of all that is remembered, what one person may take. */
const SHARE = 1 / 2;
/** Searches at once, and those that wait: each has a core to itself for some milliseconds, or reads. */
const SEARCHING_MAX = 4;
const WAITING_MAX = 100;
/** Searches of one person that wait: one for each letter of somebody who types faster than we answer. */
const OWN_WAITING_MAX = 4;
/** What is looked through before others have their turn: some 5 ms. */
const TURN_CHARS = 2_000_000;

/** The log of a person's topic, as much as a search needs of it. */
export interface TopicReader {
  head(topic: TopicId): Promise<{ value: { seq: number } | null }>;
  after(
    topic: TopicId,
    cursor: number,
    segmentsMax: number,
  ): Promise<{ seq: number; type: EntryType; json: string }[] | null>;
}

export interface SearchDeps {
  store: Store;
  log: TopicReader;
  clock: Clock;
  /** What may be remembered of all people together. */
  bytesMax: number;
}

export class Search {
  readonly #deps: SearchDeps;
  readonly #shelves: BoundedCache<Id, Shelf>;
  readonly #gate = new Gate(SEARCHING_MAX, WAITING_MAX);
  /** A person's searches come one after another: the second finds what the first has read. */
  readonly #own = new Map<Id, Gate>();

  constructor(deps: SearchDeps) {
    this.#deps = deps;
    this.#shelves = new BoundedCache(deps.bytesMax);
  }

  /** What is remembered, about. */
  get bytes(): number {
    return this.#shelves.weight;
  }

  /** @throws AppError `invalid`, `limited` */
  async page(userId: Id, text: string, cursor?: string): Promise<SearchPage> {
    const query = readQuery(text);
    const ranking = new Ranking(cursor === undefined ? null : readCursor(cursor));
    if (query.terms.length === 0) return { hits: [], nextCursor: null, complete: true };
    const complete = await this.#inTurn(userId, () => this.#look(userId, query, ranking));
    const { found, nextCursor } = ranking.page();
    const hits = await Promise.all(found.map((one) => this.#hit(userId, query, one)));
    return { hits: hits.filter((hit) => hit !== null), nextCursor, complete };
  }

  async #inTurn<T>(userId: Id, act: () => Promise<T>): Promise<T> {
    let own = this.#own.get(userId);
    if (own === undefined) this.#own.set(userId, own = new Gate(1, OWN_WAITING_MAX));
    try {
      return await own.pass(() => this.#gate.pass(act));
    } finally {
      if (own.isIdle) this.#own.delete(userId);
    }
  }

  /** Ranks everything that answers the query. False when not everything was looked at. */
  async #look(userId: Id, query: Query, ranking: Ranking): Promise<boolean> {
    const { clock } = this.#deps;
    const until = clock.now() + READ_MS_MAX;
    const shelf = await this.#shelfOf(userId);
    let chars = 0;
    for (const lines of shelf.remembered()) {
      for (const line of lines) chars += rank(ranking, query, line);
      if (chars < TURN_CHARS) continue;
      chars = 0;
      await clock.sleep(0);
    }
    const unread = shelf.unread(query);
    let next = 0;
    const read = async () => {
      while (next < unread.length && clock.now() < until) {
        const kept = unread[next++]!;
        const lines = await this.#linesOf(kept.id);
        for (const line of lines) rank(ranking, query, line);
        shelf.keep(kept, lines);
      }
    };
    await Promise.all(Array.from({ length: READERS }, read)).catch((error) => {
      // The others have nothing to read for.
      next = unread.length;
      throw error;
    });
    this.#shelves.put(userId, shelf, shelf.bytes);
    return next === unread.length && shelf.isWhole;
  }

  /** What is remembered of a person, as it is when nothing of it has changed since now. */
  async #shelfOf(userId: Id): Promise<Shelf> {
    const { store, log, bytesMax } = this.#deps;
    const topic = userTopic(userId);
    const known = this.#shelves.get(userId);
    // The head first: whatever changes after it is in the log behind it.
    const seq = (await log.head(topic)).value?.seq ?? 0;
    if (known !== undefined && seq === known.cursor) return known;
    const entries = known === undefined ? null : await log.after(topic, known.cursor, SEGMENTS_MAX);
    if (known !== undefined && entries !== null) {
      for (const entry of entries) catchUp(known, entry);
      return known;
    }
    const prefix = recentPrefix(userId);
    const rows = await store.list({ prefix }, { limit: CONVERSATIONS_MAX, reverse: true });
    const conversations = rows.map(({ key }) => ({ id: key.at(-1) as Id, updatedAt: key.at(-2) as number }));
    const isWhole = rows.length < CONVERSATIONS_MAX;
    return new Shelf(seq, conversations, { bytesMax: bytesMax * SHARE, isWhole });
  }

  async #linesOf(conversationId: Id): Promise<Line[]> {
    const lines: Line[] = [];
    for await (const { message } of eachMessage(this.#deps.store, conversationId)) {
      const line = isSearched(message) ? lineOf(textOf(message)) : "";
      if (line === "") continue;
      const { id: messageId, role, createdAt } = message;
      lines.push({ conversationId, messageId, role, createdAt, line });
    }
    return lines;
  }

  /** What is shown of a message that was found; null when it is not there any more, or does not say it any more (Q2). */
  async #hit(userId: Id, query: Query, { line }: Found): Promise<SearchHit | null> {
    const { store } = this.#deps;
    const { conversationId, messageId } = line;
    const [{ value: record }, stored] = await Promise.all([
      store.get(conversationKey(conversationId)),
      readMessage(store, conversationId, messageId),
    ]);
    if (record === null || record.userId !== userId || record.deletedAt !== null || stored === null) {
      return null;
    }
    const { role, createdAt } = stored.message;
    const shown = excerptOf(textOf(stored.message), query);
    if (shown === null) return null;
    return { conversationId, title: record.conversation.title, messageId, role, createdAt, ...shown };
  }
}

/** Sent messages, and answers that have ended: what grows is not looked through with every token. */
function isSearched(message: Message): boolean {
  return isTerminal(message.status) && wasSaid(message);
}

/** Returns how much was looked through. */
function rank(ranking: Ranking, query: Query, line: Line): number {
  const relevance = relevanceOf(line.line, query);
  if (relevance >= 0) ranking.offer(line, relevance);
  return line.line.length;
}

function catchUp(shelf: Shelf, { seq, type, json }: { seq: number; type: EntryType; json: string }): void {
  if (type === "listed") {
    const { conversation: { id, updatedAt } } = JSON.parse(json) as EntryMap["listed"];
    shelf.changed(id, updatedAt);
  } else if (type === "unlisted") {
    shelf.removed((JSON.parse(json) as EntryMap["unlisted"]).conversationId);
  }
  shelf.cursor = seq;
}
