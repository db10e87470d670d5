// What is worth knowing of an answer at a glance: who wrote it, how much it took, what it cost, how long it was.
//   U1  Figures of a provider are shown as they are. Our own are estimates and say so.
import type { Message } from "../protocol/message.ts";
import { textOf } from "../protocol/message.ts";
import type { Model } from "../protocol/model.ts";
import { modelOf, nameOf } from "./catalog.ts";
import { costOf, count, dollars, duration, isFree, UNKNOWN } from "./figures.ts";
import { estimateTokens } from "./tokens.ts";

export interface Fact {
  name: "status" | "model" | "input" | "output" | "cost" | "first" | "rate" | "time";
  text: string;
  /** In more words, where the text is short. */
  title?: string;
}

/** A shorter stretch tells nothing of a pace: the answer came at once. */
const PACE_MS_MIN = 250;

/** Of an answer that has ended. */
export function answerFacts(message: Message, models: readonly Model[]): Fact[] {
  const facts: Fact[] = [];
  const add = (name: Fact["name"], text: string, title?: string) => facts.push({ name, text, title });
  const { status, stopReason, model, usage, timings, costMicroUsd } = message;
  if (status === "cancelled") add("status", "Stopped");
  if (status === "failed") add("status", "Failed");
  if (stopReason === "length") add("status", "Cut off");
  if (stopReason === "content_filter") add("status", "Ended by the provider's filter");
  if (model !== undefined) add("model", nameOf(models, model), model);
  if (usage !== undefined) {
    add("input", `${count(usage.inputTokens)} in`, "Tokens of the prompt");
    add("output", `${count(usage.outputTokens)} out`, "Tokens of the answer");
  } else if (message.parts.length > 0) {
    add("output", `≈ ${count(estimateTokens(written(message)))} out`, "Tokens of the answer, estimated");
  }
  if (usage !== undefined || costMicroUsd !== undefined) {
    const cost = costOf(costMicroUsd, model === undefined ? null : modelOf(models, model)?.price);
    add("cost", cost, cost === UNKNOWN ? "The price of this model is not known" : "What it cost");
  }
  if (timings?.firstTokenMs !== undefined) {
    add("first", `${duration(timings.firstTokenMs)} to first token`);
  }
  const perSecond = rateOf(message);
  if (perSecond !== null) add("rate", `${rate(perSecond)} tok/s`, "Tokens per second, once it had begun");
  if (timings !== undefined) add("time", duration(timings.totalMs), "In all");
  return facts;
}

/** Of an answer that is being written, as far as it is: `tokens` so far, of which `perSecond` come now. */
export function liveFacts(
  message: Message,
  models: readonly Model[],
  { tokens, perSecond, elapsedMs }: { tokens: number; perSecond: number | null; elapsedMs: number },
): Fact[] {
  const facts: Fact[] = [];
  const model = message.model === undefined ? undefined : modelOf(models, message.model);
  if (message.model !== undefined) facts.push({ name: "model", text: nameOf(models, message.model) });
  facts.push({ name: "output", text: `≈ ${count(tokens)} out` });
  const price = model?.price ?? null;
  const asked = message.asked?.context?.estimatedTokens;
  if (price !== null && isFree(price)) facts.push({ name: "cost", text: "free" });
  else if (price !== null && asked !== undefined) {
    facts.push({ name: "cost", text: `≈ ${dollars((asked * price.input + tokens * price.output) / 1e6)}` });
  }
  if (perSecond !== null) facts.push({ name: "rate", text: `≈ ${rate(perSecond)} tok/s` });
  facts.push({ name: "time", text: duration(elapsedMs) });
  return facts;
}

/** Tokens per second from the first to the last; null where the figures are not of one stretch. */
export function rateOf({ usage, timings, recovered }: Message): number | null {
  if (usage === undefined || timings?.firstTokenMs === undefined || recovered !== undefined) return null;
  const stretchMs = timings.totalMs - timings.firstTokenMs;
  return stretchMs < PACE_MS_MIN || usage.outputTokens === 0 ? null : usage.outputTokens / (stretchMs / 1000);
}

/** Everything that a model wrote: its thoughts are tokens too. */
export function written(message: Message): string {
  return message.parts.map((part) => part.type === "reasoning" ? part.text : "").join("") + textOf(message);
}

export function rate(perSecond: number): string {
  return perSecond < 9.95 ? perSecond.toFixed(1) : count(perSecond);
}
