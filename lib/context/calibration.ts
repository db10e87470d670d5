// What the estimates of a conversation were wrong by, as its provider's own counts show. Pure.
import type { Message } from "../protocol/message.ts";

/** How an estimate is corrected, and whether anything is known that would do so. */
export interface Calibration {
  factor: number;
  known: boolean;
}

export const UNCALIBRATED: Calibration = { factor: 1, known: false };

/** A factor beyond these is no property of a text: the provider counts something that was not estimated. */
const FACTOR_MIN = 0.5;
const FACTOR_MAX = 2.5;

/**
 * Added to both sides before they are compared: a question of ten tokens comes back as twenty, because of its frame, and
 * says nothing of the next ten thousand.
 */
const DOUBT_TOKENS = 200;
/** An estimate below this leaves the margin as wide as before. */
const TELLING_TOKENS = 1_000;

/** By the newest answer of `model` on the branch that was estimated before and counted after. */
export function calibration(branch: readonly Message[], model: string): Calibration {
  for (let at = branch.length - 1; at >= 0; at--) {
    const { model: by, asked, usage, recovered } = branch[at]!;
    const context = asked?.context;
    // A text that another process went on with was sent along, and was not estimated.
    if (by !== model || context === undefined || usage === undefined || recovered !== undefined) continue;
    if (usage.inputTokens <= 0) continue; // from a server that does not count
    const estimated = context.estimatedTokens / (context.correction ?? 1);
    const ratio = (usage.inputTokens + DOUBT_TOKENS) / (estimated + DOUBT_TOKENS);
    return {
      factor: Math.round(Math.min(FACTOR_MAX, Math.max(FACTOR_MIN, ratio)) * 1_000) / 1_000,
      known: estimated >= TELLING_TOKENS,
    };
  }
  return UNCALIBRATED;
}
