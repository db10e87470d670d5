// The queue: messages that wait for the answer before them, changed before their turn comes.
//   Q1  Each change is one checked commit that writes the conversation's record, as the commit that begins a message
//       does. Of two that race one comes first, and everyone sees the same one first.
//   Q2  A change says what shall be. Asked again, what is so already is answered and not done again, so that it may be
//       repeated after a lost answer without a record of having been asked (P7).
import {
  changeTopics,
  type Conversations,
  type OwnedRecord,
  writeConversation,
} from "../chat/conversations.ts";
import { type MessageRecord, readMessage, replaceMessage, writeMessage } from "../chat/messages.ts";
import { AppError } from "../core/errors.ts";
import { type Id, isId } from "../core/ids.ts";
import type { Clock } from "../core/time.ts";
import { ended, type Job, type RunningJob } from "../jobs/job.ts";
import { cancelKey, conversationKey, generationKey, JOB_TTL_MS } from "../kv/keys.ts";
import type { Append, Plan } from "../kv/plan.ts";
import { type Check, set, type Store, type Versioned } from "../kv/store.ts";
import { MESSAGE_CHARS_MAX } from "../protocol/api.ts";
import type { Conversation, Queued } from "../protocol/conversation.ts";
import { type Message, textOf } from "../protocol/message.ts";
import type { Owner } from "./begin.ts";
import { nextInLine } from "./end.ts";

export interface QueueDeps {
  store: Store;
  append: Append;
  clock: Clock;
  owner: Owner;
  conversations: Pick<Conversations, "read">;
  /** Runs a job that a commit has begun under this process's lease. */
  start: (job: RunningJob, versionstamp: string | null) => void;
  /** Asks for a sweep: the owner of a job that should stop may be dead. */
  nudge: () => void;
}

/**
 * Gives a message that waits other words. Of two people's edits the later one stays.
 * @throws AppError `not_found`, `invalid`, `not_queued`, `busy`
 */
export async function editQueued(
  deps: QueueDeps,
  userId: Id,
  conversationId: Id,
  messageId: Id,
  text: string,
): Promise<Message> {
  if (text.length > MESSAGE_CHARS_MAX) {
    throw new AppError("invalid", `A message may have ${MESSAGE_CHARS_MAX} characters at most.`);
  }
  const { result } = await change<Message>(deps.append, async () => {
    const { record, stored, queued } = await find(deps, userId, conversationId, messageId);
    const { message } = stored;
    // A message that was begun with these words is what was asked for, too (Q2).
    if (message.status !== "cancelled" && textOf(message) === text) return { result: message, plan: null };
    if (queued === null) throw notQueued(message);
    const edited: Message = { ...message, parts: [{ type: "text", text }] };
    // The record changes with the words: a commit that is about to begin the old ones fails its check (Q1).
    const conversation = { ...record.conversation, updatedAt: deps.clock.now() };
    const plan: Plan = {
      topics: changeTopics(userId, conversation, [{ type: "message", data: { message: edited } }]),
      checks: [asRead(record)],
      writes: ([seq = 0]) => [
        ...replaceMessage(stored, { ...stored, message: edited, seq }),
        ...writeConversation(record, { ...record, conversation }),
      ],
    };
    return { result: edited, plan };
  });
  return result;
}

/**
 * Takes a message out of the queue. It stays in the conversation as cancelled, and is never said.
 * @throws AppError `not_found`, `not_queued`, `busy`
 */
export async function removeQueued(
  deps: QueueDeps,
  userId: Id,
  conversationId: Id,
  messageId: Id,
): Promise<void> {
  await deps.append(async () => {
    const { record, stored, queued } = await find(deps, userId, conversationId, messageId);
    if (stored.message.status === "cancelled") return null;
    if (queued === null) throw notQueued(stored.message);
    const job = await deps.store.get(generationKey(queued.generationId));
    return withdrawal(record, queued.generationId, stored, job, deps.clock.now());
  });
}

/**
 * Lets a message go before all others: the answer that is being written is told to stop, and the commit that ends it
 * begins this one. In an idle conversation it begins at once.
 * @returns the job that answers it.
 * @throws AppError `not_found`, `not_queued`, `busy`
 */
