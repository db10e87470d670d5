// What tokens cost, in whole micro-USD for a million of them.
import type { Usage } from "../protocol/message.ts";
import type { Price, Tier } from "../protocol/model.ts";

/** $10,000 for a million tokens: ten times the dearest yet. Above it the unit was mistaken. */
export const PRICE_MAX = 10_000_000_000;

/** The cost of `usage` in micro-USD, rounded to the nearest. */
export function costMicroUsd(price: Price, usage: Usage): number {
  const above = price.aboveTokens;
  const tier: Tier = above !== undefined && usage.inputTokens > above.tokens ? above : price;
  const cached = usage.cachedInputTokens ?? 0;
  const written = usage.cacheWriteTokens ?? 0;
  const plain = Math.max(0, usage.inputTokens - cached - written); // the total includes both
  const millionths = plain * tier.input + cached * tier.cachedInput +
    written * (tier.cacheWrite ?? tier.input) +
    usage.outputTokens * tier.output;
  return Math.round(millionths / 1_000_000);
}
