// How full the chosen model's window will be with the next message.
//   M1  After an answer it is what the provider counted. Everything else is an estimate, and says so.
//   M2  Where the beginning of a long conversation is not here, it is estimated by its length, as what is here measures.
import type { Message } from "../protocol/message.ts";
import { textOf } from "../protocol/message.ts";
import type { Model } from "../protocol/model.ts";
import { promptMicroUsd } from "./figures.ts";
import { estimateTokens, GrowingCount } from "./tokens.ts";

export interface WindowUse {
  /** What goes along with the next message: the conversation and its instructions. */
  beforeTokens: number;
  draftTokens: number;
  /** True when `beforeTokens` is as the provider counted it, for this very model. */
  counted: boolean;
  /** Null when nobody knows. */
  windowTokens: number | null;
  /** What the prompt will cost; null when the price is not known. */
  costMicroUsd: number | null;
}

export interface WindowParts {
  /** The branch that is shown, oldest first. */
  messages: readonly Message[];
  /** Of what comes before them, in UTF-16 units. */
  earlierChars: number;
  /** The system prompt and what a person wants said in all conversations. */
  instructions: string;
  draft: string;
  /** When something that was said was last changed: what was counted until then is of other words. Absent: never. */
  rewrittenAt?: number;
  model: Model | undefined;
}

/** Of English prose. */
const TOKENS_PER_CHAR = 1 / 4;

/** Above this part of the window people should know. */
export const NEARLY_FULL = 0.8;

/** Reads the use again and again; what it has counted it does not count anew. */
export class WindowMeter {
  readonly #finished = new WeakMap<Message, number>();
  readonly #growing = new Map<string, GrowingCount>();

  read(
    { messages, earlierChars, instructions, draft, model, rewrittenAt = -Infinity }: WindowParts,
  ): WindowUse {
    const draftTokens = draft.trim() === "" ? 0 : estimateTokens(draft);
    // Some servers count nothing and say so with a 0.
    const at = messages.findLastIndex(({ usage, createdAt }) =>
      usage !== undefined && usage.inputTokens > 0 && createdAt > rewrittenAt
    );
    const { usage, model: answeredBy, recovered } = messages[at] ?? {};
    let beforeTokens = 0;
    if (usage === undefined) beforeTokens = instructions === "" ? 0 : estimateTokens(instructions);
    // What it thought is not sent again.
    else beforeTokens = usage.inputTokens + usage.outputTokens - (usage.reasoningTokens ?? 0);
    let tokens = 0;
    for (const message of messages.slice(at + 1)) tokens += this.#tokensOf(message);
    beforeTokens += tokens;
    if (usage === undefined && earlierChars > 0) {
      const chars = messages.reduce((sum, message) => sum + textOf(message).length, 0);
      beforeTokens += Math.ceil(earlierChars * (chars === 0 ? TOKENS_PER_CHAR : tokens / chars));
    }
    return {
      beforeTokens,
      draftTokens,
      // What went on after an interruption was counted in part.
      counted: usage !== undefined && at === messages.length - 1 && answeredBy === model?.id &&
        recovered === undefined,
      windowTokens: model?.contextTokens ?? null,
      costMicroUsd: promptMicroUsd(model?.price ?? null, beforeTokens + draftTokens),
    };
  }

  #tokensOf(message: Message): number {
    if (message.status === "streaming") {
      let growing = this.#growing.get(message.id);
      // There is one that grows, and it is the last.
      if (growing === undefined) {
        this.#growing.clear();
        this.#growing.set(message.id, growing = new GrowingCount());
      }
      return growing.of(textOf(message));
    }
    const known = this.#finished.get(message);
    if (known !== undefined) return known;
    const tokens = estimateTokens(textOf(message));
    this.#finished.set(message, tokens);
    return tokens;
  }
}

/** The part of the window that is taken with the draft; null when the window is not known. */
export function fullness({ beforeTokens, draftTokens, windowTokens }: WindowUse): number | null {
  return windowTokens === null ? null : (beforeTokens + draftTokens) / windowTokens;
}
