// The conversations of one person, and what can be done to them as a whole.
import { type Signal, signal } from "@preact/signals";
import type { Id } from "../core/ids.ts";
import type { Conversation } from "../protocol/conversation.ts";
import type { UserSnapshot } from "../protocol/event.ts";
import { type Api, ClientError } from "./api.ts";
import { list, type Listing, merge, without } from "./listing.ts";
import type { Notices } from "./notices.ts";
import type { TopicEvent } from "./topic_event.ts";

export class Library {
  readonly listing: Signal<Listing> = signal({ conversations: [], cursor: 0 });
  /** Where the next older page begins; null when everything is here. */
  readonly nextCursor: Signal<string | null> = signal(null);
  readonly loading = signal(false);
  readonly #api: Api;
  readonly #notices: Notices;

  constructor(api: Api, notices: Notices) {
    this.#api = api;
    this.#notices = notices;
  }

  adopt(first: UserSnapshot, nextCursor: string | null): void {
    this.listing.value = { conversations: first.conversations, cursor: first.cursor };
    this.nextCursor.value = nextCursor;
  }

  apply(event: TopicEvent): void {
    this.listing.value = list(this.listing.peek(), event);
  }

  /** A conversation that this tab just made, before its event arrives. */
  put(conversation: Conversation): void {
    const { conversations, cursor } = this.listing.peek();
    this.listing.value = { conversations: merge(conversations, [conversation]), cursor };
  }

  async loadMore(): Promise<void> {
    const from = this.nextCursor.peek();
    if (from === null || this.loading.peek()) return;
    this.loading.value = true;
    try {
      const page = await this.#api.list({ cursor: from });
      const { conversations, cursor } = this.listing.peek();
      this.listing.value = { conversations: merge(page.conversations, conversations), cursor };
      this.nextCursor.value = page.nextCursor;
    } catch (error) {
      this.#complain("Older conversations could not be loaded.", error);
    } finally {
      this.loading.value = false;
    }
  }

  async rename(id: Id, title: string): Promise<void> {
    const before = this.#find(id);
    if (before === undefined || title.trim() === "" || title === before.title) return;
    this.put({ ...before, title: title.trim(), titledBy: "person" });
    try {
      await this.#api.patch(id, { title: title.trim() });
    } catch (error) {
      this.put(before);
      this.#complain("The title could not be saved.", error);
    }
  }

  /** Takes it off the list at once; the server keeps it for 30 days, so that it can be had back. */
  async remove(id: Id, restored: () => void): Promise<boolean> {
    const before = this.#find(id);
    const { conversations, cursor } = this.listing.peek();
    this.listing.value = { conversations: without(conversations, id), cursor };
    try {
      await this.#api.remove(id);
    } catch (error) {
      if (before !== undefined) this.put(before);
      this.#complain("The conversation could not be deleted.", error);
      return false;
    }
    const text = `Deleted “${before?.title || "New conversation"}”`;
    const run = () => void this.restore(id, before, restored);
    this.#notices.show({ tone: "calm", text, action: { label: "Undo", run } });
    return true;
  }

  async restore(id: Id, before: Conversation | undefined, restored: () => void): Promise<void> {
    try {
      await this.#api.restore(id);
      if (before !== undefined) this.put(before);
      restored();
    } catch (error) {
      this.#complain("The conversation could not be restored.", error);
    }
  }

  #find(id: Id): Conversation | undefined {
    return this.listing.peek().conversations.find((c) => c.id === id);
  }

  #complain(what: string, error: unknown): void {
    if (!(error instanceof ClientError)) throw error;
    this.#notices.show({ tone: "error", text: `${what} ${error.detail}`, requestId: error.requestId });
  }
}
