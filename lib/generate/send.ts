// SendMessage: one commit that stores the message, begins or queues its answer, and remembers that it was asked (P7).
//   A1  The id that a client gave its message is the key: the same again gets the same answer, other content a 409.
//   A2  What was asked once is recognised before any limit is looked at.
import {
  changeTopics,
  type Conversations,
  type OwnedRecord,
  withRoomFor,
  writeConversation,
} from "../chat/conversations.ts";
import { readMessage, writeMessage } from "../chat/messages.ts";
import { AppError } from "../core/errors.ts";
import type { Id, NewId } from "../core/ids.ts";
import type { Clock } from "../core/time.ts";
import type { QueuedJob, RunningJob } from "../jobs/job.ts";
import { conversationKey, generationKey, SENT_TTL_MS, sentKey } from "../kv/keys.ts";
import type { Append, Plan } from "../kv/plan.ts";
import { set, type Store } from "../kv/store.ts";
import type { MessageAccepted, SendMessage } from "../protocol/api.ts";
import type { Conversation, Queued } from "../protocol/conversation.ts";
import type { Message } from "../protocol/message.ts";
import { begin, newJob, type Owner } from "./begin.ts";

/** `["sent", conversation, message]`: what was asked, as a digest, and what was answered. */
export interface SentRecord {
  digest: string;
  accepted: MessageAccepted;
}

/** Messages that may wait in one conversation. A person types no more; a loop would. */
export const QUEUE_MAX = 20;

/** First words of a message that name a conversation. */
const TITLE_CHARS = 60;

export interface SendDeps {
  store: Store;
  append: Append;
  clock: Clock;
  newId: NewId;
  owner: Owner;
  conversations: Pick<Conversations, "read">;
  /** The id of a model that can be used now. @throws AppError `unknown_model` */
  resolveModel: (id: string) => Promise<string>;
  /** Runs a job that a commit has begun under this process's lease. */
  start: (job: RunningJob, versionstamp: string | null) => void;
}

/**
 * Accepts a message. When an answer is being written the message waits in the queue.
 * @throws AppError `not_found`, `conflict`, `invalid`, `unknown_model`, `limited`, `busy`
 */
export async function send(
  deps: SendDeps,
  userId: Id,
  conversationId: Id,
  sending: SendMessage,
  requestId: string,
): Promise<MessageAccepted> {
  const messageId = sending.id ?? deps.newId();
  const digest = await digestOf(sending);
  const key = sentKey(conversationId, messageId);
  const ids = { replyId: deps.newId(), generationId: deps.newId() };
  let outcome: { accepted: MessageAccepted; begun: RunningJob | null } | null = null;

  const appended = await deps.append(async () => {
    const [record, sent, taken] = await Promise.all([
      deps.conversations.read(userId, conversationId),
      deps.store.get(key),
      sending.id === undefined ? null : readMessage(deps.store, conversationId, sending.id),
    ]);
    if (sent.value !== null) {
      outcome = { accepted: sameAs(sent.value, digest), begun: null };
      return null;
    }
    // An answer's id, or one whose record of sending has expired: a new message there would replace the old one.
    if (taken !== null) throw conflict();
    const roomy = withRoomFor(record, 2);
    const model = await deps.resolveModel(sending.model ?? record.conversation.model);
    const parentId = await parentOf(deps, record, sending.parentId);
    const now = deps.clock.now();
    const message: Message = {
      id: messageId,
      conversationId,
      parentId,
      role: "user",
      status: record.conversation.running === null ? "complete" : "queued",
      parts: [{ type: "text", text: sending.text }],
      generationId: ids.generationId,
      createdAt: now,
    };
    const reply = { messageId: ids.replyId, generationId: ids.generationId };
    const job = newJob({
      id: ids.generationId,
      conversationId,
      userId,
      messageId: ids.replyId,
      model,
      requestId,
      createdAt: now,
    });
    const conversation = named(record.conversation, sending.text);
    let plan: Required<Pick<Plan, "topics" | "writes">>;
    let begun: RunningJob | null = null;
    if (conversation.running === null) {
      const beginning = begin({ job, conversation, parentId: messageId, owner: deps.owner, now });
      begun = beginning.job;
      plan = beginning.plan(roomy, { message, order: null });
    } else {
      const chosen = parentId === conversation.activeLeaf ? {} : { parentId };
      plan = enqueue({ ...roomy, conversation }, message, job, chosen, now);
    }
    const entries = plan.topics[0]?.entries.length ?? 0;
    return {
      topics: plan.topics,
      checks: [
        { key: conversationKey(conversationId), versionstamp: record.versionstamp },
        { key, versionstamp: null },
      ],
      writes: (firstSeqs) => {
        const accepted = { message, reply, cursor: (firstSeqs[0] ?? 0) + entries - 1 };
        outcome = { accepted, begun };
        return [...plan.writes(firstSeqs), set(key, { digest, accepted }, SENT_TTL_MS)];
      },
    };
  });
  const { accepted, begun } = outcome as unknown as { accepted: MessageAccepted; begun: RunningJob | null };
  if (appended !== null && begun !== null) deps.start(begun, appended.versionstamp);
  return accepted;
}

