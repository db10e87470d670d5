// What one call of a provider used, and what that cost. Pure.
//   B1  A price that nobody knows is never 0: its cost is null, and a sum says how many such it lacks.
import type { Spent } from "../protocol/conversation.ts";
import type { TERMINAL, Usage } from "../protocol/message.ts";

/** What one call of a provider used, by its own count. An attempt that tried again has several. */
export interface Bill {
  /** `provider/model` */
  model: string;
  usage: Usage;
  outcome: typeof TERMINAL[number];
  at: number;
}

/** A bill with its cost, in whole micro-USD; null when the price is not known. */
export interface PricedBill extends Bill {
  costMicroUsd: number | null;
}

/** What `usage` of a model costs; nothing when its price is not known. */
export type Pricing = (model: string, usage: Usage) => number | null | undefined;

export function priced(bills: readonly Bill[], costMicroUsd: Pricing): PricedBill[] {
  return bills.map((bill) => {
    const cost = costMicroUsd(bill.model, bill.usage) ?? null;
    return { ...bill, costMicroUsd: cost === null ? null : Math.round(cost) };
  });
}

/** What calls cost together; absent when none used anything (B1). */
export function totalOf(bills: readonly PricedBill[]): Spent | undefined {
  if (bills.length === 0) return undefined;
  const total = { microUsd: 0, unpriced: 0 };
  for (const { costMicroUsd } of bills) {
    if (costMicroUsd === null) total.unpriced++;
    else total.microUsd += costMicroUsd;
  }
  return total;
}

/** Both together. */
export function plus(one: Spent | undefined, other: Spent | undefined): Spent | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return { microUsd: one.microUsd + other.microUsd, unpriced: one.unpriced + other.unpriced };
}

/** What an answer cost that had cost `before` when its job began; absent when nothing was counted (B1). */
export function costAfter(
  before: number | null | undefined,
  spent: Spent | undefined,
): number | null | undefined {
  if (spent === undefined) return before;
  return before === null || spent.unpriced > 0 ? null : (before ?? 0) + spent.microUsd;
}
