// Looking for what was said, and for conversations by their title, while somebody types.
//   D1  What is shown belongs to the words that are there now: an answer that comes for others is dropped.
//   D2  At most two searches are under way, however fast somebody types; the newest words wait for a place.
import { type Signal, signal } from "@preact/signals";
import type { ConversationPage, SearchHit, SearchPage } from "../protocol/api.ts";
import { ClientError } from "./api.ts";

/** A person who types has this much between two letters. */
export const PAUSE_MS = 150;
const UNDER_WAY_MAX = 2;

/** A conversation as lists tell of it. */
export type Titled = ConversationPage["conversations"][number];

export interface Finding {
  query: string;
  /** `looking`: for a first page, or for another. `incomplete`: some could not be searched in time. */
  state: "none" | "looking" | "whole" | "incomplete" | "failed";
  hits: readonly SearchHit[];
  /** Where more of them are; null: that is all. */
  nextCursor: string | null;
  titles: readonly Titled[];
  /** Only when it failed. */
  failure: ClientError | null;
}

const NOTHING: Finding = {
  query: "",
  state: "none",
  hits: [],
  nextCursor: null,
  titles: [],
  failure: null,
};

export interface FindingPorts {
  /** Resolves after `PAUSE_MS`. */
  pause(): Promise<void>;
  /** @throws ClientError */
  search(query: string, cursor?: string): Promise<SearchPage>;
  /** @throws ClientError */
  titles(query: string): Promise<ConversationPage>;
}

export class Finder {
  readonly found: Signal<Finding> = signal(NOTHING);
  readonly #ports: FindingPorts;
  #turn = 0;
  #underWay = 0;
  #waits = false;

  constructor(ports: FindingPorts) {
    this.#ports = ports;
  }

  /** Looks for other words, as soon as nobody types. */
  async ask(text: string): Promise<void> {
    const query = text.trim();
    const before = this.found.peek();
    if (query === before.query) return;
    const turn = ++this.#turn;
    if (!isEnough(query)) {
      this.found.value = { ...NOTHING, query };
      return;
    }
    const goesOn = before.query !== "" && query.startsWith(before.query);
    this.found.value = {
      ...NOTHING,
      query,
      state: "looking",
      // Of what is there, that which has the longer words as well is likely found again.
      hits: goesOn ? before.hits.filter(({ excerpt }) => hasWords(excerpt, query)) : [],
      titles: goesOn ? before.titles.filter(({ title }) => hasWords(title, query)) : [],
    };
    await this.#ports.pause();
    if (turn === this.#turn) await this.#look();
  }

  /** Looks for the same words once more: what could not be read in time is read now. */
  again(): Promise<void> {
    this.#turn += 1;
    const { hits } = this.found.peek();
    this.found.value = { ...this.found.peek(), state: "looking", hits, failure: null };
    return this.#look();
  }

  /** Brings what comes after the hits that are here. */
  async more(): Promise<void> {
    const { state, nextCursor, query } = this.found.peek();
    if (state === "looking" || nextCursor === null) return;
    const turn = ++this.#turn;
    this.found.value = { ...this.found.peek(), state: "looking" };
    try {
      const page = await this.#ports.search(query, nextCursor);
      if (turn !== this.#turn) return;
      const known = new Set(this.found.peek().hits.map(({ messageId }) => messageId));
      const hits = [...this.found.peek().hits, ...page.hits.filter(({ messageId }) => !known.has(messageId))];
      this.found.value = {
        ...this.found.peek(),
        state: page.complete ? "whole" : "incomplete",
        hits,
        nextCursor: page.nextCursor,
      };
    } catch (error) {
      this.#failed(turn, error);
    }
  }

  /** What comes from now on is for nobody. */
  close(): void {
    this.#turn += 1;
    this.#waits = false;
  }

  async #look(): Promise<void> {
    if (this.#underWay >= UNDER_WAY_MAX) {
      this.#waits = true;
      return;
    }
    this.#waits = false;
    this.#underWay += 1;
    const turn = this.#turn;
    const { query } = this.found.peek();
    try {
      const [page, { conversations }] = await Promise.all([
        this.#ports.search(query),
        this.#ports.titles(query),
      ]);
      if (turn === this.#turn) {
        this.found.value = {
          query,
          state: page.complete ? "whole" : "incomplete",
          hits: page.hits,
          nextCursor: page.nextCursor,
          titles: conversations,
          failure: null,
        };
      }
    } catch (error) {
      this.#failed(turn, error);
    } finally {
      this.#underWay -= 1;
      if (this.#waits) void this.#look();
    }
  }

  #failed(turn: number, error: unknown): void {
    if (!(error instanceof ClientError)) throw error;
    if (turn === this.#turn) this.found.value = { ...this.found.peek(), state: "failed", failure: error };
  }
}

/** One letter of an alphabet is in every message; one sign of Chinese is a word. */
function isEnough(query: string): boolean {
  // deno-lint-ignore no-control-regex -- all of ASCII is meant
  return [...query].length > 1 || /[^\x00-\x7f]/.test(query);
}

/** Whether a text has every word of a query, in whatever case. */
export function hasWords(text: string, query: string): boolean {
  const lower = text.toLowerCase();
  return query.toLowerCase().split(/\s+/).every((word) => lower.includes(word));
}
