// What a provider is asked: the conversation as a request. Read when the answer begins, and again by whoever takes it over.
import { listMessages } from "../chat/messages.ts";
import type { Prompts } from "../chat/prompts.ts";
import { branch } from "../chat/tree.ts";
import type { RunningJob } from "../jobs/job.ts";
import { conversationKey } from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";
import type { ModelRequest, Provider, Turn } from "../models/provider.ts";
import { type Asked, isTerminal, textOf } from "../protocol/message.ts";

export interface AskingDeps {
  store: Store;
  /** @throws AppError `unknown_model` */
  resolve: (model: string) => Promise<{ provider: Provider; model: string; outputTokensMax: number | null }>;
  /** What the model is told before the conversation. */
  instructionsFor: Prompts["instructionsFor"];
}

/** What the provider is sent: the branch that ends in the message being answered. Failed and empty turns are left out. */
export async function requestFor(
  deps: AskingDeps,
  job: RunningJob,
  wanted: string,
): Promise<{ provider: Provider; request: ModelRequest; asked: Asked }> {
  const [{ provider, model, outputTokensMax }, record, records] = await Promise.all([
    deps.resolve(wanted),
    deps.store.get(conversationKey(job.conversationId)),
    listMessages(deps.store, job.conversationId),
  ]);
  const messages = records.map(({ message }) => message);
  const reply = messages.find(({ id }) => id === job.messageId);
  const turns: Turn[] = [];
  for (const message of branch(messages, reply?.parentId ?? null)) {
    const text = textOf(message);
    if (text !== "" && isTerminal(message.status)) turns.push({ role: message.role, text });
  }
  const { text: systemPrompt, asked } = record.value === null
    ? { text: "", asked: {} }
    : await deps.instructionsFor(job.userId, record.value.conversation);
  return {
    provider,
    request: { model, systemPrompt, turns, ...(outputTokensMax === null ? {} : { outputTokensMax }) },
    asked,
  };
}
