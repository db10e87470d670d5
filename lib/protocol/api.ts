// Bodies of the JSON API, as types. The server validates them with zod (`http/schemas.ts`); the browser only builds them.
import type { ErrorCode } from "../core/errors.ts";
import type { Id } from "../core/ids.ts";
import type { Conversation, Listed } from "./conversation.ts";
import type { Earlier, Fork, Snapshot, UserSnapshot } from "./event.ts";
import type { AskedFrom, Message, Rating, Role, Timings, Usage } from "./message.ts";
import type { Model } from "./model.ts";
import type { Params } from "./params.ts";
import type { Preferences } from "./preferences.ts";

/** `application/problem+json`. `code` is for programs, `detail` for people, `requestId` for the log. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  requestId: string;
}

/** `POST /api/session` → 201. */
export interface SessionCreated {
  token: string;
  userId: Id;
}

/** `GET /api/session`: whose it is. 401 when there is none. */
export interface SessionView {
  userId: Id;
}

/** `POST /api/conversations` → 201 `Conversation`. */
export interface CreateConversation {
  model?: string;
  systemPrompt?: string;
  title?: string;
  params?: Params;
  fallbacks?: string[];
}

/** `PATCH /api/conversations/:id` → 200 `Conversation`. */
export interface PatchConversation {
  title?: string;
  model?: string;
  systemPrompt?: string;
  pinned?: boolean;
  archived?: boolean;
  /** In place of all that were set before. */
  params?: Params;
  /** In this order; null: those of the server. */
  fallbacks?: string[] | null;
  /** A message of the branch that is to be shown, and followed: it becomes the end of that branch. 409 while an answer is written. */
  activeLeaf?: Id;
}

/** `GET /api/conversations?q=&cursor=&archived=&limit=`. */
export interface ListQuery {
  /** Of those, archived or not, whose title has it. */
  q?: string;
  cursor?: string;
  /** Those that were archived, in place of those that were not. */
  archived?: boolean;
  /** From 1 to `LIST_MAX`; absent: 30. */
  limit?: number;
}

/** Newest change first; `nextCursor` is null on the last page. */
export interface ConversationPage {
  conversations: Listed[];
  nextCursor: string | null;
}

/** A conversation in the trash: deleted at one time, gone for good at another, in milliseconds since the epoch. */
export interface Trashed {
  conversation: Conversation;
  deletedAt: number;
  goesAt: number;
}

/** `GET /api/trash?cursor=`: the last deleted one first; `nextCursor` is null on the last page. */
export interface TrashPage {
  conversations: Trashed[];
  nextCursor: string | null;
}

/** `DELETE /api/trash`: a bounded number of conversations goes at a time. */
export interface Emptied {
  purged: number;
  /** Whether something is left: ask again, unless none was purged. What is still being stopped goes a moment later. */
  left: boolean;
}

/** `DELETE /api/conversations`: a bounded number of conversations goes into the trash at a time. */
export interface RemovedAll {
  removed: number;
  /** Whether some are left: ask again. */
  left: boolean;
}

export const BULK_ACTIONS = ["delete", "restore", "archive", "unarchive", "pin", "unpin"] as const;
export type BulkAction = typeof BULK_ACTIONS[number];

/** `POST /api/conversations/bulk` → 200 with a result for each id, in their order. */
export interface Bulk {
  /** Each once, at most `BULK_MAX`. */
  ids: Id[];
  action: BulkAction;
}

export type BulkResult = { id: Id; ok: true } | { id: Id; ok: false; code: ErrorCode; detail: string };

export interface BulkDone {
  results: BulkResult[];
}

/** A message that has all words of a query. */
export interface SearchHit {
  conversationId: Id;
  /** Of the conversation. */
  title: string;
  messageId: Id;
  role: Role;
  createdAt: number;
  /** Of the text, around its first hit, on one line. */
  excerpt: string;
  /** Where the words stand in the excerpt: from and to, in UTF-16 units, in order. */
  ranges: [start: number, end: number][];
}

/** `GET /api/search?q=&cursor=`: best first, and of equally good ones the newest; `nextCursor` is null on the last page. */
export interface SearchPage {
  hits: SearchHit[];
  nextCursor: string | null;
  /** False: not everything could be read in time, and older conversations are missing. Asked again, more is here. */
  complete: boolean;
}

/**
 * `GET /api/conversations/:id/messages?before=<id>&limit=`: what comes before a message in its branch, or with `through` in
 * place of `before`, the end of the branch that goes through one. Oldest first.
 */
export interface MessagePage {
  messages: Message[];
  forks: Fork[];
  /** Absent: the branch begins here. */
  earlier?: Earlier;
  /** Of the log, when this was read. */
  cursor: number;
}

/** `POST /api/conversations/:id/messages`. `id` is the idempotency key: a UUID made by the client. */
export interface SendMessage {
  id?: Id;
  text: string;
  /** The message it follows, an answer as a rule; null: it begins a branch of its own. Absent: the end of the branch that is shown. */
  parentId?: Id | null;
  model?: string;
  /** Where it is sent from, for the person's other devices to see. */
  device?: AskedFrom;
}

/** 202: the message is stored and its answer is under way, or queued. */
export interface MessageAccepted {
  message: Message;
  reply: { messageId: Id; generationId: Id };
  cursor: number;
}

