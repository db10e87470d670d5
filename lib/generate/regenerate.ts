// Regenerating: a sibling of an answer, under the same parent, perhaps by another model. The old one stays.
//   A1  The id that a client gave the new answer is the key, as that of a message is: asked again, answered again (P7).
//   A2  What was asked once is recognised before anything else is looked at: its own answer may be the one that runs.
import { withRoomFor } from "../chat/conversations.ts";
import { readMessage } from "../chat/messages.ts";
import { AppError } from "../core/errors.ts";
import type { Id } from "../core/ids.ts";
import type { RunningJob } from "../jobs/job.ts";
import { conversationKey, SENT_TTL_MS, sentKey } from "../kv/keys.ts";
import { set } from "../kv/store.ts";
import type { MessageAccepted, Regenerate } from "../protocol/api.ts";
import { isTerminal } from "../protocol/message.ts";
import { idTaken, regenerateDigest, sameAs } from "./asked.ts";
import { begin, newJob } from "./begin.ts";
import type { SendDeps } from "./send.ts";

/** @throws AppError `not_found`, `conflict`, `invalid`, `running`, `unknown_model`, `limited`, `busy` */
export async function regenerate(
  deps: SendDeps,
  userId: Id,
  conversationId: Id,
  wanted: Regenerate,
  requestId: string,
): Promise<MessageAccepted> {
  const ids = { replyId: wanted.id ?? deps.newId(), generationId: deps.newId() };
  const digest = regenerateDigest(wanted);
  const key = sentKey(conversationId, ids.replyId);
  let outcome: { accepted: MessageAccepted; begun: RunningJob | null } | null = null;
  const appended = await deps.append(async () => {
    const [record, taken, old] = await Promise.all([
      deps.conversations.read(userId, conversationId),
      wanted.id === undefined ? null : readMessage(deps.store, conversationId, wanted.id),
      readMessage(deps.store, conversationId, wanted.messageId),
    ]);
    // Last: the same request may land by another way meanwhile, and must not be refused for the traces it left.
    const sent = await deps.store.get(key);
    if (sent.value !== null) {
      outcome = { accepted: sameAs(sent.value, digest), begun: null };
      return null;
    }
    if (taken !== null) throw idTaken();
    if (old === null) throw new AppError("not_found", "There is no such answer in this conversation.");
    if (old.message.role !== "assistant") throw new AppError("invalid", "Only an answer can be regenerated.");
    if (record.conversation.running !== null || !isTerminal(old.message.status)) {
      throw new AppError("running", "An answer is being written here. Stop it, or wait for its end.");
    }
    const parentId = old.message.parentId;
    const question = parentId === null ? null : await readMessage(deps.store, conversationId, parentId);
    if (question?.message.role !== "user") throw unasked();
    const model = await deps.resolveModel(wanted.model ?? record.conversation.model);
    const now = deps.clock.now();
    const job = newJob({
      id: ids.generationId,
      conversationId,
      userId,
      messageId: ids.replyId,
      model,
      requestId,
      createdAt: now,
      ...(wanted.device === undefined ? {} : { askedFrom: wanted.device }),
    });
    const beginning = begin({ job, conversation: record.conversation, parentId, owner: deps.owner, now });
    const plan = beginning.plan(withRoomFor(record, 1), null);
    const entries = plan.topics[0]?.entries.length ?? 0;
    return {
      ...plan,
      checks: [
        { key: conversationKey(conversationId), versionstamp: record.versionstamp },
        { key, versionstamp: null },
      ],
      writes: (firstSeqs) => {
        const reply = { messageId: ids.replyId, generationId: ids.generationId };
        const cursor = (firstSeqs[0] ?? 0) + entries - 1;
        const accepted = { message: beginning.reply, reply, cursor };
        outcome = { accepted, begun: beginning.job };
        return [...plan.writes(firstSeqs), set(key, { digest, accepted }, SENT_TTL_MS)];
      },
    };
  });
  const { accepted, begun } = outcome as unknown as { accepted: MessageAccepted; begun: RunningJob | null };
  if (appended !== null && begun !== null) deps.start(begun, appended.versionstamp);
  return accepted;
}

/** What is said of an answer whose question was removed. */
export function unasked(): AppError {
  return new AppError(
    "invalid",
    "The message that this answers was removed. Send it again for a new answer.",
  );
}
