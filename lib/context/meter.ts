// The meter: how full a model's window is before the next message.
import type { Conversations } from "../chat/conversations.ts";
import { listMessages } from "../chat/messages.ts";
import type { Prompts } from "../chat/prompts.ts";
import { listSummaries } from "../chat/summaries.ts";
import { branch } from "../chat/tree.ts";
import type { Id } from "../core/ids.ts";
import type { Store } from "../kv/store.ts";
import type { ContextUse } from "../protocol/api.ts";
import type { AskedContext, Message } from "../protocol/message.ts";
import { type ContextLimits, contextOf } from "./context.ts";
import type { Estimates } from "./estimate.ts";

export interface MeterDeps {
  store: Store;
  estimates: Estimates;
  conversations: Pick<Conversations, "read">;
  /** @throws AppError `unknown_model` */
  resolve: (model: string) => Promise<ContextLimits>;
  /** What the model is told before the conversation. */
  instructions: Prompts["preview"];
}

/** What the next message finds taken, of the conversation's model or of another. @throws AppError `not_found`, `unknown_model` */
export async function contextUse(
  { store, estimates, conversations, resolve, instructions }: MeterDeps,
  userId: Id,
  conversationId: Id,
  wanted?: string,
): Promise<ContextUse> {
  const { conversation } = await conversations.read(userId, conversationId);
  const model = wanted ?? conversation.model;
  const [limits, records, summaries, { text }] = await Promise.all([
    resolve(model),
    listMessages(store, conversationId),
    listSummaries(store, conversationId),
    instructions(userId, conversation),
  ]);
  const path = branch(records.map(({ message }) => message), conversation.activeLeaf);
  const context = contextOf({
    estimates,
    model,
    limits,
    params: conversation.params,
    branch: path,
    newestTokens: 0,
    instructions: text,
    summaries,
  });
  const windowTokens = limits.contextTokens;
  if (!("turns" in context)) {
    // The instructions alone: nothing of the conversation would be sent, and the next message is refused.
    const { tokens, budgetTokens } = context;
    const omitted = path.filter((message) => estimates.of(message) > 0).length;
    return { model, usedTokens: tokens, exact: false, budgetTokens, windowTokens, omitted };
  }
  const { estimatedTokens, budgetTokens, omitted, summaryThroughId } = context.asked;
  const counted = countedBy(path.at(-1), model, context.asked, conversation.rewrittenAt);
  return {
    model,
    usedTokens: counted ?? estimatedTokens,
    exact: counted !== null,
    budgetTokens,
    windowTokens,
    omitted,
    ...(summaryThroughId === undefined ? {} : { summaryThroughId }),
  };
}

/**
 * What the provider counted for the last answer, and for all that it was sent; null when that is not what would be sent
 * again. Thoughts are not, nor what was changed or removed since.
 */
function countedBy(
  last: Message | undefined,
  model: string,
  next: AskedContext,
  rewrittenAt = -Infinity,
): number | null {
  if (last?.usage === undefined || last.model !== model || last.recovered !== undefined) return null;
  if (last.createdAt <= rewrittenAt) return null;
  const { omitted = 0, summaryThroughId } = last.asked?.context ?? {};
  if (omitted !== next.omitted || summaryThroughId !== next.summaryThroughId) return null;
  const { inputTokens, outputTokens, reasoningTokens = 0 } = last.usage;
  return inputTokens === 0 ? null : inputTokens + outputTokens - reasoningTokens;
}
