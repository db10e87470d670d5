// What few people do to what was said: loaded when somebody does.
import type { Id } from "../core/ids.ts";
import type { ForkAt, PatchConversation } from "../protocol/api.ts";
import type { Conversation } from "../protocol/conversation.ts";
import type { AnswersPorts } from "./answers.ts";
import type { Call, ClientError } from "./api.ts";
import type { Editing } from "./editing.ts";
import { keepWords, wordsFor } from "./edits.ts";

export class Revisions {
  readonly #ports: AnswersPorts;
  readonly #refusalOf: (call: () => Promise<unknown>) => Promise<ClientError | null>;

  /** The version that is to be shown everywhere. */
  #chosen: Id | null = null;

  constructor(
    ports: AnswersPorts,
    refusalOf: (call: () => Promise<unknown>) => Promise<ClientError | null>,
  ) {
    this.#ports = ports;
    this.#refusalOf = refusalOf;
  }

  /** Has a version shown everywhere, unless an answer is written in the one that is. Of many choices the last is kept. */
  async choose(versionId: Id, action: string): Promise<void> {
    const { api, attempt, open } = this.#ports;
    this.#tell(versionId, action);
    this.#chosen = versionId;
    if (open.keeping) return; // it is kept when the one before it is
    const id = open.id.peek();
    open.keeping = true;
    while (this.#chosen !== null && open.id.peek() === id && open.conversation.peek()?.running === null) {
      const path = this.#path("");
      const body: PatchConversation = { activeLeaf: this.#chosen };
      this.#chosen = null;
      await attempt("The version is shown in this tab only.", async () => {
        const refusal = await this.#refusalOf(() => api.call({ method: "PATCH", path, body }));
        // An answer has begun meanwhile: the choice is this tab's, and the next message goes where it leads.
        if (refusal !== null && refusal.code !== "running") throw refusal;
      });
    }
    open.keeping = false;
  }

  /** Says which version is shown. The button that was pressed went with the other one: its like has the focus now. */
  #tell(versionId: Id, action: string): void {
    const shown = this.#ports.open.shown.peek().find(({ message }) => message.id === versionId);
    if (shown === undefined) return;
    const { versions } = shown;
    this.#ports.say(`Version ${versions.indexOf(versionId) + 1} of ${versions.length}.`);
    if (typeof document === "undefined" || document.activeElement !== document.body) return;
    const article = document.querySelector(`article[data-message-id="${versionId}"]`);
    const button = article?.querySelector<HTMLElement>(`[data-action="${action}"]:enabled`) ??
      article?.querySelector<HTMLElement>(".versions button:enabled");
    button?.focus({ preventScroll: true });
  }

  /** Puts the words for a message that was removed meanwhile into the composer. */
  rescue(editing: Editing): void {
    const messageId = editing.message.peek();
    if (messageId === null) return;
    const words = wordsFor(editing, messageId);
    editing.message.value = null;
    keepWords(editing, messageId, undefined);
    if (words === undefined) return;
    const draft = editing.drafts.read(editing.id()).text;
    this.#ports.fill([words, draft].filter((text) => text.trim() !== "").join("\n\n"));
    this.#ports.tell("The message that you were changing was removed. Your words are in the box below.");
  }

  /** Gives an answer other words. Null when they were saved, else why not. */
  async reword(messageId: Id, text: string): Promise<ClientError | null> {
    return await this.#do(
      { method: "PATCH", path: this.#path(`/messages/${messageId}`), body: { text } },
      "Saved.",
    );
  }

  /** Takes a message out of the conversation, and offers to put it back. False when it is still there. */
  async remove(messageId: Id): Promise<boolean> {
    const { api, attempt, tell, say } = this.#ports;
    // Undone, it goes back to where it was, whatever is open by then.
    const path = this.#path(`/messages/${messageId}/removed`);
    const removed = await attempt(
      "The message could not be deleted.",
      () => api.call({ method: "PUT", path }),
    );
    if (!removed) return false;
    const undo = () =>
      attempt("The message could not be put back.", () => api.call({ method: "DELETE", path }));
    tell("Message deleted", {
      label: "Undo",
      run: () => void undo().then((back) => back && say("The message is back.")),
    });
    return true;
  }

  /** Makes a conversation of all that was said up to a message, and opens it. */
  async fork(messageId: Id): Promise<void> {
    const { api, attempt, newId, opened, say } = this.#ports;
    const body: ForkAt = { id: newId(), messageId };
    await attempt("The conversation could not be copied.", async () => {
      opened(await api.call<Conversation>({ method: "POST", path: this.#path("/fork"), body }));
      say("Opened as a conversation of its own.");
    });
  }

  /** Removes all messages; the conversation stays. Null when they are gone, else why not. */
  async clear(): Promise<ClientError | null> {
    return await this.#do({ method: "DELETE", path: this.#path("/messages") }, "The conversation is empty.");
  }

  async #do(call: Call, done: string): Promise<ClientError | null> {
    const { api, say } = this.#ports;
    const refusal = await this.#refusalOf(() => api.call(call));
    if (refusal === null) say(done);
    return refusal;
  }

  #path(rest: string): string {
    return `/api/conversations/${this.#ports.id()}${rest}`;
  }
}
