// The conversations of one person, as far as this tab has them. What can be done to them is in `tending.ts`.
import { type Signal, signal } from "@preact/signals";
import type { Id } from "../core/ids.ts";
import type { Listed } from "../protocol/conversation.ts";
import type { UserSnapshot } from "../protocol/event.ts";
import type { ClientError } from "./api.ts";
import { list, type Listing, merge, without } from "./listing.ts";
import type { TopicEvent } from "./topic_event.ts";

export class Library {
  readonly listing: Signal<Listing> = signal({ conversations: [], cursor: 0 });
  /** Where the next older page begins; null when everything is here. */
  readonly nextCursor: Signal<string | null> = signal(null);
  readonly loading = signal(false);
  /** Why the next older page is not here. */
  readonly failure: Signal<ClientError | null> = signal(null);

  adopt({ conversations, pinned = [], cursor }: UserSnapshot, nextCursor: string | null): void {
    this.listing.value = { conversations: merge(pinned, conversations), cursor };
    this.nextCursor.value = nextCursor;
  }

  apply(event: TopicEvent): void {
    this.listing.value = list(this.listing.peek(), event);
  }

  find(id: Id): Listed | undefined {
    return this.listing.peek().conversations.find((c) => c.id === id);
  }

  /** What this tab has made, changed or found, before its events arrive. */
  put(...more: Listed[]): void {
    const { conversations, cursor } = this.listing.peek();
    this.listing.value = { conversations: merge(conversations, more), cursor };
  }

  drop(ids: readonly Id[]): void {
    const { conversations, cursor } = this.listing.peek();
    this.listing.value = { conversations: without(conversations, ids), cursor };
  }
}
