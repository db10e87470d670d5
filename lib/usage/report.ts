// What a person has used, by day and model, added up from the ledger.
import { AppError } from "../core/errors.ts";
import type { Id } from "../core/ids.ts";
import { LEDGER_TTL_MS, ledgerPrefix } from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";
import type { ModelSpending, UsageReport } from "../protocol/api.ts";
import { dayOf, daysAfter, daysFromTo, isDay } from "./day.ts";
import type { LedgerEntry } from "./ledger.ts";

/** A quarter, and the last days of the one before. */
export const DAYS_MAX = 92;
/** When nothing is said. */
const DAYS = 30;
/** Entries in memory at once. */
const PAGE_ROWS = 500;
/** Entries of one report: 2,000 calls on each of its days. Adding them up takes a second. */
const ROWS_MAX = 200_000;

/** Days in UTC, both included. */
export interface Period {
  from: string;
  to: string;
}

/** The period that a query asks for. @throws AppError `invalid` */
export function periodOf(wanted: { from?: string; to?: string }, now: number): Period {
  const faults = (["from", "to"] as const).filter((name) =>
    wanted[name] !== undefined && !isDay(wanted[name])
  );
  if (faults.length > 0) {
    const named = faults.map((name) => `\`${name}\``).join(" and ");
    throw new AppError("invalid", `${named} must be a day, such as 2026-11-25.`);
  }
  const to = wanted.to ?? dayOf(now);
  const from = wanted.from ?? daysAfter(to, 1 - DAYS);
  const days = daysFromTo(from, to);
  if (days < 1) {
    throw new AppError("invalid", `\`from\` must not be later than \`to\`, and ${from} is after ${to}.`);
  }
  if (days > DAYS_MAX) {
    throw new AppError("invalid", `From ${from} to ${to} are ${days} days. Ask for ${DAYS_MAX} at most.`);
  }
  return { from, to };
}

/** The days on which something was used, oldest first; of each the models, the dearest first. @throws AppError `invalid` */
export async function report(store: Store, userId: Id, { from, to }: Period): Promise<UsageReport> {
  const days = new Map<string, Map<string, ModelSpending>>();
  const end = ledgerPrefix(userId, daysAfter(to, 1));
  let start = ledgerPrefix(userId, from);
  for (let rows = 0;; rows += PAGE_ROWS) {
    if (rows >= ROWS_MAX) {
      throw new AppError(
        "invalid",
        `From ${from} to ${to} are more than ${ROWS_MAX} calls. Ask for fewer days.`,
      );
    }
    const page = await store.list<LedgerEntry>({ start, end }, { limit: PAGE_ROWS });
    for (const { key, value } of page) {
      const day = key[2] as string;
      const models = days.get(day) ?? new Map<string, ModelSpending>();
      days.set(day, models);
      models.set(value.model, plus(models.get(value.model), value));
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_ROWS) break;
    start = [...last.key, 0];
  }
  return {
    days: [...days].map(([day, models]) => ({ day, models: [...models.values()].sort(byCost) })),
  };
}

/** All days of the ledger, a month at a time. @throws AppError `invalid` */
export async function everyDay(store: Store, userId: Id, now: number): Promise<UsageReport["days"]> {
  const days: UsageReport["days"] = [];
  const first = dayOf(now - LEDGER_TTL_MS);
  for (let from = first; from <= dayOf(now); from = daysAfter(from, DAYS)) {
    days.push(...(await report(store, userId, { from, to: daysAfter(from, DAYS - 1) })).days);
  }
  return days;
}

function plus(sum: ModelSpending | undefined, { model, usage, costMicroUsd }: LedgerEntry): ModelSpending {
  return {
    model,
    attempts: (sum?.attempts ?? 0) + 1,
    inputTokens: (sum?.inputTokens ?? 0) + usage.inputTokens,
    cachedInputTokens: (sum?.cachedInputTokens ?? 0) + (usage.cachedInputTokens ?? 0),
    outputTokens: (sum?.outputTokens ?? 0) + usage.outputTokens,
    reasoningTokens: (sum?.reasoningTokens ?? 0) + (usage.reasoningTokens ?? 0),
    microUsd: (sum?.microUsd ?? 0) + (costMicroUsd ?? 0),
    unpriced: (sum?.unpriced ?? 0) + (costMicroUsd === null ? 1 : 0),
  };
}

function byCost(one: ModelSpending, other: ModelSpending): number {
  return other.microUsd - one.microUsd || (one.model < other.model ? -1 : 1);
}
