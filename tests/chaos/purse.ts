// What was paid, as the checker adds it up from the entries of the usage ledger.
import type { Write } from "@/lib/kv/store.ts";
import type { Conversation } from "@/lib/protocol/conversation.ts";
import type { Message } from "@/lib/protocol/message.ts";
import type { LedgerEntry } from "@/lib/usage/ledger.ts";

export class Purse {
  /** By their keys. */
  readonly #entries = new Map<string, LedgerEntry>();

  add(writes: readonly Write[], amiss: (what: string) => void): void {
    for (const { key, value } of writes) {
      if (key[0] !== "ledger") continue;
      const name = JSON.stringify(key);
      const entry = value as LedgerEntry;
      const before = this.#entries.get(name);
      // Whoever lets go of a job, and loses the answer to that, says it again.
      if (before !== undefined && JSON.stringify(before) !== JSON.stringify(entry)) {
        amiss(`${name} was written over`);
      }
      this.#entries.set(name, entry);
    }
  }

  /** Every price is known in a run. */
  end(
    conversations: readonly Conversation[],
    messages: readonly Message[],
    amiss: (what: string) => void,
  ): void {
    for (const { id, spent } of conversations) {
      const entered = this.#sum((entry) => entry.conversationId === id);
      if ((spent?.microUsd ?? 0) !== entered) {
        amiss(`${id} spent ${spent?.microUsd}, and ${entered} were entered`);
      }
    }
    for (const { id, costMicroUsd } of messages) {
      const entered = this.#sum((entry) => entry.messageId === id);
      if ((costMicroUsd ?? 0) !== entered) amiss(`${id} costs ${costMicroUsd}, and ${entered} were entered`);
    }
  }

  #sum(of: (entry: LedgerEntry) => boolean): number {
    let sum = 0;
    for (const entry of this.#entries.values()) if (of(entry)) sum += entry.costMicroUsd ?? 0;
    return sum;
  }
}