export async function sendNow(
  deps: QueueDeps,
  userId: Id,
  conversationId: Id,
  messageId: Id,
): Promise<Id> {
  const { result, versionstamp } = await change<{ id: Id; begun: RunningJob | null }>(
    deps.append,
    async () => {
      const { record, stored, queued } = await find(deps, userId, conversationId, messageId);
      const { status, generationId } = stored.message;
      if (queued === null) {
        // Its turn has come: nothing is stopped for it, least of all its own answer (Q2).
        if (status === "complete" && generationId !== undefined) {
          return { result: { id: generationId, begun: null }, plan: null };
        }
        throw notQueued(stored.message);
      }
      const id = queued.generationId;
      const now = deps.clock.now();
      const { running, queue } = record.conversation;
      const conversation: Conversation = {
        ...record.conversation,
        queue: [queued, ...queue.filter((other) => other !== queued)],
        updatedAt: now,
      };
      if (running === null) {
        const next = await nextInLine(deps, conversation, now);
        if (next === null) throw notQueued(stored.message);
        const { beginning, prompt, check } = next;
        const plan = { ...beginning.plan(record, prompt), checks: [asRead(record), check] };
        return { result: { id, begun: beginning.job }, plan };
      }
      const flag = await deps.store.get(cancelKey(running));
      const result = { id, begun: null };
      if (queue[0] === queued && flag.value !== null) return { result, plan: null };
      const plan: Plan = {
        topics: changeTopics(userId, conversation),
        // What runs cannot end without changing this record: the flag never outlives the job it is for.
        checks: [asRead(record)],
        writes: () => [
          ...writeConversation(record, { ...record, conversation }),
          set(cancelKey(running), flag.value ?? now),
        ],
      };
      return { result, plan };
    },
  );
  if (result.begun !== null && (versionstamp !== null || await isOurs(deps, result.begun))) {
    deps.start(result.begun, versionstamp);
  }
  deps.nudge();
  return result.id;
}

/** The commit that takes the message of a waiting job out of the queue, and ends the job. */
export function withdrawal(
  record: OwnedRecord,
  generationId: Id,
  stored: MessageRecord | null,
  { value: job, versionstamp }: Versioned<Job>,
  now: number,
): Plan {
  const conversation: Conversation = {
    ...record.conversation,
    queue: record.conversation.queue.filter((queued) => queued.generationId !== generationId),
    updatedAt: now,
  };
  const message: Message | null = stored && { ...stored.message, status: "cancelled" };
  return {
    topics: changeTopics(
      record.userId,
      conversation,
      message === null ? [] : [{ type: "message", data: { message } }],
    ),
    checks: [asRead(record), { key: generationKey(generationId), versionstamp }],
    writes: ([seq = 0]) => [
      ...(stored === null || message === null ? [] : writeMessage({ ...stored, message, seq })),
      ...writeConversation(record, { ...record, conversation }),
      ...(job?.state === "queued"
        ? [set(generationKey(generationId), ended(job, "cancelled", now), JOB_TTL_MS)]
        : []),
    ],
  };
}

/** Whether a beginning that was found in the log afterwards is ours: another process may have written the same words. */
async function isOurs({ store, owner }: QueueDeps, begun: RunningJob): Promise<boolean> {
  const { value: job } = await store.get(generationKey(begun.id));
  return job?.state === "running" && job.owner === owner.processId;
}

/** A person's message, and its place in the queue while it has one. */
async function find(
  { store, conversations }: QueueDeps,
  userId: Id,
  conversationId: Id,
  messageId: Id,
): Promise<{ record: OwnedRecord; stored: MessageRecord; queued: Queued | null }> {
  const record = await conversations.read(userId, conversationId);
  const stored = isId(messageId) ? await readMessage(store, conversationId, messageId) : null;
  if (stored === null || stored.message.role !== "user") {
    throw new AppError("not_found", "There is no such message in this conversation.");
  }
  const queued = record.conversation.queue.find((one) => one.messageId === messageId) ?? null;
  return { record, stored, queued: stored.message.status === "queued" ? queued : null };
}

/** Appends the plan of the last try, and gives what that try came to. */
async function change<T>(
  append: Append,
  next: () => Promise<{ result: T; plan: Plan | null }>,
): Promise<{ result: T; versionstamp: string | null }> {
  const results: T[] = [];
  const appended = await append(async () => {
    const { result, plan } = await next();
    results[0] = result;
    return plan;
  });
  return { result: results[0]!, versionstamp: appended?.versionstamp ?? null };
}

function asRead({ conversation, versionstamp }: OwnedRecord): Check {
  return { key: conversationKey(conversation.id), versionstamp };
}

function notQueued({ status }: Message): AppError {
  return new AppError(
    "not_queued",
    status === "cancelled"
      ? "This message was taken out of the queue. Send it again to have it answered."
      : "This message does not wait any more: its answer has begun.",
  );
}
