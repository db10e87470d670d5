// The context of an answer: what of a conversation its model is sent. For the answer itself, for the summary that the next
// one will need, and for whoever wants to see how full the window is.
import type { ReadySummary } from "../chat/summaries.ts";
import { AppError } from "../core/errors.ts";
import type { Id } from "../core/ids.ts";
import type { Turn } from "../models/provider.ts";
import { type AskedContext, isTerminal, type Message, textOf } from "../protocol/message.ts";
import type { Params } from "../protocol/params.ts";
import { budget } from "./budget.ts";
import { type Calibration, calibration } from "./calibration.ts";
import { type Estimates, textTokens } from "./estimate.ts";
import { systemPromptOf } from "./framed.ts";
import { type Sized, windowOf } from "./window.ts";

/** What is known of a model that bears on its context. */
export interface ContextLimits {
  contextTokens: number | null;
  outputTokensMax: number | null;
  /** Tokens of its own for one as most count them. Absent: 1. */
  tokenFactor?: number;
}

export interface ContextOptions {
  estimates: Estimates;
  /** `provider/model`. */
  model: string;
  limits: ContextLimits;
  params?: Params;
  /** From the root. The last is a person's message, unless `newestTokens` says how long that will be. */
  branch: readonly Message[];
  newestTokens?: number;
  instructions: string;
  /** The beginning of the answer, which is sent whatever else is left out. */
  standing?: string;
  summaries: readonly ReadySummary[];
}

export interface Context {
  systemPrompt: string;
  turns: Turn[];
  asked: AskedContext;
  calibration: Calibration;
  /** The last message of a summary that should stand for what is left out, and is not there. */
  missing: Id | null;
}

/** Too long for the model: the newest message and the instructions, whatever else is left out. */
export interface Overflow {
  tokens: number;
  tokensMax: number;
  budgetTokens: number | null;
}

/** What is said of a message that no model call is made for. */
export function overflow({ tokens, tokensMax }: Overflow): AppError {
  return new AppError(
    "context_full",
    `This message is too long for the model: with the instructions it has about ${tokens} tokens, and there is room for ` +
      `${tokensMax}. Shorten it, or choose a model with a larger context.`,
  );
}

/** Stands before an answer whose question was removed: providers want to hear a person first. */
const REMOVED_QUESTION: Turn = { role: "user", text: "(This message was removed.)" };

/** Stands for the message that will be sent. No message has this id. */
const NEXT = "next";

export function contextOf(options: ContextOptions): Context | Overflow {
  const { estimates, model, limits, params, branch, newestTokens, instructions, summaries } = options;
  const { standing = "" } = options;
  const calibrated = calibration(branch, model);
  const scale = (limits.tokenFactor ?? 1) * calibrated.factor;
  const { budgetTokens, promptTokensMax } = budget(
    { ...limits, wantedOutputTokens: params?.outputTokensMax },
    calibrated.known,
  );
  const sized = branch.map((message): Sized => ({
    id: message.id,
    role: message.role,
    tokens: isTerminal(message.status) ? estimates.of(message) : 0,
  }));
  if (newestTokens !== undefined) sized.push({ id: NEXT, role: "user", tokens: newestTokens });
  const window = windowOf({
    branch: sized,
    systemTokens: textTokens(instructions) + textTokens(standing),
    roomTokens: Math.floor(promptTokensMax / scale),
    summaries: summaries.map(({ summary, tokens }) => ({ throughId: summary.throughId, tokens })),
  });
  const estimatedTokens = Math.ceil(window.tokens * scale);
  if (!window.fits) return { tokens: estimatedTokens, tokensMax: promptTokensMax, budgetTokens };

  const { start, summary, omitted, missing } = window;
  const text = summary && summaries.find((one) => one.summary.throughId === summary.throughId)!.summary.text;
  const turns: Turn[] = [];
  for (const [at, message] of branch.entries()) {
    // Thoughts are not sent again, nor is what has failed or was stopped before its first word.
    if (at >= start && sized[at]!.tokens > 0) turns.push({ role: message.role, text: textOf(message) });
  }
  if (turns[0]?.role === "assistant") turns.unshift(REMOVED_QUESTION);
  return {
    systemPrompt: systemPromptOf(instructions, text),
    turns,
    asked: {
      estimatedTokens,
      ...(calibrated.factor === 1 ? {} : { correction: calibrated.factor }),
      budgetTokens,
      omitted,
      ...(summary === null ? {} : { summaryThroughId: summary.throughId }),
    },
    calibration: calibrated,
    missing: missing === null ? null : branch[missing - 1]!.id,
  };
}