/** The message at the end of the queue, in every tab that looks (DESIGN 4). */
function enqueue(
  record: OwnedRecord,
  message: Message,
  job: QueuedJob,
  chosen: Pick<Queued, "parentId">,
  now: number,
): Required<Pick<Plan, "topics" | "writes">> {
  const { conversation } = record;
  if (conversation.queue.length >= QUEUE_MAX) {
    throw new AppError(
      "limited",
      `${QUEUE_MAX} messages are waiting already. Wait for an answer, or remove one.`,
    );
  }
  const { id: generationId, messageId: replyId, model } = job;
  const queued: Queued = { messageId: message.id, replyId, generationId, model, ...chosen };
  const after: Conversation = { ...conversation, queue: [...conversation.queue, queued], updatedAt: now };
  return {
    topics: changeTopics(record.userId, after, [{ type: "message", data: { message } }]),
    writes: ([seq = 0]) => [
      ...writeMessage({ message, seq, order: seq }),
      ...writeConversation(record, { ...record, conversation: after }),
      set(generationKey(job.id), job),
    ],
  };
}

async function parentOf(
  deps: SendDeps,
  record: OwnedRecord,
  wanted: Id | null | undefined,
): Promise<Id | null> {
  const { id, activeLeaf } = record.conversation;
  if (wanted === undefined || wanted === activeLeaf) return activeLeaf;
  if (wanted === null) return null;
  const parent = await readMessage(deps.store, id, wanted);
  if (parent === null || parent.message.role !== "assistant") {
    throw new AppError("invalid", "`parentId` must be an answer of this conversation.");
  }
  return wanted;
}

function sameAs(sent: SentRecord, digest: string): MessageAccepted {
  if (sent.digest === digest) return sent.accepted;
  throw conflict();
}

function conflict(): AppError {
  return new AppError(
    "conflict",
    "This message id was used for another message. Make a new id for new content.",
  );
}

/** The conversation under its first message's first words, unless somebody named it. */
function named(conversation: Conversation, text: string): Conversation {
  if (conversation.titledBy !== "nobody" || conversation.title !== "") return conversation;
  const words = text.replace(/\s+/g, " ").trim();
  const characters = [...words.slice(0, 4 * TITLE_CHARS)];
  const title = characters.length <= TITLE_CHARS
    ? words.slice(0, 4 * TITLE_CHARS)
    : `${characters.slice(0, TITLE_CHARS).join("").replace(/\s\S*$/, "")}…`;
  return { ...conversation, title };
}

/** SHA-256 of what a send asks for, in hex. Its id is not part of it. */
async function digestOf({ text, parentId, model }: SendMessage): Promise<string> {
  const content = JSON.stringify([text, parentId === undefined ? "leaf" : parentId, model ?? "default"]);
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(content)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
