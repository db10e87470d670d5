// Changing what was said: other words for an answer, in its own message.
//   R1  What was made of the old words is void in the same commit: summaries that cover them, made or being made, and
//       what a provider counted (`rewrittenAt`).
//   R2  A change says what shall be: asked again, what is so already is answered, and nothing is written.
//   R3  The commit checks the message and the conversation: an answer that goes on meanwhile, a rating, or another tab's
//       change is not written over.
import { AppError } from "../core/errors.ts";
import { type Id, isId } from "../core/ids.ts";
import type { Clock } from "../core/time.ts";
import { conversationKey, messageKey, summaryKey, summaryPrefix } from "../kv/keys.ts";
import type { Append } from "../kv/plan.ts";
import { remove, type Store, type Write } from "../kv/store.ts";
import { ANSWER_CHARS_MAX } from "../protocol/api.ts";
import type { Conversation } from "../protocol/conversation.ts";
import type { LogEntry } from "../protocol/event.ts";
import { isTerminal, type Message, type Part, textOf } from "../protocol/message.ts";
import { changeTopics, type Conversations, writeConversation } from "./conversations.ts";
import { listMessages, MESSAGES_MAX, readMessageAt, replaceMessage } from "./messages.ts";
import type { SummaryState } from "./summaries.ts";
import { below } from "./tree.ts";

export interface RewritingDeps {
  store: Store;
  append: Append;
  clock: Clock;
  conversations: Pick<Conversations, "read">;
}

/** The answer in its reader's words. @throws AppError `not_found`, `invalid`, `running`, `too_large`, `busy` */
export async function editAnswer(
  { store, append, clock, conversations }: RewritingDeps,
  userId: Id,
  conversationId: Id,
  messageId: Id,
  text: string,
): Promise<Message> {
  if (text.length > ANSWER_CHARS_MAX) {
    throw new AppError("invalid", `An answer may be changed to ${ANSWER_CHARS_MAX} characters at most.`);
  }
  const edited: Message[] = [];
  await append(async () => {
    const record = await conversations.read(userId, conversationId);
    const { value: before, versionstamp } = isId(messageId)
      ? await readMessageAt(store, conversationId, messageId)
      : { value: null, versionstamp: null };
    if (before === null) throw new AppError("not_found", "There is no such message in this conversation.");
    if (before.message.role !== "assistant") {
      throw new AppError(
        "invalid",
        "Only an answer is changed in its place. Send other words for a message.",
      );
    }
    if (!isTerminal(before.message.status)) {
      throw new AppError("running", "This answer is being written. Change it when it has ended.");
    }
    edited[0] = before.message;
    if (textOf(before.message) === text) return null; // R2
    const now = clock.now();
    const message = edited[0] = {
      ...before.message,
      parts: reworded(before.message.parts, text),
      editedAt: now,
    };
    const voided = await coveringSummaries(store, conversationId, messageId);
    const conversation = rewritten(record.conversation, now);
    return {
      topics: changeTopics(userId, conversation, [
        { type: "message", data: { message } },
        ...unsummarised(voided),
      ]),
      checks: [
        { key: messageKey(conversationId, messageId), versionstamp },
        { key: conversationKey(conversationId), versionstamp: record.versionstamp },
      ],
      writes: ([seq = 0]) => [
        ...replaceMessage(before, { ...before, message, seq }),
        ...writeConversation(record, { ...record, conversation }),
        ...withoutSummaries(conversationId, voided),
      ],
    };
  });
  return edited[0]!;
}

/** A conversation in which something that was said has changed. Its place in the list stays. */
export function rewritten(conversation: Conversation, now: number): Conversation {
  // Twice within a millisecond is twice all the same.
  return { ...conversation, rewrittenAt: Math.max(now, (conversation.rewrittenAt ?? 0) + 1) };
}

/** The last messages of all summaries of a conversation, whatever has become of those. */
export async function summaryIds(store: Store, conversationId: Id): Promise<Id[]> {
  const rows = await store.list<SummaryState>({ prefix: summaryPrefix(conversationId) }, {
    limit: MESSAGES_MAX,
  });
  return rows.map(({ key }) => key.at(-1) as Id);
}

/** Of those, the ones that cover a message: that end with it, or with one below it. */
async function coveringSummaries(store: Store, conversationId: Id, messageId: Id): Promise<Id[]> {
  const ids = await summaryIds(store, conversationId);
  // Most conversations have none.
  if (ids.length === 0) return [];
  const messages = (await listMessages(store, conversationId)).map(({ message }) => message);
  return covering(ids, messages, messageId);
}

/** Those of `ids` that stand at a message or below it. */
export function covering(ids: readonly Id[], messages: readonly Message[], messageId: Id): Id[] {
  const within = below(messages, messageId);
  return ids.filter((id) => within.has(id));
}

export function unsummarised(ids: Id[]): LogEntry[] {
  return ids.length === 0 ? [] : [{ type: "rewritten", data: { removed: [], moved: [], unsummarised: ids } }];
}

export function withoutSummaries(conversationId: Id, ids: readonly Id[]): Write[] {
  return ids.map((id) => remove(summaryKey(conversationId, id)));
}

/** `parts` with `text` in place of all words; thoughts, calls and sources stay. It stands where the last words stood. */
function reworded(parts: readonly Part[], text: string): Part[] {
  const at = parts.findLastIndex(({ type }) => type === "text");
  const said: Part = { type: "text", text };
  if (at < 0) return [...parts, said];
  return parts.flatMap((part, i): Part[] => i === at ? [said] : part.type === "text" ? [] : [part]);
}