/** `PATCH /api/conversations/:id/messages/:messageId` → 200 `Message`: other words for a message that waits, or for an answer. */
export interface EditMessage {
  /** Of an answer `ANSWER_CHARS_MAX` at most, of a person's message `MESSAGE_CHARS_MAX`. */
  text: string;
}

/** `POST /api/conversations/:id/fork` → 201 `Conversation`: a new one, with all that was said up to a message. */
export interface ForkAt {
  /** The idempotency key, and the id of the new conversation: a UUID made by the client. */
  id?: Id;
  messageId: Id;
}

/** `POST /api/conversations/:id/regenerate` → 202 `MessageAccepted`, where `message` is the new answer. */
export interface Regenerate {
  /** The idempotency key, and the id of the new answer: a UUID made by the client. */
  id?: Id;
  messageId: Id;
  model?: string;
  device?: AskedFrom;
}

/**
 * `POST /api/conversations/:id/continue` → 202 `MessageAccepted`: an answer that was cut off goes on in its own message.
 * `message` is that answer without its parts, which stay as they are.
 */
export interface Continue {
  /** The idempotency key: a UUID made by the client. */
  id?: Id;
  messageId: Id;
  device?: AskedFrom;
}

/** `PUT /api/conversations/:id/messages/:messageId/rating` → 200 `Message`; null takes the rating back. */
export interface Rate {
  rating: Rating | null;
  reason?: string;
}

/** `PUT /api/conversations/:id/summaries/:messageId` → 200 `Summary`: a person's own words for what was left out. */
export interface EditSummary {
  text: string;
}

/** `GET /api/conversations/:id/context?model=`: how full the window is before the next message. Absent: the conversation's model. */
export interface ContextUse {
  model: string;
  usedTokens: number;
  /** As the provider counted the last answer and what it was sent; otherwise they are estimated. */
  exact: boolean;
  /** Room for the prompt: the window less the reserve for the answer; null when the window is not known. */
  budgetTokens: number | null;
  windowTokens: number | null;
  /** Messages that will not be sent as they are, oldest first. */
  omitted: number;
  /** The summary that will stand for them. */
  summaryThroughId?: Id;
}

/** `GET /api/conversations/:id/prompts/:promptId`. */
export interface PromptText {
  text: string;
}

/** `GET /api/preferences`, and `PATCH` with some members → 200 `Preferences`. */
export type PatchPreferences = Partial<Preferences>;

/** Tokens and cost of one model on one day, failed attempts and summaries included. */
export interface ModelSpending {
  model: string;
  attempts: number;
  inputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  microUsd: number;
  /** Attempts whose price is not known. */
  unpriced: number;
}

/** `GET /api/usage?from=&to=`, days in UTC as `2026-11-25`, both included; absent: the last 30. */
export interface UsageReport {
  days: { day: string; models: ModelSpending[] }[];
}

/** `GET /api/generations/:id`. */
export interface GenerationView {
  id: Id;
  conversationId: Id;
  messageId: Id;
  state: "queued" | "running" | "complete" | "cancelled" | "failed";
  attempt: number;
  cancelRequested: boolean;
  timings?: Timings;
  usage?: Usage;
}

/** `GET /api/models`. */
export interface ModelList {
  models: Model[];
  defaultModel: string;
  /** Models that answer in this order when another cannot, unless a conversation names its own. */
  fallbacks: string[];
}

/** Something to try on the page of a new conversation. */
export interface Starter {
  text: string;
  /** What will come of it, in a few words. */
  promise?: string;
}

/** What a page hands to its islands. `snapshot` is null on the page of a new conversation. */
export interface PageState {
  /** Whose page it is: what a browser keeps of one person is not for another. */
  person: Id;
  snapshot: Snapshot | null;
  list: UserSnapshot;
  nextCursor: string | null;
  models: ModelList;
  preferences: Preferences;
  starters: readonly Starter[];
}

/** Messages that a page opens with: some screens of them. */
export const LAST_MESSAGES = 30;
/** Most messages of one page. */
export const PAGE_MESSAGES_MAX = 100;
/** Longest text of one message, in UTF-16 units. */
export const MESSAGE_CHARS_MAX = 32_000;
/** Longest name of a device, in UTF-16 units. */
export const DEVICE_NAME_CHARS_MAX = 60;
/** Longest text that an answer is changed to, in UTF-16 units: of any script it fits into a body. */
export const ANSWER_CHARS_MAX = 80_000;
/** Longest title, in UTF-16 units. */
export const TITLE_CHARS_MAX = 200;
/** Most conversations of one page of a list. */
export const LIST_MAX = 100;
/** Most conversations that are pinned: they come with every first page, and more on top are no top. */
export const PINNED_MAX = 50;
/** Most conversations of one bulk action. */
export const BULK_MAX = 100;
/** Longest query of a search, in UTF-16 units. */
export const QUERY_CHARS_MAX = 200;
/** Longest reason of a rating, in UTF-16 units. */
export const REASON_CHARS_MAX = 1_000;
/** Longest system prompt, in UTF-16 units. */
export const SYSTEM_PROMPT_CHARS_MAX = 16_000;
/** Largest request body. KV's own limit of a commit is 800 KiB; a body may appear in it twice. */
export const BODY_BYTES_MAX = 256 * 1024;
