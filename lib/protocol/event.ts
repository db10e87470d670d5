// What travels on a topic, and on the wire.
//   V1  Each entry of a log is exactly one event whose id is its number, consecutive within its topic.
//   V2  `snapshot` has the cursor as its id; `hb` and `bye` have none and are never stored.
import type { Id } from "../core/ids.ts";
import type { Conversation, Listed } from "./conversation.ts";
import type { Message, Part } from "./message.ts";
import type { Preferences } from "./preferences.ts";
import type { Summary } from "./summary.ts";

/** Why an attempt began anew. */
export type RestartReason = "taken_over" | "retried";

/** Entries of a conversation's topic. */
export interface ConversationEntries {
  message: { message: Message };
  delta: { messageId: Id; attempt: number; parts: Part[] };
  restart: { messageId: Id; attempt: number; reason: RestartReason };
  conversation: { conversation: Conversation };
  summary: { summary: Summary };
  rewritten: Rewritten;
  deleted: Record<never, never>;
}

/** What was said is not what it was: in this order. */
export interface Rewritten {
  /** Messages that are gone. */
  removed: Id[];
  /** Messages that follow another one now. */
  moved: { messageId: Id; parentId: Id | null }[];
  /** The last messages of summaries that are void: what they cover has changed. */
  unsummarised: Id[];
}

/** Entries of a user's topic: their list of conversations changed, or what they want in all of them. */
export interface UserEntries {
  listed: { conversation: Listed };
  unlisted: { conversationId: Id };
  preferences: { preferences: Preferences };
}

/** What a stream says beside the log. A user's `snapshot` is the first page of their list, and their preferences. */
export interface StreamOnly {
  snapshot: Snapshot;
  user_snapshot: UserSnapshot;
  hb: Record<never, never>;
  bye: { reason: "rotate" | "drain" | "auth" | "gone" };
}

export interface Snapshot {
  conversation: Conversation;
  messages: Message[];
  /** Absent: there is none. */
  summaries?: Summary[];
  cursor: number;
  /** Only when the last messages were asked for: where others stand beside them. Empty: nowhere. */
  forks?: Fork[];
  /** Only then, and only when there are any: what of the branch is not here. */
  earlier?: Earlier;
}

/** Messages that stand for one another below one parent (null: there is none), oldest first, whether they are here or not. */
export interface Fork {
  parentId: Id | null;
  ids: Id[];
}

/** The beginning of a branch, where only its end is here. */
export interface Earlier {
  /** The first message that is here. */
  before: Id;
  messages: number;
  /** Of their texts, in UTF-16 units. */
  chars: number;
}

export interface UserSnapshot {
  conversations: Listed[];
  /** Absent: none. Some may be among the others, too. */
  pinned?: Listed[];
  /** Absent where a page says them beside it. */
  preferences?: Preferences;
  cursor: number;
}

export type EntryMap = ConversationEntries & UserEntries;
export type EntryType = keyof EntryMap;
/** One entry before it is numbered: `{ type, data }`. */
export type LogEntry = { [T in EntryType]: { type: T; data: EntryMap[T] } }[EntryType];

export type EventMap = EntryMap & StreamOnly;
export type EventType = keyof EventMap;

/** One event as a client meets it. `id` is the entry's number or a snapshot's cursor; absent on `hb` and `bye`. */
export type StreamEvent = { [T in EventType]: { type: T; data: EventMap[T]; id?: number } }[EventType];
