// Which message is given other words in its place. What was typed of them is in the draft of its conversation.
//   E1  Words are given up when they were sent or saved, or by the person: they survive a reload, and another edit. When
//       their message is removed meanwhile, the composer has them (`revisions.ts`).
import { type Signal, signal } from "@preact/signals";
import type { Id } from "../core/ids.ts";
import type { Message } from "../protocol/message.ts";
import type { ConversationState } from "../protocol/reduce.ts";
import type { Drafts } from "./drafts.ts";

export class Editing {
  /** Null: none. */
  readonly message: Signal<Id | null> = signal(null);
  /** Whether a person has just begun it: it takes the focus then. */
  begun = false;
  readonly drafts: Drafts;
  /** The conversation that is open. */
  readonly id: () => Id | null;

  constructor(drafts: Drafts, id: () => Id | null) {
    this.drafts = drafts;
    this.id = id;
  }

  begin(messageId: Id): void {
    this.begun = true;
    this.message.value = messageId;
  }

  /** A conversation was opened: an edit that was left there goes on. */
  enter(): void {
    this.begun = false;
    this.message.value = Object.keys(this.drafts.read(this.id()).edits ?? {}).at(-1) ?? null;
  }

  /** Whether its message is not there any more. Where not all messages are here, only one that was here can be missed. */
  isLost({ messages, forks }: ConversationState, before: ConversationState | null): boolean {
    const edited = this.message.peek();
    const has = (of: readonly Message[] = []) => of.some(({ id }) => id === edited);
    return edited !== null && !has(messages) && (forks === undefined || has(before?.messages));
  }
}
