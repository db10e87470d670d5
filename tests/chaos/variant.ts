// What a run may break on purpose, to see that the checker notices. Nothing of the program is edited: its store, its
// cursors or its timers are.
import type { Selector, Transaction } from "@/lib/kv/store.ts";

export interface Variant {
  /** What is committed in place of a transaction. */
  transaction?: (
    transaction: Transaction,
  ) => { checks: Transaction["checks"][number][]; writes: Transaction["writes"][number][] };
  /** Keys that look empty. */
  hides?: (key: Deno.KvKey) => boolean;
  /** What is listed in place of a range. */
  selector?: (selector: Selector) => Selector;
  /** Where a follower begins in place of its cursor. */
  cursor?: (cursor: number) => number;
}
