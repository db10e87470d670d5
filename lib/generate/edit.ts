// Other words for a message that is there: for one that waits, and for an answer. What was said is followed by another
// message with other words (`send.ts`), so that both are there.
import { readMessage } from "../chat/messages.ts";
import { editAnswer, type RewritingDeps } from "../chat/rewriting.ts";
import { type Id, isId } from "../core/ids.ts";
import type { Message } from "../protocol/message.ts";
import { editQueued, type QueueDeps } from "./queue.ts";

/** @throws AppError `not_found`, `invalid`, `not_queued`, `running`, `too_large`, `busy` */
export async function editMessage(
  deps: QueueDeps & RewritingDeps,
  userId: Id,
  conversationId: Id,
  messageId: Id,
  text: string,
): Promise<Message> {
  await deps.conversations.read(userId, conversationId);
  const stored = isId(messageId) ? await readMessage(deps.store, conversationId, messageId) : null;
  // Whose words it has never changes; whether there is such a message is seen by whoever changes it.
  const edit = stored?.message.role === "assistant" ? editAnswer : editQueued;
  return await edit(deps, userId, conversationId, messageId, text);
}
