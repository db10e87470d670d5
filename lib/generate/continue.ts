// Continue: an answer that was cut off goes on in its own message, under a job of its own.
//   A1  The id that a client gave its wish is the key: asked again, answered again (P7).
//   A2  What was asked once is recognised before anything else is looked at: its own job may be the one that runs.
//   A3  The text that stands is never taken back: the job keeps it, whoever takes it over and however it ends.
import { changeTopics, writeConversation } from "../chat/conversations.ts";
import { readMessage, readMessageAt, replaceMessage } from "../chat/messages.ts";
import { AppError } from "../core/errors.ts";
import type { Id } from "../core/ids.ts";
import { claimed, modelOf, type RunningJob } from "../jobs/job.ts";
import { conversationKey, generationKey, messageKey, runningKey, SENT_TTL_MS, sentKey } from "../kv/keys.ts";
import { set } from "../kv/store.ts";
import type { Provider } from "../models/provider.ts";
import type { Continue, MessageAccepted } from "../protocol/api.ts";
import type { Conversation } from "../protocol/conversation.ts";
import { isTerminal, type Message, textOf } from "../protocol/message.ts";
import { continueDigest, idTaken, sameAs } from "./asked.ts";
import { newJob } from "./begin.ts";
import { type Continuation, continuation } from "./continuation.ts";
import { unasked } from "./regenerate.ts";
import type { SendDeps } from "./send.ts";

export interface ContinueDeps extends Omit<SendDeps, "start" | "resolveModel"> {
  /** @throws AppError `unknown_model` */
  resolve: (model: string) => Promise<{ provider: Provider; model: string }>;
  start: (job: RunningJob, versionstamp: string | null, from: Continuation | null) => void;
}

/** What goes on, and how. */
interface Begun {
  job: RunningJob;
  from: Continuation | null;
}

/**
 * Has an answer go on. The message in what it returns has no parts: those that stand are large, and stay as they are.
 * @throws AppError `not_found`, `conflict`, `invalid`, `running`, `cannot_continue`, `unknown_model`, `busy`
 */
export async function continueAnswer(
  deps: ContinueDeps,
  userId: Id,
  conversationId: Id,
  wanted: Continue,
  requestId: string,
): Promise<MessageAccepted> {
  const { messageId } = wanted;
  const id = wanted.id ?? deps.newId();
  const generationId = deps.newId();
  const digest = continueDigest(wanted);
  const key = sentKey(conversationId, id);
  let outcome: { accepted: MessageAccepted; begun: Begun | null } | null = null;
  const appended = await deps.append(async () => {
    const [record, taken, { value: before, versionstamp }] = await Promise.all([
      deps.conversations.read(userId, conversationId),
      readMessage(deps.store, conversationId, id),
      readMessageAt(deps.store, conversationId, messageId),
    ]);
    // Last: the same request may land by another way meanwhile, and must not be refused for the traces it left.
    const sent = await deps.store.get(key);
    if (sent.value !== null) {
      outcome = { accepted: sameAs(sent.value, digest), begun: null };
      return null;
    }
    if (taken !== null) throw idTaken();
    if (before === null) throw new AppError("not_found", "There is no such answer in this conversation.");
    const { message } = before;
    if (message.role !== "assistant") throw new AppError("invalid", "Only an answer can go on.");
    if (record.conversation.running !== null || !isTerminal(message.status)) {
      throw new AppError("running", "An answer is being written here. Stop it, or wait for its end.");
    }
    const reason = whyNot(message, record.conversation);
    if (reason !== null) throw new AppError("cannot_continue", reason);
    const question = message.parentId === null
      ? null
      : await readMessage(deps.store, conversationId, message.parentId);
    if (question?.message.role !== "user") throw unasked();
    const now = deps.clock.now();
    const job = jobOf(message, record.conversation, { generationId, userId, requestId, now, wanted }, deps);
    const from = continuation(await deps.resolve(modelOf(job)), job, message.parts);
    const reply = goingOn(message, job);
    const conversation: Conversation = { ...record.conversation, running: job.id, updatedAt: now };
    const topics = changeTopics(userId, conversation, [{ type: "message", data: { message: reply } }]);
    return {
      topics,
      checks: [
        { key: conversationKey(conversationId), versionstamp: record.versionstamp },
        // A rating that comes meanwhile is not written over.
        { key: messageKey(conversationId, messageId), versionstamp },
        { key, versionstamp: null },
      ],
      writes: ([firstSeq = 0]) => {
        const cursor = firstSeq + topics[0].entries.length - 1;
        const accepted = { message: { ...reply, parts: [] }, reply: { messageId, generationId }, cursor };
        outcome = { accepted, begun: { job, from } };
        return [
          ...replaceMessage(before, { ...before, seq: firstSeq, message: reply }),
          ...writeConversation(record, { ...record, conversation }),
          set(generationKey(job.id), job),
          set(runningKey(job.id), true),
          set(key, { digest, accepted }, SENT_TTL_MS),
        ];
      },
    };
  });
  const { accepted, begun } = outcome as unknown as { accepted: MessageAccepted; begun: Begun | null };
  if (appended !== null && begun !== null) deps.start(begun.job, appended.versionstamp, begun.from);
  return accepted;
}

/** Why an answer that has ended does not go on; null when it does. */
function whyNot(message: Message, { activeLeaf }: Conversation): string | null {
  if (message.status === "complete" && message.stopReason !== "length") {
    return "This answer is finished. Send a message to hear more.";
  }
  if (message.error?.code === "answer_too_long") {
    return "This answer is as long as one can be. Send a message that asks for the rest.";
  }
  if (textOf(message).trim() === "") return "Nothing of this answer was written. Regenerate it.";
  if (message.id !== activeLeaf) {
    return "Only the last answer of the branch that is shown can go on. Regenerate this one, or continue the last.";
  }
  return null;
}

/** The job that goes on with `message`, by the model that wrote it. */
function jobOf(
  message: Message,
  conversation: Conversation,
  { generationId, userId, requestId, now, wanted }: {
    generationId: Id;
    userId: Id;
    requestId: string;
    now: number;
    wanted: Continue;
  },
  { owner }: Pick<ContinueDeps, "owner">,
): RunningJob {
  const wrote = message.model ?? conversation.model;
  const queued = newJob({
    id: generationId,
    conversationId: conversation.id,
    userId,
    messageId: message.id,
    model: message.fallback?.from ?? wrote,
    requestId,
    createdAt: now,
    ...(wanted.device === undefined ? {} : { askedFrom: wanted.device }),
    keeps: true,
  });
  const job = claimed(
    { ...queued, attempt: (message.attempt ?? 1) + 1 },
    owner.processId,
    owner.leaseMs,
    now,
  );
  return wrote === job.model ? job : { ...job, using: wrote };
}

/** The answer as it goes on: nothing is known yet of how it ends. */
function goingOn(
  { error: _, stopReason: __, timings: ___, usage: ____, askedFrom: _____, ...message }: Message,
  job: RunningJob,
): Message {
  return {
    ...message,
    status: "streaming",
    model: modelOf(job),
    generationId: job.id,
    attempt: job.attempt,
    ...(job.askedFrom === undefined ? {} : { askedFrom: job.askedFrom }),
  };
}
