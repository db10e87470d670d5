// Answers that ended while nobody looked: marks of one browser, shared between its tabs. Loaded once a page is on its way.
//   U1  A tab that shows a conversation and is visible takes its mark away, whichever tab has set it.
//   U2  What was being written when the last tab closed has ended unseen, when it has ended by the time one opens.
import type { Signal } from "@preact/signals";
import type { Id } from "../core/ids.ts";
import type { Listed } from "../protocol/conversation.ts";
import type { Shelf } from "./drafts.ts";
import type { TopicEvent } from "./topic_event.ts";

export interface Marks {
  /** Conversations that were last seen with an answer under way, the latest last. */
  running: readonly Id[];
  unread: readonly Id[];
}

export const UNREAD_NAME = "throughline.unread";
/** More marks than this tell nobody anything; the oldest goes. */
export const MARKS_MAX = 200;
const NONE: Marks = { running: [], unread: [] };

/** The marks after news of a conversation; `seen` when somebody looks at it. The same object when nothing changed. */
export function heard(marks: Marks, { id, running }: Pick<Listed, "id" | "running">, seen: boolean): Marks {
  const was = marks.running.includes(id);
  if (running !== null) return was ? marks : { ...marks, running: withOne(marks.running, id) };
  if (!was) return marks;
  return {
    running: marks.running.filter((one) => one !== id),
    unread: seen ? marks.unread : withOne(marks.unread, id),
  };
}

function withOne(ids: readonly Id[], id: Id): Id[] {
  return [...ids.filter((one) => one !== id), id].slice(-MARKS_MAX);
}

export class Unread {
  readonly #ids: Signal<ReadonlySet<Id>>;
  readonly #shelf: Shelf | null;
  /** The conversation that somebody looks at in this tab. */
  readonly #shown: () => Id | null;
  #marks = NONE;
  /** Nothing can be kept: this tab goes on with what it knows. */
  #alone: boolean;

  constructor(ids: Signal<ReadonlySet<Id>>, shelf: Shelf | null, shown: () => Id | null) {
    this.#ids = ids;
    this.#shelf = shelf;
    this.#alone = shelf === null;
    this.#shown = shown;
  }

  /** News of what is listed. */
  apply(event: TopicEvent): void {
    if (event.type === "listed") this.hear([event.data.conversation]);
    else if (event.type === "user_snapshot") this.hear(event.data.conversations);
    else if (event.type === "unlisted") this.#forget(event.data.conversationId);
  }

  hear(news: readonly Pick<Listed, "id" | "running">[]): void {
    const shown = this.#shown();
    this.#change((marks) => news.reduce((all, one) => heard(all, one, one.id === shown), marks));
  }

  /** It was deleted. */
  #forget(id: Id): void {
    this.#change((marks) => {
      const { running, unread } = marks;
      if (!running.includes(id) && !unread.includes(id)) return marks;
      return { running: running.filter((one) => one !== id), unread: unread.filter((one) => one !== id) };
    });
  }

  /** Another tab has changed the marks, or another conversation is looked at (U1). */
  look(): void {
    const shown = this.#shown();
    this.#change((marks) =>
      shown !== null && marks.unread.includes(shown)
        ? { ...marks, unread: marks.unread.filter((one) => one !== shown) }
        : marks
    );
  }

  #change(step: (marks: Marks) => Marks): void {
    const before = this.#read();
    const after = step(before);
    this.#marks = after;
    if (after !== before) this.#write(after);
    const value = this.#ids.peek();
    if (after.unread.length !== value.size || after.unread.some((id) => !value.has(id))) {
      this.#ids.value = new Set(after.unread);
    }
  }

  #read(): Marks {
    if (this.#alone) return this.#marks;
    try {
      const stored = this.#shelf?.getItem(UNREAD_NAME);
      if (stored == null) return NONE;
      const { running, unread } = JSON.parse(stored) as Marks;
      return Array.isArray(running) && Array.isArray(unread) ? { running, unread } : NONE;
    } catch {
      return NONE; // of another version: marks are not worth failing for
    }
  }

  #write(marks: Marks): void {
    try {
      this.#shelf?.setItem(UNREAD_NAME, JSON.stringify(marks));
      this.#alone = this.#shelf === null;
    } catch {
      this.#alone = true; // full: a mark is not worth taking a draft's room
    }
  }
}
