// What was used in some days, by model.
import type { ModelSpending, UsageReport } from "../protocol/api.ts";

/** The days as one: every model once, the one that cost most first. */
export function spendingByModel({ days }: UsageReport): ModelSpending[] {
  const models = new Map<string, ModelSpending>();
  for (const one of days.flatMap((day) => day.models)) {
    const sum = models.get(one.model);
    models.set(one.model, sum === undefined ? one : add(sum, one));
  }
  return [...models.values()].sort((a, b) => b.microUsd - a.microUsd || b.outputTokens - a.outputTokens);
}

/** All of it in one row; `model` is of the first. */
export function total(rows: readonly ModelSpending[]): ModelSpending | undefined {
  return rows.length === 0 ? undefined : rows.reduce(add);
}

function add(a: ModelSpending, b: ModelSpending): ModelSpending {
  return {
    model: a.model,
    attempts: a.attempts + b.attempts,
    inputTokens: a.inputTokens + b.inputTokens,
    cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
    microUsd: a.microUsd + b.microUsd,
    unpriced: a.unpriced + b.unpriced,
  };
}
