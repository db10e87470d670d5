// An answer's beginning: what stands in the store and in the log from the moment a job runs.
import { changeTopics, type ConversationRecord, writeConversation } from "../chat/conversations.ts";
import { writeMessage } from "../chat/messages.ts";
import type { Id } from "../core/ids.ts";
import { claimed, type QueuedJob, type RunningJob } from "../jobs/job.ts";
import { generationKey, runningKey } from "../kv/keys.ts";
import type { Plan } from "../kv/plan.ts";
import { set, type Write } from "../kv/store.ts";
import type { Conversation } from "../protocol/conversation.ts";
import type { Message } from "../protocol/message.ts";

/** Who runs jobs: this process, and for how long a lease lasts. */
export interface Owner {
  processId: Id;
  leaseMs: number;
}

/** A job that waits for its turn, or begins with the commit that makes it. */
export function newJob(options: Omit<QueuedJob, "state" | "attempt" | "epoch" | "handedBack">): QueuedJob {
  return { ...options, state: "queued", attempt: 1, epoch: 0, handedBack: 0 };
}

export interface Beginning {
  job: RunningJob;
  /** The answer, empty and streaming. */
  reply: Message;
  conversation: Conversation;
  /** Topics and writes to put into the commit; `prompt` is the message being answered, when it changes too. */
  plan: (before: ConversationRecord, prompt: Prompt | null) => {
    topics: ReturnType<typeof changeTopics>;
    writes: NonNullable<Plan["writes"]>;
  };
}

/** A message that changes as its answer begins. `order` is null for a new one. */
export interface Prompt {
  message: Message;
  order: number | null;
}

/** The answer of `job` to the message `parentId`, as the newest of its conversation. */
export function begin(options: {
  job: QueuedJob;
  conversation: Conversation;
  parentId: Id | null;
  owner: Owner;
  now: number;
}): Beginning {
  const { parentId, owner, now } = options;
  const job = claimed(options.job, owner.processId, owner.leaseMs, now);
  const reply: Message = {
    id: job.messageId,
    conversationId: job.conversationId,
    parentId,
    role: "assistant",
    status: "streaming",
    parts: [],
    model: job.model,
    generationId: job.id,
    attempt: job.attempt,
    ...(job.askedFrom === undefined ? {} : { askedFrom: job.askedFrom }),
    createdAt: now,
  };
  const conversation = { ...options.conversation, running: job.id, activeLeaf: reply.id, updatedAt: now };
  const plan: Beginning["plan"] = (before, prompt) => {
    const messages = prompt === null ? [reply] : [prompt.message, reply];
    const order = prompt?.order ?? null;
    return {
      topics: changeTopics(
        job.userId,
        conversation,
        messages.map((message) => ({ type: "message" as const, data: { message } })),
      ),
      writes: ([firstSeq = 0]): Write[] => [
        ...messages.flatMap((message, i) => {
          const seq = firstSeq + i;
          return writeMessage({ message, seq, order: message === prompt?.message ? order ?? seq : seq });
        }),
        ...writeConversation(before, { ...before, conversation }),
        set(generationKey(job.id), job),
        set(runningKey(job.id), true),
      ],
    };
  };
  return { job, reply, conversation, plan };
}
