// A person's own words for what was left out: in the place of a summary, or where there is none yet.
//   Y2  They are not written over: a summary that is being made for the same place is given up.
import type { Conversations } from "../chat/conversations.ts";
import { readMessage } from "../chat/messages.ts";
import { AppError } from "../core/errors.ts";
import { type Id, isId } from "../core/ids.ts";
import type { Clock } from "../core/time.ts";
import { conversationKey, summaryKey } from "../kv/keys.ts";
import type { Append } from "../kv/plan.ts";
import type { Store } from "../kv/store.ts";
import { isTerminal } from "../protocol/message.ts";
import type { Summary } from "../protocol/summary.ts";
import { readyPlan } from "./ready.ts";

export interface EditSummaryDeps {
  store: Store;
  append: Append;
  clock: Clock;
  conversations: Pick<Conversations, "read">;
}

/**
 * The summary of all messages up to `throughId`. Asked again, it is as it is, and not told again.
 * @throws AppError `not_found`, `invalid`, `busy`
 */
export async function editSummary(
  { store, append, clock, conversations }: EditSummaryDeps,
  userId: Id,
  conversationId: Id,
  throughId: Id,
  text: string,
): Promise<Summary> {
  const edited: Summary[] = [];
  await append(async () => {
    const record = await conversations.read(userId, conversationId);
    const stored = isId(throughId) ? await readMessage(store, conversationId, throughId) : null;
    if (stored === null) {
      throw new AppError("not_found", "There is no such message in this conversation.");
    }
    // The next turn begins with a person's message.
    if (stored.message.role !== "assistant" || !isTerminal(stored.message.status)) {
      throw new AppError("invalid", "A summary ends with an answer that is finished. Choose one.");
    }
    const { value } = await store.get(summaryKey(conversationId, throughId));
    const before = value?.state === "ready" ? value.summary : null;
    if (before?.by === "person" && before.text === text) {
      edited[0] = before;
      return null;
    }
    const summary: Summary = { throughId, text, by: "person", createdAt: clock.now() };
    edited[0] = summary;
    return readyPlan(conversationId, summary, [
      { key: conversationKey(conversationId), versionstamp: record.versionstamp },
    ]);
  });
  return edited[0]!;
}
