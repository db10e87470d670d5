// What a person has typed, attached and chosen, and the server has not accepted yet. It survives a reload, a crash and an
// expired session.
//   D1  What the browser will not keep, this tab does, and its person is told once. Nothing of theirs is thrown away to
//       make room for other words of theirs.
//   D2  It is of one person: when another begins to use this browser, it goes, but for what its person took along
//       (`carry_over.ts`).
import type { Id } from "../core/ids.ts";
import type { CreateConversation } from "../protocol/api.ts";

/** A message that was sent and not yet accepted. Sent again with its id, it cannot become two (P7). */
export interface Unsent {
  id: Id;
  text: string;
  model: string;
  /** Where it was to go, if not to the end of what was shown. */
  parentId?: Id | null;
  /** It was sent while there was no network: it goes out by itself when there is one, if it is still this person. */
  waits?: { person: Id | null; sentAt: number };
}

/** How a conversation that is not begun shall be. */
export type Beginning = Omit<CreateConversation, "title">;

/** A file beside the words of a message. Only one that is ready can go along. */
export type DraftFile =
  & { id: string; name: string; bytes: number }
  & (
    | { state: "reading"; share: number }
    | { state: "ready"; text: string }
    /** It could not be read, or is nothing that can be sent. */
    | { state: "failed" | "refused"; why: string }
  );

export interface Draft {
  text: string;
  unsent: Unsent[];
  files?: readonly DraftFile[];
  /** The model of the next message alone. */
  once?: string;
  /** Other words for messages that are there, by their ids. */
  edits?: Record<Id, string>;
  /** Only beside the draft of the conversation that is not begun. */
  beginning?: Beginning;
}

/** The part of `localStorage` that we use. */
export type Shelf = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

const PREFIX = "throughline.draft.";
const PERSON = "throughline.person";
const EMPTY: Draft = { text: "", unsent: [] };

/** Drafts by conversation; null is the conversation that is not begun. */
export class Drafts {
  readonly #shelf: Shelf | null;
  readonly #unkept: () => void;
  /** What could not be written (D1). */
  readonly #here = new Map<string, Draft>();
  #told = false;

  /** `unkept` is called once, when something could not be written. */
  constructor(shelf: Shelf | null, unkept: () => void = () => {}) {
    this.#shelf = shelf;
    this.#unkept = unkept;
  }

  read(conversation: Id | null): Draft {
    const name = key(conversation);
    const here = this.#here.get(name);
    if (here !== undefined) return here;
    const stored = this.#shelf?.getItem(name) ?? null;
    if (stored === null) return EMPTY;
    try {
      const { text, unsent, ...rest } = JSON.parse(stored) as Partial<Draft>;
      return { ...rest, text: text ?? "", unsent: unsent ?? [] };
    } catch {
      return EMPTY; // written by an older version: a draft is not worth failing for
    }
  }

  write(conversation: Id | null, draft: Draft): void {
    const { text, unsent, files = [], once, beginning, edits = {} } = draft;
    const empty = text === "" && unsent.length === 0 && files.length === 0 && once === undefined &&
      beginning === undefined && Object.keys(edits).length === 0;
    const name = key(conversation);
    this.#here.delete(name);
    try {
      if (empty) this.#shelf?.removeItem(name);
      else if (this.#shelf === null) this.#keep(name, draft);
      else this.#shelf.setItem(name, JSON.stringify(draft));
    } catch {
      this.#keep(name, draft); // the shelf is full, or was forbidden meanwhile
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

  /** False: this tab alone has it. */
  keeps(conversation: Id | null): boolean {
    return !this.#here.has(key(conversation));
  }

  /** Says whose these drafts are (D2). Null: it is not known any more, since the session has ended. */
  belongTo(person: Id | null): void {
    try {
      const before = this.#shelf?.getItem(PERSON) ?? person;
      if (person === null) return this.#shelf?.removeItem(PERSON);
      if (before !== person) { for (const name of this.#keys()) this.#shelf?.removeItem(name); }
      this.#shelf?.setItem(PERSON, person);
    } catch {
      // Storage is full: what cannot be marked is of whoever wrote it last, as before.
    }
  }

  /** The conversations of which this browser keeps one. */
  conversations(): (Id | null)[] {
    return this.#keys().map((name) => name === key(null) ? null : name.slice(PREFIX.length));
  }

  #keys(): string[] {
    const names = Array.from({ length: this.#shelf?.length ?? 0 }, (_, i) => this.#shelf?.key(i) ?? "");
    return names.filter((name) => name.startsWith(PREFIX));
  }

  #keep(name: string, draft: Draft): void {
    this.#here.set(name, draft);
    if (!this.#told) this.#unkept();
    this.#told = true;
  }
}

function key(conversation: Id | null): string {
  return PREFIX + (conversation ?? "new");
}
