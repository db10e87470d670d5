// The list of conversations, folded from the events of the person's own topic.
import type { Id } from "../core/ids.ts";
import type { Conversation } from "../protocol/conversation.ts";
import type { TopicEvent } from "./topic_event.ts";

export interface Listing {
  /** Newest first. */
  conversations: readonly Conversation[];
  cursor: number;
}

/** `listing` after `event`. The same object comes back when nothing changed. */
export function list(listing: Listing, event: TopicEvent): Listing {
  switch (event.type) {
    case "user_snapshot": {
      // The first page is the truth about the newest; older ones that were loaded on demand stay.
      const { conversations, cursor } = event.data;
      const oldest = conversations.at(-1)?.updatedAt ?? Infinity;
      const older = listing.conversations.filter((c) => c.updatedAt < oldest);
      return { conversations: newestFirst([...conversations, ...older]), cursor: event.id ?? cursor };
    }
    case "listed": {
      if (event.id === undefined || event.id <= listing.cursor) return listing;
      return { conversations: merge(listing.conversations, [event.data.conversation]), cursor: event.id };
    }
    case "unlisted": {
      if (event.id === undefined || event.id <= listing.cursor) return listing;
      const { conversationId } = event.data;
      return { conversations: without(listing.conversations, conversationId), cursor: event.id };
    }
    // It says nothing of the list, and moves its cursor all the same.
    case "preferences":
      if (event.id === undefined || event.id <= listing.cursor) return listing;
      return { ...listing, cursor: event.id };
    default:
      return listing;
  }
}

/** `conversations` with `more` put in place of those with the same id. */
export function merge(conversations: readonly Conversation[], more: readonly Conversation[]): Conversation[] {
  const ids = new Set(more.map((c) => c.id));
  return newestFirst([...more, ...conversations.filter((c) => !ids.has(c.id))]);
}

export function without(conversations: readonly Conversation[], id: Id): Conversation[] {
  return conversations.filter((c) => c.id !== id);
}

function newestFirst(conversations: Conversation[]): Conversation[] {
  return conversations.sort((a, b) => b.updatedAt - a.updatedAt);
}

export interface Group {
  label: string;
  conversations: Conversation[];
}

const DAY_MS = 86_400_000;

/** Conversations under the heading of their age. `now` decides what today is, in the local time zone. */
export function groups(conversations: readonly Conversation[], now: Date): Group[] {
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const found: Group[] = [];
  for (const conversation of conversations) {
    const label = conversation.pinned ? "Pinned" : labelOf(conversation.updatedAt, today);
    const group = found.find((g) => g.label === label);
    if (group === undefined) found.push({ label, conversations: [conversation] });
    else group.conversations.push(conversation);
  }
  return found.sort((a, b) => Number(b.label === "Pinned") - Number(a.label === "Pinned"));
}

function labelOf(at: number, today: number): string {
  if (at >= today) return "Today";
  if (at >= today - DAY_MS) return "Yesterday";
  if (at >= today - 7 * DAY_MS) return "Last 7 days";
  if (at >= today - 30 * DAY_MS) return "Last 30 days";
  return "Older";
}
