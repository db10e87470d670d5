// The schema: every key there is, what it holds, who alone writes it, and how long it lives.
// This file alone takes value types from above, so that the whole schema is one page.
import type { Head, Segment } from "../bus/head.ts";
import type { Session } from "../auth/sessions.ts";
import type { ConversationRecord } from "../chat/conversations.ts";
import type { ForkClaim } from "../chat/forks.ts";
import type { MessageRecord } from "../chat/messages.ts";
import type { RemovedMessage } from "../chat/removals.ts";
import type { SummaryState } from "../chat/summaries.ts";
import type { Id } from "../core/ids.ts";
import type { SentRecord } from "../generate/asked.ts";
import type { Job } from "../jobs/job.ts";
import type { Undone } from "../jobs/side_job.ts";
import type { Preferences } from "../protocol/preferences.ts";
import type { LedgerEntry } from "../usage/ledger.ts";
import type { Breaker } from "../resilience/breaker.ts";
import type { Large } from "./parts.ts";
import type { Key } from "./store.ts";

/** `c:<conversation id>` or `u:<user id>`. */
export type TopicId = `c:${Id}` | `u:${Id}`;

export const conversationTopic = (id: Id): TopicId => `c:${id}`;
export const userTopic = (id: Id): TopicId => `u:${id}`;

const DAY_MS = 24 * 60 * 60 * 1000;

/** Segments go after a day: the finished message is stored apart, and an older cursor gets a snapshot. */
export const SEGMENT_TTL_MS = DAY_MS;
/** An idempotency record outlives any client that would retry. */
export const SENT_TTL_MS = 7 * DAY_MS;
/** A finished job is kept for whoever asks how it went. */
export const JOB_TTL_MS = 30 * DAY_MS;
/** This month's usage can be laid beside that of a year ago. */
export const LEDGER_TTL_MS = 400 * DAY_MS;
/** A session that is not used for so long is forgotten. */
export const SESSION_TTL_MS = 180 * DAY_MS;
/** A process that has not committed for so long is gone, or has nothing to say. */
export const PULSE_TTL_MS = 60 * 60 * 1000;
/** A provider that failed so long ago may be asked like any other. */
export const BREAKER_TTL_MS = 10 * 60 * 1000;
/** A message that was removed can be had back for so long. */
export const REMOVED_TTL_MS = DAY_MS;
/** A deleted conversation can be restored for so long. */
export const TRASH_TTL_MS = 30 * DAY_MS;

/** Head of one topic. Written by `bus/log.ts`. Lives as long as the topic. */
export const headKey = (topic: TopicId): Key<Head> => ["topic", topic, "head"];

/** Sealed entries from `firstSeq` on. Written by `bus/log.ts`. Lives `SEGMENT_TTL_MS`. */
export const segmentKey = (
  topic: TopicId,
  firstSeq: number,
): Key<Large<Segment>> => ["topic", topic, "log", firstSeq];
export const segmentPrefix = (topic: TopicId): Deno.KvKey => ["topic", topic, "log"];
/** Everything of a topic, for a purge. */
export const topicPrefix = (topic: TopicId): Deno.KvKey => ["topic", topic];

/** A conversation and its owner. Written by `chat/conversations.ts` and `generate/`. Lives until purged. */
export const conversationKey = (id: Id): Key<ConversationRecord> => ["conversation", id];

/** A user's conversations in order of their last change. Written with the conversation. */
export const recentKey = (
  userId: Id,
  updatedAt: number,
  id: Id,
): Key<true | "archived"> => ["recent", userId, updatedAt, id];
export const recentPrefix = (userId: Id): Deno.KvKey => ["recent", userId];

/** Of these the archived. Written with the conversation. */
export const archivedKey = (
  userId: Id,
  updatedAt: number,
  id: Id,
): Key<true> => ["archived", userId, updatedAt, id];
export const archivedPrefix = (userId: Id): Deno.KvKey => ["archived", userId];

/** Of those that are not archived the pinned. Written with the conversation. */
export const pinnedKey = (userId: Id, id: Id): Key<true> => ["pinned", userId, id];
export const pinnedPrefix = (userId: Id): Deno.KvKey => ["pinned", userId];

/**
 * Conversations to purge, by when they were deleted; 0: at once. Written by `chat/conversations.ts` and `chat/trash.ts`. Lives
 * until restored or purged.
 */
export const trashKey = (deletedAt: number, id: Id): Key<true> => ["trash", deletedAt, id];
export const trashPrefix = (): Deno.KvKey => ["trash"];

/** What a user has deleted, and when. Written with the row above. */
export const trashedKey = (
  userId: Id,
  deletedAt: number,
  id: Id,
): Key<true> => ["trashed", userId, deletedAt, id];
export const trashedPrefix = (userId: Id): Deno.KvKey => ["trashed", userId];

/** A message. Written by `generate/`: when accepted, when begun, when ended; and by `chat/`, when it is changed. Lives as long as its conversation, or until it is removed. */
export const messageKey = (
  conversationId: Id,
  id: Id,
): Key<Large<MessageRecord>> => ["message", conversationId, id];
/** Those of everybody. */
export const messagesPrefix = (): Deno.KvKey => ["message"];
export const messagePrefix = (conversationId: Id): Deno.KvKey => ["message", conversationId];

