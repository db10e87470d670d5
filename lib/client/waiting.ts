// Messages that wait for their turn, as a person changes them in this tab.
//   W1  Words are given up only when the server has them: those of an edit that came too late stay in the composer.
//   W2  An edit borrows the composer; the draft that was there comes back when it ends.
import { type Signal, signal } from "@preact/signals";
import type { Id } from "../core/ids.ts";
import { textOf } from "../protocol/message.ts";
import type { ConversationState } from "../protocol/reduce.ts";
import type { Api } from "./api.ts";

export interface WaitingPorts {
  api: Pick<Api, "editQueued" | "removeQueued" | "sendNow">;
  /** The conversation that is open. */
  state(): ConversationState | null;
  /** Makes a call, and tells the person when it fails: `what`, and the server's words. False then. */
  attempt(what: string, call: () => Promise<unknown>): Promise<boolean>;
  /** The text that the composer keeps for later. */
  draft(): string;
  /** Puts a text into the composer. */
  fill(text: string): void;
  tell(text: string): void;
}

export class Waiting {
  /** The message whose words are in the composer; null: the composer writes a new one. */
  readonly editing: Signal<Id | null> = signal(null);
  readonly #ports: WaitingPorts;
  /** What the composer says while it is borrowed. */
  #words = "";

  constructor(ports: WaitingPorts) {
    this.#ports = ports;
  }

  /** Puts the words of a queued message into the composer. */
  edit(messageId: Id): void {
    const message = this.#ports.state()?.messages.find(({ id }) => id === messageId);
    if (message?.status !== "queued") return;
    this.editing.value = messageId;
    this.#words = textOf(message);
    this.#ports.fill(this.#words);
  }

  /** Edits the message that came last. False when none waits. */
  editLast(): boolean {
    const last = this.#ports.state()?.conversation.queue.at(-1);
    if (last === undefined) return false;
    this.edit(last.messageId);
    return true;
  }

  /** What the person has typed meanwhile. */
  typed(text: string): void {
    this.#words = text;
  }

  /** Gives the message the words of the composer. Repeating it is harmless: it says what shall be. */
  async save(text: string): Promise<void> {
    const messageId = this.editing.peek();
    const state = this.#ports.state();
    if (messageId === null || state === null || text.trim() === "") return;
    this.#words = text;
    const saved = await this.#ports.attempt(
      "The message could not be changed.",
      () => this.#ports.api.editQueued(state.conversation.id, messageId, text),
    );
    if (saved && this.editing.peek() === messageId) this.leave();
  }

  /** Ends an edit and leaves the message as it is (W2). */
  leave(): void {
    if (this.editing.peek() === null) return;
    this.editing.value = null;
    this.#ports.fill(this.#ports.draft());
  }

  /** Another conversation was opened; its draft is put into the composer by whoever opened it. */
  forget(): void {
    this.editing.value = null;
  }

  async remove(messageId: Id): Promise<void> {
    const id = this.#ports.state()?.conversation.id;
    if (id === undefined) return;
    if (this.editing.peek() === messageId) this.leave();
    await this.#ports.attempt(
      "The message could not be taken back.",
      () => this.#ports.api.removeQueued(id, messageId),
    );
  }

  /** Stops the answer that is under way, and lets this message go before all others. */
  async sendNow(messageId: Id): Promise<void> {
    const id = this.#ports.state()?.conversation.id;
    if (id === undefined) return;
    await this.#ports.attempt(
      "The message could not be sent now.",
      () => this.#ports.api.sendNow(id, messageId),
    );
  }

  /** Looks whether the message that is being edited still waits, here or elsewhere (W1). */
  seen({ conversation, messages }: ConversationState): void {
    const messageId = this.editing.peek();
    if (messageId === null || conversation.queue.some((queued) => queued.messageId === messageId)) return;
    const message = messages.find(({ id }) => id === messageId);
    if (message !== undefined && message.status !== "cancelled" && textOf(message) === this.#words) {
      return this.leave();
    }
    this.editing.value = null;
    this.#ports.fill([this.#words, this.#ports.draft()].filter((text) => text.trim() !== "").join("\n\n"));
    this.#ports.tell("That message does not wait any more. Your words are still here.");
  }
}
