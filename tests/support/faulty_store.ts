// KV with faults on order: commits that fail, whose answers are lost, or that wait. Everything else is the real thing.
import { Store, type Transaction } from "@/lib/kv/store.ts";
import { Metrics } from "@/lib/observe/metrics.ts";

/** `fail`: thrown, and not stored. `lose`: stored, and then thrown. `refuse`: as if a check had failed. */
export type Fault = "none" | "fail" | "lose" | "refuse";

/** What a network says when it takes an answer with it. */
export class StoreAway extends Error {
  override readonly name = "StoreAway";
}

export class FaultyStore extends Store {
  readonly metrics: Metrics;
  /** Every transaction that was tried, in order. */
  readonly tried: Transaction[] = [];
  /** Asked before each commit; may wait, and may do things of its own. */
  onCommit: (transaction: Transaction) => Fault | Promise<Fault> = () => "none";
  /** Asked before each read of one key or of several. */
  onRead: (keys: readonly Deno.KvKey[]) => void | Promise<void> = () => {};

  constructor(kv: Deno.Kv) {
    const metrics = new Metrics();
    super(kv, metrics);
    this.metrics = metrics;
  }

  override async get<V>(key: Parameters<Store["get"]>[0] & { readonly holds?: V }) {
    await this.onRead([key]);
    return await super.get<V>(key);
  }

  override async commit(transaction: Transaction): Promise<string | null> {
    this.tried.push(transaction);
    const fault = await this.onCommit(transaction);
    if (fault === "fail") throw new StoreAway("The store is away");
    if (fault === "refuse") return null;
    const versionstamp = await super.commit(transaction);
    if (fault === "lose") throw new StoreAway("The answer was lost");
    return versionstamp;
  }
}

/** A hook for `onCommit` that takes these faults in turn, and none after them. */
export function faults(...list: Fault[]): () => Fault {
  const left = [...list];
  return () => left.shift() ?? "none";
}
