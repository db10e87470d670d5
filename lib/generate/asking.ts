// What a provider is asked: the conversation as a request. Read when the answer begins, and again by whoever takes it over.
import { listMessages } from "../chat/messages.ts";
import type { Prompts } from "../chat/prompts.ts";
import { listSummaries } from "../chat/summaries.ts";
import { branch } from "../chat/tree.ts";
import { answerTokensMax } from "../context/budget.ts";
import { type Context, type ContextLimits, contextOf, overflow } from "../context/context.ts";
import type { Estimates } from "../context/estimate.ts";
import type { Need } from "../context/summaries.ts";
import type { RunningJob } from "../jobs/job.ts";
import { conversationKey } from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";
import type { ModelRequest, Provider } from "../models/provider.ts";
import type { Asked } from "../protocol/message.ts";
import type { Abilities } from "../protocol/model.ts";
import type { Params } from "../protocol/params.ts";

/** A model that can be asked, and what its context can hold. */
export interface Askable extends ContextLimits {
  provider: Provider;
  /** The provider's own name of the model. */
  model: string;
  /** Absent: nobody has described it. */
  abilities?: Abilities;
}

export interface AskingDeps {
  store: Store;
  /** @throws AppError `unknown_model` */
  resolve: (model: string) => Promise<Askable>;
  estimates: Estimates;
  /** What the model is told before the conversation. */
  instructionsFor: Prompts["instructionsFor"];
  /** What of the parameters the model takes. */
  accepted: (params: Params, model: Askable) => Params;
  /** Has a summary made that is missing. Returns at once. */
  summarise: (need: Need) => void;
}

export interface Asking {
  provider: Provider;
  request: ModelRequest;
  asked: Asked;
}

/**
 * What `model` is sent: the branch that ends in the message being answered, as much of it as its context holds. Empty
 * turns are left out; one that failed is said as far as it came. `standing` is what the answer has said already, for which
 * there must be room as well.
 * @throws AppError `unknown_model`, `context_full`
 */
export async function requestFor(
  deps: AskingDeps,
  job: RunningJob,
  model = job.model,
  standing = "",
): Promise<Asking> {
  const { store, estimates } = deps;
  const { conversationId, userId } = job;
  const [askable, { value: record }, records, summaries] = await Promise.all([
    deps.resolve(model),
    store.get(conversationKey(conversationId)),
    listMessages(store, conversationId),
    listSummaries(store, conversationId),
  ]);
  const messages = records.map(({ message }) => message);
  const reply = messages.find(({ id }) => id === job.messageId);
  const path = branch(messages, reply?.parentId ?? null);
  // A conversation that was purged meanwhile has nothing to say.
  const conversation = record?.conversation ?? null;
  const instructions = conversation === null
    ? { text: "", asked: {} }
    : await deps.instructionsFor(userId, conversation);
  const params = deps.accepted(conversation?.params ?? {}, askable);
  const context = contextOf({
    estimates,
    model,
    limits: askable,
    params,
    branch: path,
    instructions: instructions.text,
    standing,
    summaries,
  });
  if (!("turns" in context)) throw overflow(context);
  if (context.missing !== null) {
    deps.summarise({
      userId,
      conversationId,
      model,
      branch: path,
      throughId: context.missing,
      summaries,
      rewrittenAt: conversation?.rewrittenAt,
    });
  }
  const { systemPrompt, turns, asked } = context;
  const { outputTokensMax, params: sent } = withinWindow(askable, params, context);
  return {
    provider: askable.provider,
    request: {
      model: askable.model,
      systemPrompt,
      turns,
      ...(outputTokensMax === null ? {} : { outputTokensMax }),
      ...(askable.abilities?.reasoning === true ? { reasoning: true } : {}),
      ...(Object.keys(sent).length === 0 ? {} : { params: sent }),
    },
    asked: {
      ...(Object.keys(sent).length === 0 ? {} : { params: sent }),
      ...instructions.asked,
      context: asked,
    },
  };
}

/** The longest answer, by the model and by the person, as far as the prompt leaves room for it. */
function withinWindow(
  { contextTokens, outputTokensMax }: ContextLimits,
  params: Params,
  { asked: { estimatedTokens }, calibration }: Context,
): { outputTokensMax: number | null; params: Params } {
  const within = (tokens: number) =>
    answerTokensMax(tokens, contextTokens, estimatedTokens, calibration.known);
  return {
    outputTokensMax: outputTokensMax === null ? null : within(outputTokensMax),
    params: params.outputTokensMax === undefined
      ? params
      : { ...params, outputTokensMax: within(params.outputTokensMax) },
  };
}
