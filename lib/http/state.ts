// What a request carries, and what the routes may call.
import type { Follower } from "../bus/follow.ts";
import type { Conversations } from "../chat/conversations.ts";
import type { Trash } from "../chat/trash.ts";
import type { Id } from "../core/ids.ts";
import type { Sessions } from "../auth/sessions.ts";
import type { TopicId } from "../kv/keys.ts";
import type { OpenBreaker } from "../models/breakers.ts";
import type { Models } from "../models/registry.ts";
import type { Health } from "../observe/health.ts";
import type { Logger } from "../observe/log.ts";
import type { Metrics } from "../observe/metrics.ts";
import type {
  Bulk,
  BulkResult,
  ContextUse,
  Continue,
  ForkAt,
  GenerationView,
  MessageAccepted,
  MessagePage,
  PageState,
  PatchPreferences,
  PromptText,
  Rate,
  Regenerate,
  RemovedAll,
  SearchPage,
  SendMessage,
  UsageReport,
} from "../protocol/api.ts";
import type { Conversation } from "../protocol/conversation.ts";
import type { DeviceSettings } from "../protocol/device.ts";
import type { Snapshot } from "../protocol/event.ts";
import type { Message } from "../protocol/message.ts";
import type { Preferences } from "../protocol/preferences.ts";
import type { Summary } from "../protocol/summary.ts";
import type { Where } from "./query.ts";
import type { Streams } from "./streams.ts";
import type { Timing } from "./timing.ts";

/** A snapshot as the stream sends it. */
export interface EncodedSnapshot {
  type: "snapshot" | "user_snapshot";
  json: string;
}

/** What the program can do, as functions that check whose it is (P10). Made by `app.ts`. */
export interface Services {
  conversations: Conversations;
  trash: Trash;
  sessions: Sessions;
  models: Models;
  streams: Streams;
  logger: Logger;
  metrics: Metrics;
  /** With the `last` messages of the branch that is shown; absent: with all of all branches. */
  snapshot(userId: Id, conversationId: Id, last?: number): Promise<Snapshot>;
  /** A page of one branch. @throws AppError `not_found` */
  messages(userId: Id, conversationId: Id, where: Where, limit: number): Promise<MessagePage>;
  /** Takes over what a dead process has left in a conversation that somebody looks at. */
  attend(conversation: Conversation): void;
  /** Follows topics of a user, whose ownership the caller has checked; a snapshot checks it again. */
  follow(
    userId: Id,
    from: ReadonlyMap<TopicId, number | null>,
    wake: () => void,
    last?: number,
  ): Follower<EncodedSnapshot>;
  send(userId: Id, conversationId: Id, sending: SendMessage, requestId: string): Promise<MessageAccepted>;
  regenerate(userId: Id, conversationId: Id, wanted: Regenerate, requestId: string): Promise<MessageAccepted>;
  /** An answer that was cut off goes on in its own message. */
  continueAnswer(
    userId: Id,
    conversationId: Id,
    wanted: Continue,
    requestId: string,
  ): Promise<MessageAccepted>;
  /** Other words for a message that waits, or for an answer. */
  editMessage(userId: Id, conversationId: Id, messageId: Id, text: string): Promise<Message>;
  removeQueued(userId: Id, conversationId: Id, messageId: Id): Promise<void>;
  sendNow(userId: Id, conversationId: Id, messageId: Id): Promise<Id>;
  /** A message that was said goes, and what followed it follows its parent; and back. */
  removeMessage(userId: Id, conversationId: Id, messageId: Id): Promise<void>;
  restoreMessage(userId: Id, conversationId: Id, messageId: Id): Promise<Message>;
  /** All messages of a conversation go. */
  clear(userId: Id, conversationId: Id): Promise<void>;
  /** A conversation of its own, with all that was said up to a message. */
  fork(userId: Id, conversationId: Id, wanted: ForkAt): Promise<Conversation>;
  editSummary(userId: Id, conversationId: Id, throughId: Id, text: string): Promise<Summary>;
  /** How full the window of a model is before the next message; absent: the conversation's model. */
  contextUse(userId: Id, conversationId: Id, model?: string): Promise<ContextUse>;
  /** One action on many conversations, each by itself. */
  bulk(userId: Id, wanted: Bulk): Promise<BulkResult[]>;
  /** Some of a person's conversations into the trash; asked again, the rest. */
  removeAll(userId: Id): Promise<RemovedAll>;
  /** All that a person has, as the pieces of one JSON document. */
  exported(userId: Id): AsyncGenerator<string>;
  /** Messages that say all words of `q`. @throws AppError `invalid`, `limited` */
  search(userId: Id, q: string, cursor?: string): Promise<SearchPage>;
  cancel(userId: Id, generationId: Id): Promise<void>;
  generation(userId: Id, generationId: Id): Promise<GenerationView>;
  rate(userId: Id, conversationId: Id, messageId: Id, wanted: Rate): Promise<Message>;
  /** What a person had asked for when an answer was asked for. */
  prompt(userId: Id, conversationId: Id, promptId: string): Promise<PromptText>;
  preferences(userId: Id): Promise<Preferences>;
  patchPreferences(userId: Id, wanted: PatchPreferences): Promise<Preferences>;
  /** Days in UTC, as a query has them. @throws AppError `invalid` */
  usage(userId: Id, wanted: { from?: string; to?: string }): Promise<UsageReport>;
  page(userId: Id, conversationId: Id | null, last?: number): Promise<PageState>;
  health(): Promise<Health<OpenBreaker>>;
  /** Resolves when KV answers and this process takes work. @throws AppError `busy`, `draining` */
  ready(): Promise<void>;
}

/** How a request showed who it is. */
export interface Identity {
  userId: Id;
  token: string;
  by: "cookie" | "bearer";
}

export interface State {
  services: Services;
  requestId: string;
  timing: Timing;
  identity: Identity | null;
  /** How this browser wants its pages. */
  device: DeviceSettings;
  /** Cookies to set with the response. */
  cookies: string[];
}
