// A text that begins anew: what the store and everyone who follows are told. Never a silent seam.
import { readMessage, writeMessage } from "../chat/messages.ts";
import type { RunningJob } from "../jobs/job.ts";
import { conversationTopic, generationKey } from "../kv/keys.ts";
import type { Plan } from "../kv/plan.ts";
import { type Check, set, type Store, type Write } from "../kv/store.ts";
import type { LogEntry, RestartReason } from "../protocol/event.ts";
import { begunAnew, type Message } from "../protocol/message.ts";
import type { Continuation } from "./continuation.ts";

/**
 * The commit that begins the next attempt of `claim`; `check` says that the job may still be claimed. `entered`: what the
 * attempt that is void used, in the ledger.
 */
export async function restartPlan(
  store: Store,
  claim: RunningJob,
  check: Check,
  reason: RestartReason,
  entered: readonly Write[] = [],
): Promise<Plan> {
  const { id, conversationId, messageId, attempt } = claim;
  const reply = await readMessage(store, conversationId, messageId);
  return {
    topics: [{
      topic: conversationTopic(conversationId),
      entries: [{ type: "restart", data: { messageId, attempt, reason } }],
    }],
    checks: [check],
    writes: ([seq = 0]) => [
      set(generationKey(id), claim),
      ...entered,
      ...(reply === null ? [] : writeMessage({ ...reply, seq, message: begunAnew(reply.message, attempt) })),
    ],
  };
}

/**
 * The commit of `claim`, whose text goes on where it is; `checks` say that the job may still be claimed. `last`: what of the
 * text no entry has said yet.
 */
export async function goingOnPlan(
  store: Store,
  claim: RunningJob,
  { how, parts }: Continuation,
  checks: readonly Check[],
  { last = [], entered = [] }: { last?: readonly LogEntry[]; entered?: readonly Write[] } = {},
): Promise<Plan> {
  const { id, conversationId, messageId } = claim;
  const reply = await readMessage(store, conversationId, messageId);
  const topic = conversationTopic(conversationId);
  const claiming = [set(generationKey(id), claim), ...entered];
  // The head moves even where there is nobody to tell: the last owner goes by it (P5).
  if (reply === null) return { topics: [{ topic, entries: [] }], checks, writes: () => claiming };
  const recovered = how === "resumed" ? how : "continued";
  const message: Message = { ...calm(reply.message), parts, recovered };
  return {
    topics: [{ topic, entries: [...last, { type: "message", data: { message } }] }],
    checks,
    writes: ([seq = 0]) => [...claiming, ...writeMessage({ ...reply, seq: seq + last.length, message })],
  };
}

/** A message that does not wait any more. */
export function calm({ waiting: _, ...message }: Message): Message {
  return message;
}
