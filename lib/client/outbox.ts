// Messages on their way: shown at once, kept until the server has them.
//   O1  Messages of one conversation leave in the order they were sent.
//   O2  Text is given up only when the server has accepted it: a failed message keeps it, over a reload too.
//   O3  Two messages sent before the conversation exists make one conversation.
//   O4  A message that found no network waits for it, over a visit too. Whoever sends those that wait: `offline.ts`.
import { type Signal, signal } from "@preact/signals";
import type { Id, NewId } from "../core/ids.ts";
import type { Clock } from "../core/time.ts";
import type { Conversation } from "../protocol/conversation.ts";
import type { Message, MessageError } from "../protocol/message.ts";
import { type Api, ClientError } from "./api.ts";
import type { Beginning, Drafts, Unsent } from "./drafts.ts";
import type { Here } from "./here.ts";

export interface Pending {
  id: Id;
  /** null while the conversation is being made. */
  conversationId: Id | null;
  text: string;
  model: string;
  /** What it follows: an older message, where it is said in place of another. */
  parentId?: Id | null;
  sentAt: number;
  state: "sending" | "accepted" | "waiting" | "failed";
  /** It was sent in another visit, or in another tab. */
  restored?: true;
  error?: Omit<MessageError, "code"> & { code: ClientError["code"] };
  /** The job that answers it, once accepted. */
  generationId?: Id;
}

export interface OutboxPorts {
  api: Api;
  drafts: Drafts;
  clock: Clock;
  newId: NewId;
  here: Here;
  /** Whose messages these are. */
  person(): Id | null;
  /** Whether there is no network, as far as is known. */
  offline(): boolean;
  /** Whether it is not known yet whose session the browser has. */
  held(): boolean;
  /** What the conversation of a first message shall be like. */
  beginning(): Beginning;
  /** Up to where a conversation's log is shown; 0 when it is not. */
  shownTo(conversationId: Id): number;
  /** The conversation of a first message was made. */
  created(conversation: Conversation): void;
}

/** More than this many unanswered messages is a stuck key, not a person. */
export const PENDING_MAX = 20;
/** A message that waited for longer is sent only when its person says so: it may not be meant any more. */
const WAITS_MS_MAX = 24 * 60 * 60 * 1000;

export class Outbox {
  readonly pending: Signal<readonly Pending[]> = signal([]);
  readonly #ports: OutboxPorts;
  /** The last delivery of each conversation, for O1. */
  readonly #tails = new Map<Id | null, Promise<void>>();
  /** Messages whose answer was stopped before there was a job to stop. */
  readonly #stops = new Set<Id>();

  constructor(ports: OutboxPorts) {
    this.#ports = ports;
  }

  /** Shows and sends a message; `instead` of another, it was not written in the composer. @returns its id; null when too many are waiting. */
  send(
    conversationId: Id | null,
    text: string,
    model: string,
    parentId?: Id | null,
    instead = false,
  ): Id | null {
    if (this.pending.peek().length >= PENDING_MAX) return null;
    const { newId, clock, drafts } = this.#ports;
    const id = newId();
    const pending: Pending = {
      id,
      conversationId,
      text,
      model,
      parentId,
      sentAt: clock.now(),
      state: "sending",
    };
    // In one write: there is no moment in which the words are nowhere (O2).
    const unsent = [...drafts.read(conversationId).unsent, this.#unsent(pending, this.#ports.offline())];
    drafts.change(conversationId, instead ? { unsent } : { text: "", files: undefined, unsent });
    this.pending.value = [...this.pending.peek(), pending];
    void this.#enqueue(id, conversationId);
    return id;
  }

  /** Sends a message that failed or waits again, under the same id. */
  async retry(id: Id): Promise<void> {
    const failed = this.#find(id);
    if (failed?.state !== "failed" && failed?.state !== "waiting") return;
    this.#change(id, { state: "sending", error: undefined, sentAt: this.#ports.clock.now() });
    await this.#enqueue(id, failed.conversationId);
  }

  /** Gives a message that failed or waits up, and returns its text for editing. */
  discard(id: Id): string {
    const found = this.#find(id);
    if (found === undefined) return "";
    this.#ports.drafts.removeUnsent(found.conversationId, id);
    this.pending.value = this.pending.peek().filter((pending) => pending.id !== id);
    return found.text;
  }

  /** Stops what a message will start, as soon as that is known. */
  stopWhenAccepted(id: Id): void {
    this.#stops.add(id);
  }

  /** The conversation holds these messages now: they are pending no longer. */
  settle(messages: readonly Message[]): void {
    const pending = this.pending.peek();
    if (pending.length === 0) return;
    const arrived = new Set(messages.map((message) => message.id));
    const left = pending.filter((p) => !arrived.has(p.id));
    for (const p of pending) if (arrived.has(p.id)) this.#ports.drafts.removeUnsent(p.conversationId, p.id);
    if (left.length !== pending.length) this.pending.value = left;
  }

  /** What an earlier visit left unsent waits on (O4), or shows up as failed: the person decides if it still matters. */
  restore(conversationId: Id | null, messages: readonly Message[]): void {
    const here = new Set([...messages, ...this.pending.peek()].map((m) => m.id));
    for (const { id, text, model, parentId, waits } of this.#ports.drafts.read(conversationId).unsent) {
      if (messages.some((m) => m.id === id)) this.#ports.drafts.removeUnsent(conversationId, id);
      if (here.has(id) || this.pending.peek().length >= PENDING_MAX) continue;
      const detail = "This message was not confirmed before the page was left.";
      const error: Pending["error"] = { code: "network", detail };
      const now = this.#ports.clock.now();
      const { person, sentAt = now } = waits ?? {};
      const waiting = waits !== undefined && person === this.#ports.person() && now - sentAt < WAITS_MS_MAX;
      this.pending.value = [
        ...this.pending.peek(),
        {
          id,
          conversationId,
          text,
          model,
          parentId,
          sentAt,
          restored: true,
          state: waiting ? "waiting" : "failed",
          error: waiting ? undefined : error,
        },
      ];
    }
  }

  #enqueue(id: Id, conversationId: Id | null): Promise<void> {
    const before = this.#tails.get(conversationId) ?? Promise.resolve();
    const tail = before.then(() => this.#deliver(id)).finally(() => {
      for (const [key, last] of this.#tails) if (last === tail) this.#tails.delete(key);
    });
    this.#tails.set(conversationId, tail);
    return tail;
  }

