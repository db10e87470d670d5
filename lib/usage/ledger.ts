// The ledger: an entry for each call of a provider that used something.
//   L1  The commit that ends an attempt writes the entries of its calls, each under a key that only that attempt can
//       write: an answer that was lost, or a second try, writes the same entry again and not another.
import type { Id } from "../core/ids.ts";
import { LEDGER_TTL_MS, ledgerKey } from "../kv/keys.ts";
import { set, type Write } from "../kv/store.ts";
import type { Bill, PricedBill } from "./bill.ts";
import { dayOf } from "./day.ts";

/** What a call was for. */
export type Kind = "answer" | "summary" | "title";

/** `["ledger", user, day, job, epoch, index]`. */
export interface LedgerEntry extends PricedBill {
  conversationId: Id;
  /** The answer, or the last message that a summary covers. */
  messageId: Id;
  kind: Kind;
}

/** Who used what for which message. Of a job, `id` and `epoch` name the attempt. */
export interface Account {
  id: Id;
  epoch: number;
  userId: Id;
  conversationId: Id;
  messageId: Id;
}

/** A call that was for no answer. `id` is of this call alone: recorded again, it is not counted again. */
export interface OtherCall extends Omit<Account, "epoch"> {
  kind: Exclude<Kind, "answer">;
  bill: Bill;
}

/** The writes that enter the calls of one attempt. */
export function entered(account: Account, kind: Kind, bills: readonly PricedBill[]): Write[] {
  const { id, epoch, userId, conversationId, messageId } = account;
  return bills.map(({ at, model, outcome, usage, costMicroUsd }, index) =>
    set(
      ledgerKey(userId, dayOf(at), id, epoch, index),
      { at, conversationId, messageId, model, kind, outcome, usage, costMicroUsd },
      LEDGER_TTL_MS,
    )
  );
}
