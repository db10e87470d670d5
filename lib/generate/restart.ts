// A text that begins anew: what the store and everyone who follows are told. Never a silent seam.
import { readMessage, writeMessage } from "../chat/messages.ts";
import type { RunningJob } from "../jobs/job.ts";
import { conversationTopic, generationKey } from "../kv/keys.ts";
import type { Plan } from "../kv/plan.ts";
import { type Check, set, type Store, type Write } from "../kv/store.ts";
import type { RestartReason } from "../protocol/event.ts";
import type { Message } from "../protocol/message.ts";

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
      ...(reply === null ? [] : writeMessage({ ...reply, seq, message: emptied(reply.message, attempt) })),
    ],
  };
}

function emptied({ recovered: _, ...message }: Message, attempt: number): Message {
  return { ...message, status: "streaming", attempt, parts: [] };
}
