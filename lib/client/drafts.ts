// What a person has typed and chosen, and the server has not accepted yet. It survives a reload, a crash and an
// expired session.
import type { Id } from "../core/ids.ts";
import type { CreateConversation } from "../protocol/api.ts";

/** A message that was sent and not yet accepted. Sent again with its id, it cannot become two (P7). */
export interface Unsent {
  id: Id;
  text: string;
  model: string;
}

/** How a conversation that is not begun shall be. */
export type Beginning = Omit<CreateConversation, "title">;

export interface Draft {
  text: string;
  unsent: Unsent[];
  /** The model of the next message alone. */
  once?: string;
  /** Only beside the draft of the conversation that is not begun. */
  beginning?: Beginning;
}

/** The part of `localStorage` that we use. */
export type Shelf = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

const PREFIX = "throughline.draft.";
/** A browser gives an origin about 5 MiB; this many drafts of ordinary length are far below. */
const DRAFTS_MAX = 50;
const EMPTY: Draft = { text: "", unsent: [] };

/** Drafts by conversation; null is the conversation that is not begun. */
export class Drafts {
  readonly #shelf: Shelf | null;

  constructor(shelf: Shelf | null) {
    this.#shelf = shelf;
  }

  read(conversation: Id | null): Draft {
    const stored = this.#shelf?.getItem(key(conversation)) ?? null;
    if (stored === null) return EMPTY;
    try {
      const { text, unsent, ...rest } = JSON.parse(stored) as Partial<Draft>;
      return { ...rest, text: text ?? "", unsent: unsent ?? [] };
    } catch {
      return EMPTY; // written by an older version: a draft is not worth failing for
    }
  }

  write(conversation: Id | null, draft: Draft): void {
    const { text, unsent, once, beginning } = draft;
    const empty = text === "" && unsent.length === 0 && once === undefined && beginning === undefined;
    try {
      if (empty) this.#shelf?.removeItem(key(conversation));
      else this.#shelf?.setItem(key(conversation), JSON.stringify(draft));
    } catch {
      this.#prune(); // full: make room, so that the next keystroke is kept
    }
  }

  /** Writes some members of a draft; those that are undefined go. */
  change(conversation: Id | null, change: Partial<Draft>): void {
    this.write(conversation, { ...this.read(conversation), ...change });
  }

  writeText(conversation: Id | null, text: string): void {
    this.change(conversation, { text });
  }

  addUnsent(conversation: Id | null, message: Unsent): void {
    const others = this.read(conversation).unsent.filter((unsent) => unsent.id !== message.id);
    this.change(conversation, { unsent: [...others, message] });
  }

  removeUnsent(conversation: Id | null, id: Id): void {
    const draft = this.read(conversation);
    const unsent = draft.unsent.filter((unsent) => unsent.id !== id);
    if (unsent.length !== draft.unsent.length) this.change(conversation, { unsent });
  }

  #prune(): void {
    const shelf = this.#shelf;
    if (shelf === null) return;
    const keys: string[] = [];
    for (let i = 0; i < shelf.length; i++) {
      const name = shelf.key(i);
      if (name?.startsWith(PREFIX)) keys.push(name);
    }
    for (const name of keys.slice(0, Math.max(1, keys.length - DRAFTS_MAX))) shelf.removeItem(name);
  }
}

function key(conversation: Id | null): string {
  return PREFIX + (conversation ?? "new");
}
