// The store that all processes share: a real KV in memory, its watches, and the record of what it took.
import type { Check, Selector, Write } from "@/lib/kv/store.ts";
import type { History } from "./history.ts";

/** A row as KV returns it. */
export type Row = Deno.KvEntryMaybe<unknown>;

export class Disk implements AsyncDisposable {
  readonly #kv: Deno.Kv;
  readonly #history: History;
  /** A KV begins to count where it likes: a history names each commit by its number. */
  readonly #numbers = new Map<string, string>();
  /** Told which keys a commit wrote. */
  readonly watchers = new Set<(written: ReadonlySet<string>) => void>();

  constructor(kv: Deno.Kv, history: History) {
    this.#kv = kv;
    this.#history = history;
  }

  get(key: Deno.KvKey): Promise<Row> {
    return this.#kv.get(key);
  }

  getMany(keys: readonly Deno.KvKey[]): Promise<Row[]> {
    return keys.length === 0 ? Promise.resolve([]) : this.#kv.getMany(keys as Deno.KvKey[]);
  }

  async list(selector: Selector, options: Deno.KvListOptions): Promise<Deno.KvEntry<unknown>[]> {
    return await Array.fromAsync(this.#kv.list(selector, options));
  }

  /** The versionstamp, or null when a check failed. */
  async commit(by: string, checks: readonly Check[], writes: readonly Write[]): Promise<string | null> {
    const operation = this.#kv.atomic();
    for (const check of checks) operation.check(check);
    for (const { key, value, expireInMs } of writes) {
      if (value === undefined) operation.delete(key);
      else operation.set(key, value, expireInMs === undefined ? undefined : { expireIn: expireInMs });
    }
    const result = await operation.commit();
    if (!result.ok) return null;
    this.#numbers.set(result.versionstamp, `#${this.#numbers.size + 1}`);
    const numbered = checks.map(({ key, versionstamp }) => ({
      key,
      versionstamp: versionstamp === null ? null : this.#numbers.get(versionstamp) ?? "?",
    }));
    this.#history.add({ what: "committed", by, checks: numbered, writes });
    const written = new Set(writes.map(({ key }) => JSON.stringify(key)));
    for (const tell of [...this.watchers]) tell(written);
    return result.versionstamp;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#kv.close();
    return Promise.resolve();
  }
}
