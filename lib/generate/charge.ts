// A call of a provider that was for no answer, such as a summary: its entry in the ledger, and in what its conversation has
// spent, in one commit.
import { changeTopics, writeConversation } from "../chat/conversations.ts";
import { AppError } from "../core/errors.ts";
import { conversationKey, ledgerKey } from "../kv/keys.ts";
import type { Append, Appended } from "../kv/plan.ts";
import type { Store } from "../kv/store.ts";
import { plus, priced, type Pricing, totalOf } from "../usage/bill.ts";
import { dayOf } from "../usage/day.ts";
import { entered, type OtherCall } from "../usage/ledger.ts";

/** Another call's entry in place of ours is one in a million; three in a row are a defect. */
const TRIES_MAX = 3;

export interface ChargeDeps {
  store: Store;
  append: Append;
  costMicroUsd: Pricing;
}

/** Enters `call`, once. @throws AppError `busy` */
export async function charge(deps: ChargeDeps, call: OtherCall): Promise<void> {
  const bills = priced([call.bill], deps.costMicroUsd);
  const writes = entered({ ...call, epoch: 0 }, call.kind, bills);
  const key = ledgerKey(call.userId, dayOf(call.bill.at), call.id, 0, 0);
  const entry = (): Promise<Appended | null> =>
    deps.append(async () => {
      const [record, known] = await Promise.all([
        deps.store.get(conversationKey(call.conversationId)),
        deps.store.get(key),
      ]);
      if (known.value !== null) return null;
      const checks = [
        { key, versionstamp: null },
        { key: conversationKey(call.conversationId), versionstamp: record.versionstamp },
      ];
      const before = record.value;
      // What was purged meanwhile has been paid for all the same.
      if (before === null) return { topics: [], checks, writes: () => writes };
      const spent = plus(before.conversation.spent, totalOf(bills));
      const conversation = { ...before.conversation, ...(spent === undefined ? {} : { spent }) };
      const [own, listed] = changeTopics(call.userId, conversation);
      return {
        topics: before.deletedAt === null ? [own, listed] : [own],
        checks,
        writes: () => [...writeConversation(before, { ...before, conversation }), ...writes],
      };
    });
  // Two calls that cost the same say the same in the log: what was found there after a lost answer may be the other's.
  for (let tries = 1;; tries++) {
    const appended = await entry();
    if (appended === null || appended.versionstamp !== null) return;
    if ((await deps.store.get(key)).value !== null) return;
    if (tries === TRIES_MAX) throw new AppError("busy", "The store did not take the entry of the ledger.");
  }
}
