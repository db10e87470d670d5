// What a person has typed and the server has not accepted yet. It survives a reload, a crash and an expired session.
import type { Id } from "../core/ids.ts";

/** A message that was sent and not yet accepted. Sent again with its id, it cannot become two (P7). */
export interface Unsent {
  id: Id;
  text: string;
  model: string;
}

export interface Draft {
  text: string;
  unsent: Unsent[];
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
      const { text, unsent } = JSON.parse(stored) as Partial<Draft>;
      return { text: text ?? "", unsent: unsent ?? [] };
    } catch {
      return EMPTY; // written by an older version: a draft is not worth failing for
    }
  }

  write(conversation: Id | null, draft: Draft): void {
    const empty = draft.text === "" && draft.unsent.length === 0;
    try {
      if (empty) this.#shelf?.removeItem(key(conversation));
      else this.#shelf?.setItem(key(conversation), JSON.stringify(draft));
    } catch {
      this.#prune(); // full: make room, so that the next keystroke is kept
    }
  }

  writeText(conversation: Id | null, text: string): void {
    this.write(conversation, { ...this.read(conversation), text });
  }

  addUnsent(conversation: Id | null, message: Unsent): void {
    const draft = this.read(conversation);
    const others = draft.unsent.filter((unsent) => unsent.id !== message.id);
    this.write(conversation, { text: draft.text, unsent: [...others, message] });
  }

  removeUnsent(conversation: Id | null, id: Id): void {
    const draft = this.read(conversation);
    const unsent = draft.unsent.filter((unsent) => unsent.id !== id);
    if (unsent.length !== draft.unsent.length) this.write(conversation, { ...draft, unsent });
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
