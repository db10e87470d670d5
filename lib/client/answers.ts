// What a person can do to an answer, and to what stands for the answers before it.
import { type Signal, signal } from "@preact/signals";
import type { Id, NewId } from "../core/ids.ts";
import type { ContextUse, UsageReport } from "../protocol/api.ts";
import type { Conversation } from "../protocol/conversation.ts";
import type { Rating } from "../protocol/message.ts";
import { type Api, ClientError } from "./api.ts";
import type { Editing } from "./editing.ts";
import type { Here } from "./here.ts";
import type { OpenConversation } from "./open_conversation.ts";
import type { Revisions } from "./revisions.ts";

/** What is done to what was said, once it is loaded how. */
export type ChangeSaid = (revisions: Revisions) => Promise<void>;

export interface AnswersPorts {
  api: Api;
  newId: NewId;
  here: Here;
  /** The conversation that is open. */
  open: OpenConversation;
  id(): Id | null;
  /** The conversation's model. */
  model(): string;
  /** Makes a call, and tells the person when it fails: `what`, and the server's words. False then. */
  attempt(what: string, call: () => Promise<unknown>): Promise<boolean>;
  /** For screen readers. */
  say(status: string): void;
  /** Puts a text into the composer. */
  fill(text: string): void;
  /** A toast. */
  tell(text: string, action?: { label: string; run: () => void }): void;
  /** A conversation was made here, and is to be shown. */
  opened(conversation: Conversation): void;
  /** A part of the page could not be loaded. */
  unloaded(): void;
}

export class Answers {
  /** The answer for which a person is choosing a model. */
  readonly choosingFor: Signal<Id | null> = signal(null);
  readonly #ports: AnswersPorts;
  /** One is being asked for: a second press is the same wish. */
  #asking = false;
  #loaded: Revisions | null = null;

  constructor(ports: AnswersPorts) {
    this.#ports = ports;
  }

  /** Asks for another answer, by the conversation's model or another. */
  again(messageId: Id, model?: string): Promise<void> {
    const { api, newId, here } = this.#ports;
    const wanted = { id: newId(), messageId, model: model ?? this.#ports.model(), device: here.device };
    return this.#ask("A new answer could not be started.", (id) => api.regenerate(id, wanted));
  }

  /** Has an answer that was cut off go on in its own message. */
  goOn(messageId: Id): Promise<void> {
    const { api, newId, here } = this.#ports;
    const wanted = { id: newId(), messageId, device: here.device };
    return this.#ask("The answer could not go on.", (id) => api.continueAnswer(id, wanted));
  }

  /** Shows another version of a message; and everywhere, unless an answer is written in the one that is shown. */
  async choose(versionId: Id, action: string): Promise<void> {
    this.#ports.open.choose(versionId);
    await (await this.#revisions())?.choose(versionId, action);
  }

  /** Words for a message that is not there any more. */
  async rescue(editing: Editing): Promise<void> {
    (await this.#revisions())?.rescue(editing);
  }

  /** What its reader thinks of an answer; null takes it back. */
  async rate(messageId: Id, rating: Rating | null, reason?: string): Promise<boolean> {
    const { api, attempt, say } = this.#ports;
    const id = this.#ports.id();
    if (id === null) return false;
    const rate = { rating, ...(reason === undefined ? {} : { reason }) };
    const rated = await attempt("The rating could not be saved.", () => api.rate(id, messageId, rate));
    if (rated) say(rating === null ? "Rating taken back." : `Rated as ${rating === "up" ? "good" : "bad"}.`);
    return rated;
  }

  /** A person's own words in place of a summary. Null when they were saved, else why not. */
  async summarise(throughId: Id, text: string): Promise<ClientError | null> {
    const id = this.#ports.id();
    if (id === null) return null;
    return await refusalOf(() => this.#ports.api.editSummary(id, throughId, text));
  }

  /** The system prompt that an answer was asked with. @throws ClientError */
  async prompt(promptId: string): Promise<string> {
    const id = this.#ports.id();
    return id === null ? "" : (await this.#ports.api.prompt(id, promptId)).text;
  }

  /** What the next message will find taken of a model's window; null before there is a conversation. @throws ClientError */
  context(model: string): Promise<ContextUse | null> {
    const id = this.#ports.id();
    return id === null ? Promise.resolve(null) : this.#ports.api.context(id, model);
  }

  /** The last thirty days. @throws ClientError */
  usage(): Promise<UsageReport> {
    return this.#ports.api.usage();
  }

  /** Changes what was said. Of two changes at once the second is the same wish. */
  async revise(act: ChangeSaid): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      const revisions = await this.#revisions();
      if (revisions !== null) await act(revisions);
    } finally {
      this.#asking = false;
    }
  }

  /** Null when it could not be loaded; the person was told. */
  async #revisions(): Promise<Revisions | null> {
    try {
      const { Revisions } = await import("./revisions.ts");
      return this.#loaded ??= new Revisions(this.#ports, refusalOf);
    } catch {
      this.#ports.unloaded();
      return null;
    }
  }

  async #ask(what: string, call: (conversationId: Id) => Promise<unknown>): Promise<void> {
    const id = this.#ports.id();
    if (id === null || this.#asking) return;
    this.#asking = true;
    const asked = await this.#ports.attempt(what, () => call(id));
    this.#asking = false;
    if (asked) this.#ports.say("Sent. Generating.");
  }
}

/** Makes a call. Null when it was answered, else why not. */
async function refusalOf(call: () => Promise<unknown>): Promise<ClientError | null> {
  try {
    await call();
    return null;
  } catch (error) {
    if (error instanceof ClientError) return error;
    throw error;
  }
}
