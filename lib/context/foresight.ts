// Foresight: when an answer has ended, the summary that the next one will need is made, so that it is there in time.
import { listMessages, readMessage } from "../chat/messages.ts";
import type { Prompts } from "../chat/prompts.ts";
import { listSummaries } from "../chat/summaries.ts";
import { branch } from "../chat/tree.ts";
import type { Id } from "../core/ids.ts";
import { conversationKey } from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";
import { isTerminal, type Message } from "../protocol/message.ts";
import { type ContextLimits, contextOf } from "./context.ts";
import { type Estimates, MESSAGE_TOKENS } from "./estimate.ts";
import type { Need } from "./summaries.ts";

/** While less of the budget is used, no next message is expected to fill it: nothing more is read. */
const NEAR = 1 / 2;

export interface ForesightDeps {
  store: Store;
  estimates: Estimates;
  resolve: (model: string) => Promise<ContextLimits>;
  /** What the model is told before the conversation. */
  instructions: Prompts["preview"];
  summarise: (need: Need) => void;
}

/** Has the summary made that the message after the answer `messageId` would miss. @throws AppError */
export async function foresee(
  deps: ForesightDeps,
  { userId, conversationId, messageId }: { userId: Id; conversationId: Id; messageId: Id },
): Promise<void> {
  const { store, estimates } = deps;
  const answer = (await readMessage(store, conversationId, messageId))?.message;
  if (answer === undefined || !isTerminal(answer.status) || !isNearFull(answer, estimates)) return;
  const [{ value: record }, records, summaries] = await Promise.all([
    store.get(conversationKey(conversationId)),
    listMessages(store, conversationId),
    listSummaries(store, conversationId),
  ]);
  if (record === null || record.deletedAt !== null) return;
  const { conversation } = record;
  const model = answer.model ?? conversation.model;
  const path = branch(records.map(({ message }) => message), messageId);
  const [limits, { text }] = await Promise.all([
    deps.resolve(model),
    deps.instructions(userId, conversation),
  ]);
  const context = contextOf({
    estimates,
    model,
    limits,
    params: conversation.params,
    branch: path,
    newestTokens: usualTokens(path, estimates),
    instructions: text,
    summaries,
  });
  if ("turns" in context && context.missing !== null) {
    deps.summarise({
      userId,
      conversationId,
      model,
      branch: path,
      throughId: context.missing,
      summaries,
      rewrittenAt: conversation.rewrittenAt,
    });
  }
}

/** By what the answer itself says: of most, nothing more need be known. */
function isNearFull(answer: Message, estimates: Estimates): boolean {
  const context = answer.asked?.context;
  if (context === undefined || context.budgetTokens === null) return false;
  if (context.omitted > 0) return true;
  const used = answer.usage === undefined
    ? context.estimatedTokens + estimates.of(answer)
    : answer.usage.inputTokens + answer.usage.outputTokens;
  return used > context.budgetTokens * NEAR;
}

/** What a message of this person takes here, on average. */
function usualTokens(path: readonly Message[], estimates: Estimates): number {
  const theirs = path.filter(({ role }) => role === "user");
  const tokens = theirs.reduce((sum, message) => sum + estimates.of(message), 0);
  return theirs.length === 0 ? MESSAGE_TOKENS : Math.ceil(tokens / theirs.length);
}