  async #deliver(id: Id): Promise<void> {
    const { api, drafts, here } = this.#ports;
    try {
      const pending = this.#find(id);
      if (pending === undefined) return;
      if (this.#ports.held() || this.#isBehind(pending)) return this.#wait(pending);
      const conversationId = pending.conversationId ?? (await this.#create()).id;
      const { text, model, parentId } = pending;
      const accepted = await api.send(conversationId, { id, text, model, parentId, device: here.device });
      drafts.removeUnsent(conversationId, id);
      const { generationId } = accepted.reply;
      this.#change(id, { state: "accepted", generationId });
      // It was there long ago, further up than what is here: nothing of it is still to come.
      if (this.#ports.shownTo(conversationId) >= accepted.cursor) this.discard(id);
      if (this.#stops.delete(id)) await api.cancel(generationId);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      this.#stops.delete(id);
      const pending = this.#find(id);
      if (error.status === 0 && pending !== undefined && this.#ports.offline()) return this.#wait(pending);
      // It was refused, and shall not be sent again by itself.
      if (pending !== undefined) this.#note(pending, false);
      const { code, detail, requestId } = error;
      this.#change(id, { state: "failed", error: { code, detail, requestId } });
    }
  }

  async #create(): Promise<Conversation> {
    const conversation = await this.#ports.api.create(this.#ports.beginning());
    this.#adopt(conversation);
    return conversation;
  }

  /** Moves everything that waited for the conversation over to it. */
  #adopt(conversation: Conversation): void {
    const { drafts } = this.#ports;
    const { text, unsent, files, once } = drafts.read(null);
    drafts.write(conversation.id, { text, unsent, files, once });
    drafts.write(null, { text: "", unsent: [] });
    this.pending.value = this.pending.peek().map((p) =>
      p.conversationId === null ? { ...p, conversationId: conversation.id } : p
    );
    const tail = this.#tails.get(null);
    if (tail !== undefined) this.#tails.set(conversation.id, tail);
    this.#tails.delete(null);
    this.#ports.created(conversation);
  }

  /** Whether a message that was sent before it waits (O1). */
  #isBehind(pending: Pending): boolean {
    const all = this.pending.peek();
    return all.slice(0, all.indexOf(pending)).some((p) =>
      p.conversationId === pending.conversationId && p.state === "waiting"
    );
  }

  #wait(pending: Pending): void {
    this.#note(pending, true);
    this.#change(pending.id, { state: "waiting" });
  }

  #note(pending: Pending, waits: boolean): void {
    this.#ports.drafts.addUnsent(pending.conversationId, this.#unsent(pending, waits));
  }

  #unsent({ id, text, model, parentId, sentAt }: Pending, waits: boolean): Unsent {
    return { id, text, model, parentId, waits: waits ? { person: this.#ports.person(), sentAt } : undefined };
  }

  #find(id: Id): Pending | undefined {
    return this.pending.peek().find((pending) => pending.id === id);
  }

  #change(id: Id, change: Partial<Pending>): void {
    this.pending.value = this.pending.peek().map((p) => (p.id === id ? { ...p, ...change } : p));
  }
}