/** A message that was removed, to be had back. Written by `chat/removals.ts`. Lives `REMOVED_TTL_MS`. */
export const removedKey = (
  conversationId: Id,
  id: Id,
): Key<Large<RemovedMessage>> => ["removed", conversationId, id];
export const removedPrefix = (conversationId: Id): Deno.KvKey => ["removed", conversationId];

/**
 * What a conversation is, or was, made of: a part of another. Written by `chat/forks.ts` before there is anything of it.
 * Lives `SENT_TTL_MS`.
 */
export const forkKey = (conversationId: Id): Key<ForkClaim> => ["fork", conversationId, "claim"];
export const forkPrefix = (conversationId: Id): Deno.KvKey => ["fork", conversationId];

/** What the conversation says up to a message, in short. Written by `context/`. Lives as long as its conversation. */
export const summaryKey = (
  conversationId: Id,
  throughId: Id,
): Key<SummaryState> => ["summary", conversationId, throughId];
export const summaryPrefix = (conversationId: Id): Deno.KvKey => ["summary", conversationId];

/**
 * A title that is being made. Written by `jobs/side_job.ts` and `generate/titles.ts`. Lives until it is made or, when it was
 * not to be had, as long as its conversation.
 */
export const titleKey = (conversationId: Id): Key<Undone> => ["title", conversationId, "undone"];
export const titlePrefix = (conversationId: Id): Deno.KvKey => ["title", conversationId];

/** A job. Written by `generate/` through `jobs/`. Lives `JOB_TTL_MS` after its end. */
export const generationKey = (id: Id): Key<Job> => ["generation", id];

/** "Stop this job", and when that was asked. Written by `generate/cancel.ts`; removed by the commit that ends the job. */
export const cancelKey = (id: Id): Key<number> => ["generation", id, "cancel"];

/** Jobs that must not be forgotten. Written with the job; removed by the commit that ends it. */
export const runningKey = (id: Id): Key<true> => ["running", id];
export const runningPrefix = (): Deno.KvKey => ["running"];

/** What was answered to a send or a regeneration, by the message id that its client made. Written by `generate/`. Lives `SENT_TTL_MS`. */
export const sentKey = (
  conversationId: Id,
  messageId: Id,
): Key<SentRecord> => ["sent", conversationId, messageId];
export const sentPrefix = (conversationId: Id): Deno.KvKey => ["sent", conversationId];

/**
 * What one call of a provider used, by the day in UTC on which it ended. Written by `generate/`, with the commit that ends
 * the attempt. Lives `LEDGER_TTL_MS`, whatever becomes of the conversation.
 */
export const ledgerKey = (
  userId: Id,
  day: string,
  id: Id,
  epoch: number,
  index: number,
): Key<LedgerEntry> => ["ledger", userId, day, id, epoch, index];
/** One day of a user. */
export const ledgerPrefix = (userId: Id, day: string): Deno.KvKey => ["ledger", userId, day];

/** What a person wants in all conversations. Written by `chat/preferences.ts`. Lives for ever. */
export const preferencesKey = (userId: Id): Key<Large<Preferences>> => ["preferences", userId];

/**
 * What a person's system prompt said when an answer was asked for, by its SHA-256. Written by `chat/prompts.ts` before the
 * provider is asked. Lives as long as its conversation.
 */
export const promptKey = (
  conversationId: Id,
  promptId: string,
): Key<string> => ["prompt", conversationId, promptId];
export const promptPrefix = (conversationId: Id): Deno.KvKey => ["prompt", conversationId];

/** A session, by the SHA-256 of its token. Written by `auth/sessions.ts`. Lives `SESSION_TTL_MS` after its last renewal. */
export const sessionKey = (hash: string): Key<Session> => ["session", hash];

/** Commits that a process has made to a store whose watch does not cross processes. Written by `kv/pulse.ts` with each. Lives `PULSE_TTL_MS`. */
export const pulseKey = (processId: Id): Key<number> => ["pulse", processId];
export const pulsePrefix = (): Deno.KvKey => ["pulse"];

/** The circuit breaker of a model that failed lately. Written by `models/breakers.ts`. Lives `BREAKER_TTL_MS` after its last change. */
export const breakerKey = (model: string): Key<Breaker> => ["breaker", model];
export const breakerPrefix = (): Deno.KvKey => ["breaker"];

/** Read by `/readyz` to see whether KV answers. Never written. */
export const probeKey = (): Key<never> => ["probe"];

/**
 * All that a conversation owns beside its record and its rows in lists: what a purge removes. Whatever is stored under a
 * conversation's id stands under one of these (`tests/unit/kv/keys_test.ts`).
 */
export const ownedPrefixes = (id: Id): Deno.KvKey[] => [
  messagePrefix(id),
  removedPrefix(id),
  forkPrefix(id),
  summaryPrefix(id),
  promptPrefix(id),
  titlePrefix(id),
  sentPrefix(id),
  topicPrefix(conversationTopic(id)),
];
