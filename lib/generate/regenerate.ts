// Regenerating: a sibling of an answer, under the same parent, perhaps by another model. The old one stays.
import { withRoomFor } from "../chat/conversations.ts";
import { readMessage } from "../chat/messages.ts";
import { AppError } from "../core/errors.ts";
import type { Id } from "../core/ids.ts";
import type { RunningJob } from "../jobs/job.ts";
import { conversationKey } from "../kv/keys.ts";
import type { MessageAccepted, Regenerate } from "../protocol/api.ts";
import { isTerminal } from "../protocol/message.ts";
import { begin, newJob } from "./begin.ts";
import type { SendDeps } from "./send.ts";

/** @throws AppError `not_found`, `invalid`, `running`, `unknown_model`, `busy` */
export async function regenerate(
  deps: SendDeps,
  userId: Id,
  conversationId: Id,
  { messageId, model: wanted }: Regenerate,
  requestId: string,
): Promise<MessageAccepted> {
  const ids = { replyId: deps.newId(), generationId: deps.newId() };
  let outcome: { accepted: MessageAccepted; begun: RunningJob } | null = null;
  const appended = await deps.append(async () => {
    const record = await deps.conversations.read(userId, conversationId);
    const old = await readMessage(deps.store, conversationId, messageId);
    if (old === null) throw new AppError("not_found", "There is no such answer in this conversation.");
    if (old.message.role !== "assistant") throw new AppError("invalid", "Only an answer can be regenerated.");
    if (record.conversation.running !== null || !isTerminal(old.message.status)) {
      throw new AppError("running", "An answer is being written here. Stop it, or wait for its end.");
    }
    const model = await deps.resolveModel(wanted ?? record.conversation.model);
    const now = deps.clock.now();
    const job = newJob({
      id: ids.generationId,
      conversationId,
      userId,
      messageId: ids.replyId,
      model,
      requestId,
      createdAt: now,
    });
    const parentId = old.message.parentId;
    const beginning = begin({ job, conversation: record.conversation, parentId, owner: deps.owner, now });
    const plan = beginning.plan(withRoomFor(record, 1), null);
    const entries = plan.topics[0]?.entries.length ?? 0;
    return {
      ...plan,
      checks: [{ key: conversationKey(conversationId), versionstamp: record.versionstamp }],
      writes: (firstSeqs) => {
        const reply = { messageId: ids.replyId, generationId: ids.generationId };
        const cursor = (firstSeqs[0] ?? 0) + entries - 1;
        outcome = { accepted: { message: beginning.reply, reply, cursor }, begun: beginning.job };
        return plan.writes(firstSeqs);
      },
    };
  });
  const { accepted, begun } = outcome as unknown as { accepted: MessageAccepted; begun: RunningJob };
  deps.start(begun, appended?.versionstamp ?? null);
  return accepted;
}
