// SendMessage: one commit that stores the message, begins or queues its answer, and remembers that it was asked (P7).
//   A1  The id that a client gave its message is the key: the same again gets the same answer, other content a 409.
//   A2  What was asked once is recognised before any limit is looked at.
//   A3  Nothing overtakes the queue: in a conversation that is idle although messages wait, such as one that came back
//       from the trash, a message goes behind them and its commit begins the first.
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
import { type Check, set, type Store, type Write } from "../kv/store.ts";
import type { MessageAccepted, SendMessage } from "../protocol/api.ts";
import { inALine, parted } from "../protocol/attached.ts";
import type { LogEntry } from "../protocol/event.ts";
import type { Conversation } from "../protocol/conversation.ts";
import { type Message, wasSaid } from "../protocol/message.ts";
import { idTaken, sameAs, sendDigest } from "./asked.ts";
import { begin, type Beginning, newJob, type Owner, type Prompt } from "./begin.ts";
import { nextInLine } from "./end.ts";

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
  const digest = sendDigest(sending);
  const key = sentKey(conversationId, messageId);
  const ids = { replyId: deps.newId(), generationId: deps.newId() };
  let outcome: { accepted: MessageAccepted; begun: RunningJob | null } | null = null;

  const appended = await deps.append(async () => {
    const [record, taken] = await Promise.all([
      deps.conversations.read(userId, conversationId),
      sending.id === undefined ? null : readMessage(deps.store, conversationId, sending.id),
    ]);
    // Last: the same send may land by another way meanwhile, and must not be refused for the traces it left.
    const sent = await deps.store.get(key);
    if (sent.value !== null) {
      outcome = { accepted: sameAs(sent.value, digest), begun: null };
      return null;
    }
    // An answer's id, or one whose record of sending has expired: a new message there would replace the old one.
    if (taken !== null) throw idTaken();
    const roomy = withRoomFor(record, 2);
    const model = await deps.resolveModel(sending.model ?? record.conversation.model);
    const parentId = await parentOf(deps, record, sending.parentId);
    const now = deps.clock.now();
    const job = newJob({
      id: ids.generationId,
      conversationId,
      userId,
      messageId: ids.replyId,
      model,
      requestId,
      createdAt: now,
      ...(sending.device === undefined ? {} : { askedFrom: sending.device }),
    });
    const reply = { messageId: ids.replyId, generationId: ids.generationId };
    const chosen = parentId === record.conversation.activeLeaf ? {} : { parentId };
    const conversation = named(record.conversation, sending.text);
    const behind = {
      ...conversation,
      queue: [...conversation.queue, { messageId, ...ids, model, ...chosen }],
    };
    // Its own job is not stored yet: only one that waited before can be the next (A3).
    const next = conversation.running === null ? await nextInLine(deps, behind, now) : null;
    const begins = conversation.running === null && next === null;
    const message: Message = {
      id: messageId,
      conversationId,
      parentId,
      role: "user",
      status: begins ? "complete" : "queued",
      parts: [{ type: "text", text: sending.text }],
      generationId: ids.generationId,
      createdAt: now,
    };
    let plan: Required<Omit<Plan, "fence">>;
    let begun: RunningJob | null = null;
    if (begins) {
      // What stands in the queue without a job to run can never have its turn; it is left behind.
      const alone = { ...conversation, queue: [] };
      const beginning = begin({ job, conversation: alone, parentId: messageId, owner: deps.owner, now });
      begun = beginning.job;
      plan = { ...beginning.plan(roomy, { message, order: null }), checks: [] };
    } else {
      begun = next?.beginning.job ?? null;
      plan = enqueue(roomy, behind, message, job, next, now);
    }
    const entries = plan.topics[0]?.entries.length ?? 0;
    return {
      topics: plan.topics,
      checks: [
        ...plan.checks,
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

/** The message at the end of the queue, in every tab that looks (DESIGN 4); and the next in line, when there is one. */
function enqueue(
  record: OwnedRecord,
  behind: Conversation,
  message: Message,
  job: QueuedJob,
  next: { beginning: Beginning; prompt: Prompt; check: Check } | null,
  now: number,
): Required<Omit<Plan, "fence">> {
  const after: Conversation = next?.beginning.conversation ?? { ...behind, updatedAt: now };
  if (after.queue.length > QUEUE_MAX) {
    throw new AppError(
      "limited",
      `${QUEUE_MAX} messages are waiting already. Wait for an answer, or remove one.`,
    );
  }
  const entry: LogEntry = { type: "message", data: { message } };
  const waits = (seq: number): Write[] => [
    ...writeMessage({ message, seq, order: seq }),
    set(generationKey(job.id), job),
  ];
  if (next === null) {
    return {
      topics: changeTopics(record.userId, after, [entry]),
      checks: [],
      writes: ([seq = 0]) => [
        ...waits(seq),
        ...writeConversation(record, { ...record, conversation: after }),
      ],
    };
  }
  const plan = next.beginning.plan(record, next.prompt);
  const [ownTopic, listTopic] = plan.topics;
  return {
    topics: [{ ...ownTopic, entries: [entry, ...ownTopic.entries] }, listTopic],
    checks: [next.check],
    writes: ([seq = 0]) => [...waits(seq), ...plan.writes([seq + 1])],
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
  // Of a message whose answer was removed, the next may follow itself.
  if (parent === null || !wasSaid(parent.message)) {
    throw new AppError("invalid", "`parentId` must be a message of this conversation that was said.");
  }
  return wanted;
}

/** The conversation under its first message's first words, or what its files are called, unless somebody named it. */
function named(conversation: Conversation, text: string): Conversation {
  if (conversation.titledBy !== "nobody" || conversation.title !== "") return conversation;
  const { text: own } = parted(text);
  const words = (own.trim() === "" ? inALine(text) : own).replace(/\s+/g, " ").trim();
  const characters = [...words.slice(0, 4 * TITLE_CHARS)];
  const title = characters.length <= TITLE_CHARS
    ? words.slice(0, 4 * TITLE_CHARS)
    : `${characters.slice(0, TITLE_CHARS).join("").replace(/\s\S*$/, "")}…`;
  return { ...conversation, title };
}
