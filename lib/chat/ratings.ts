// What a reader thinks of an answer. It stands at the message, so that all tabs show the same.
//   T1  Only an answer that has ended is rated, and its rating says what shall be: said again, nothing is written.
//   T2  The commit checks the message's record: an answer that goes on meanwhile, or another tab's rating, is not
//       written over.
import { AppError } from "../core/errors.ts";
import { type Id, isId } from "../core/ids.ts";
import { conversationKey, conversationTopic, messageKey } from "../kv/keys.ts";
import type { Append } from "../kv/plan.ts";
import type { Store } from "../kv/store.ts";
import type { Rate } from "../protocol/api.ts";
import { isTerminal, type Message } from "../protocol/message.ts";
import type { Conversations } from "./conversations.ts";
import { readMessageAt, replaceMessage } from "./messages.ts";

export interface RatingDeps {
  store: Store;
  append: Append;
  conversations: Pick<Conversations, "read">;
}

/** The answer as it is rated then. @throws AppError `not_found`, `invalid`, `running`, `busy` */
export async function rate(
  { store, append, conversations }: RatingDeps,
  userId: Id,
  conversationId: Id,
  messageId: Id,
  wanted: Rate,
): Promise<Message> {
  const rated: Message[] = [];
  await append(async () => {
    const record = await conversations.read(userId, conversationId);
    const { value: before, versionstamp } = isId(messageId)
      ? await readMessageAt(store, conversationId, messageId)
      : { value: null, versionstamp: null };
    if (before === null) throw new AppError("not_found", "There is no such answer in this conversation.");
    if (before.message.role !== "assistant") throw new AppError("invalid", "Only an answer can be rated.");
    if (!isTerminal(before.message.status)) {
      throw new AppError("running", "This answer is being written. Rate it when it has ended.");
    }
    const message = rated[0] = withRating(before.message, wanted);
    const { rating, ratingReason } = before.message;
    if (message.rating === rating && message.ratingReason === ratingReason) return null;
    return {
      topics: [{
        topic: conversationTopic(conversationId),
        entries: [{ type: "message", data: { message } }],
      }],
      checks: [
        { key: messageKey(conversationId, messageId), versionstamp },
        { key: conversationKey(conversationId), versionstamp: record.versionstamp },
      ],
      writes: ([seq = 0]) => replaceMessage(before, { ...before, message, seq }),
    };
  });
  return rated[0]!;
}

function withRating({ rating: _, ratingReason: __, ...message }: Message, { rating, reason }: Rate): Message {
  if (rating === null) return message;
  return { ...message, rating, ...(reason === undefined ? {} : { ratingReason: reason }) };
}
