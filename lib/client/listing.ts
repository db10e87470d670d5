// The list of conversations, folded from the events of the person's own topic.
import type { Id } from "../core/ids.ts";
import type { Listed } from "../protocol/conversation.ts";
import type { TopicEvent } from "./topic_event.ts";

export interface Listing {
  /** Newest first, archived ones aside. */
  conversations: readonly Listed[];
  cursor: number;
}

/** `listing` after `event`. The same object comes back when nothing changed. */
export function list(listing: Listing, event: TopicEvent): Listing {
  switch (event.type) {
    case "user_snapshot": {
      // The first page is the truth about the newest and the pinned; older ones that were loaded on demand stay.
      const { conversations, pinned = [], cursor } = event.data;
      const oldest = conversations.at(-1)?.updatedAt ?? Infinity;
      const older = listing.conversations.filter((c) => c.updatedAt < oldest)
        .map((c) => c.pinned ? { ...c, pinned: false } : c);
      return {
        conversations: merge(older, [...conversations, ...pinned]),
        cursor: event.id ?? cursor,
      };
    }
    case "listed": {
      if (event.id === undefined || event.id <= listing.cursor) return listing;
      return { conversations: merge(listing.conversations, [event.data.conversation]), cursor: event.id };
    }
    case "unlisted": {
      if (event.id === undefined || event.id <= listing.cursor) return listing;
      const { conversationId } = event.data;
      return { conversations: without(listing.conversations, [conversationId]), cursor: event.id };
    }
    // It says nothing of the list, and moves its cursor all the same.
    case "preferences":
      if (event.id === undefined || event.id <= listing.cursor) return listing;
      return { ...listing, cursor: event.id };
    default:
      return listing;
  }
}

/** `conversations` with `more` put in place of those with the same id. Archived ones are not listed. */
export function merge(conversations: readonly Listed[], more: readonly Listed[]): Listed[] {
  const added = new Map(more.map((c) => [c.id, c]));
  const kept = conversations.filter((c) => !added.has(c.id));
  return [...added.values(), ...kept].filter((c) => !c.archived).sort((a, b) => b.updatedAt - a.updatedAt);
}

export function without(conversations: readonly Listed[], ids: readonly Id[]): Listed[] {
  const gone = new Set(ids);
  return conversations.filter((c) => !gone.has(c.id));
}

export interface Group {
  label: string;
  conversations: Listed[];
}

const DAY_MS = 86_400_000;

/** Conversations under the heading of their age. `now` decides what today is, in the local time zone. */
export function groups(conversations: readonly Listed[], now = new Date()): Group[] {
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const found = new Map<string, Listed[]>([["Pinned", []]]);
  for (const conversation of conversations) {
    const label = conversation.pinned ? "Pinned" : labelOf(conversation.updatedAt, today);
    const group = found.get(label);
    if (group === undefined) found.set(label, [conversation]);
    else group.push(conversation);
  }
  return Array.from(found, ([label, conversations]) => ({ label, conversations }))
    .filter((group) => group.conversations.length > 0);
}

function labelOf(at: number, today: number): string {
  if (at >= today) return "Today";
  if (at >= today - DAY_MS) return "Yesterday";
  if (at >= today - 7 * DAY_MS) return "Last 7 days";
  if (at >= today - 30 * DAY_MS) return "Last 30 days";
  return "Older";
}
