// KV as the rest of the program sees it: typed keys, transactions as values, writes that are counted.
//   K1  A transaction is data. Whoever commits may look at it, count it, or join it with others (`group.ts`).
//   K2  No transaction goes out that some KV would refuse: its limits are checked before, with the key that is too much.
import { AppError } from "../core/errors.ts";
import { type Clock, systemClock } from "../core/time.ts";
import type { Counters } from "../observe/metrics.ts";
import { GroupCommit } from "./group.ts";
import { probeKey } from "./keys.ts";
import { whenUnlocked } from "./locked.ts";
import type { Pulse } from "./pulse.ts";
import { GroupRead } from "./reads.ts";
import {
  COMMIT_BYTES_MAX,
  COMMIT_CHECKS_MAX,
  COMMIT_WRITES_MAX,
  encodedBytes,
  GET_MANY_MAX,
  keyBytes,
  VALUE_BYTES_MAX,
  WRITE_UNIT_BYTES,
} from "./limits.ts";

/** The embedded store's own limit, which some others share. */
const PROBED_CHECKS = 100;

/** A key that knows what it holds. */
export type Key<V> = Deno.KvKey & { readonly holds?: V };

/** What a key held at one moment. `versionstamp` is null when it held nothing. */
export interface Versioned<V> {
  value: V | null;
  versionstamp: string | null;
}

/** "This key has not changed since." */
export interface Check {
  key: Deno.KvKey;
  versionstamp: string | null;
}

/** A set, or with `value: undefined` a delete. `expireInMs` counts from the commit. */
export interface Write {
  key: Deno.KvKey;
  value: unknown;
  expireInMs?: number;
  /** Of the value as encoded, from a writer who knows it; otherwise it is counted. */
  bytes?: number;
}

export interface Transaction {
  checks: readonly Check[];
  writes: readonly Write[];
}

/** A typed set, so that the value is checked against its key. */
export function set<V>(key: Key<V>, value: V, expireInMs?: number): Write {
  return expireInMs === undefined ? { key, value } : { key, value, expireInMs };
}

export function remove(key: Deno.KvKey): Write {
  return { key, value: undefined };
}

export interface Found<V> {
  key: Deno.KvKey;
  value: V;
  versionstamp: string;
}

/** Where a list begins and ends, and how much of it is wanted. */
export type Selector =
  | { prefix: Deno.KvKey }
  | { prefix: Deno.KvKey; start: Deno.KvKey }
  | { prefix: Deno.KvKey; end: Deno.KvKey }
  | { start: Deno.KvKey; end: Deno.KvKey };

/** Runs what only one in this process may do at a time. */
export type InTurn = <T>(act: () => Promise<T>) => Promise<T>;

export class Store {
  readonly #kv: Deno.Kv;
  readonly #counters: Counters;
  readonly #clock: Clock;
  readonly #inTurn: InTurn;
  readonly #group: GroupCommit;
  readonly #reads: GroupRead;

  readonly #pulse: Pulse | null;

  /**
   * `pulse` beats with each commit, where others need to be told of it. `inTurn` is for commits, where several connections
   * of this process are to one file.
   */
  constructor(
    kv: Deno.Kv,
    counters: Counters,
    clock: Clock = systemClock,
    { pulse = null, inTurn = (act) => act() }: { pulse?: Pulse | null; inTurn?: InTurn } = {},
  ) {
    this.#kv = kv;
    this.#pulse = pulse;
    this.#counters = counters;
    this.#clock = clock;
    this.#inTurn = inTurn;
    this.#group = new GroupCommit((transaction) => this.#send(transaction), clock, COMMIT_CHECKS_MAX);
    this.#reads = new GroupRead((keys) => kv.getMany(keys), clock);
  }

  async get<V>(key: Key<V>): Promise<Versioned<V>> {
    return await this.#reads.get(key) as Versioned<V>;
  }

  /** Any number of keys, each by itself: what they hold was not all there at one moment. */
  async getEach<V>(keys: readonly Key<V>[]): Promise<Versioned<V>[]> {
    return await Promise.all(keys.map((key) => this.get(key)));
  }

  /** Any number of keys, ten a request; each ten are read at one moment, the whole is not. */
  async getMany<V>(keys: readonly Key<V>[]): Promise<Versioned<V>[]> {
    const found: Versioned<V>[] = [];
    for (let at = 0; at < keys.length; at += GET_MANY_MAX) {
      const some = keys.slice(at, at + GET_MANY_MAX);
      found.push(...await this.#kv.getMany<V[]>(some));
    }
    return found;
  }

  /** The entries of a range. `limit` is required: every loop has one. */
  async list<V>(selector: Selector, options: { limit: number; reverse?: boolean }): Promise<Found<V>[]> {
    const found: Found<V>[] = [];
    const batchSize = Math.min(500, options.limit);
    for await (const entry of this.#kv.list<V>(selector, { ...options, batchSize })) found.push(entry);
    return found;
  }

  /** States of one key, newest first to be seen; some may be skipped. Ends when the reader is cancelled. */
  watch<V>(key: Key<V>): ReadableStream<[Versioned<V>]> {
    return this.#kv.watch<[V]>([key]) as ReadableStream<[Versioned<V>]>;
  }

  /**
   * The versionstamp of the commit, or null when a check failed. A throw means that nobody knows whether it landed. What
   * is ready at the same moment shares a commit, and its versionstamp.
   * @throws AppError `too_large` before anything is sent when a limit would be passed.
   */
  async commit(transaction: Transaction): Promise<string | null> {
    const { units, bytes } = measure(transaction);
    const versionstamp = await this.#group.commit(transaction, bytes);
    if (versionstamp === null) this.#counters.add("throughline_kv_conflicts_total", 1);
    else this.#counters.add("throughline_kv_write_units_total", units);
    return versionstamp;
  }

  /** Finds out how many checks the store takes at once: the more, the larger the groups. Until then, and when it is away, as few as any takes. */
  async probe(): Promise<void> {
    const checks = Array.from({ length: PROBED_CHECKS }, (_, i) => ({
      key: [...probeKey(), i],
      versionstamp: null,
    }));
    try {
      if (await this.#send({ checks, writes: [] }) !== null) this.#group.checksMax = PROBED_CHECKS;
    } catch {
      // A store that takes fewer says so by refusing: the bound that every store accepts stays.
    }
  }

  /** One atomic operation. */
  async #send(transaction: Transaction): Promise<string | null> {
    const commit = () => this.#operation(transaction).commit();
    const result = await whenUnlocked(() => this.#inTurn(commit), this.#clock);
    if (!result.ok) return null;
    this.#counters.add("throughline_kv_commits_total", 1);
    return result.versionstamp;
  }

  #operation({ checks, writes }: Transaction): Deno.AtomicOperation {
    const operation = this.#kv.atomic();
    if (this.#pulse !== null) {
      const { key, value, expireInMs } = this.#pulse.beat();
      operation.set(key, value, { expireIn: expireInMs });
    }
    for (const { key, versionstamp } of checks) operation.check({ key, versionstamp });
    for (const { key, value, expireInMs } of writes) {
      if (value === undefined) operation.delete(key);
      else operation.set(key, value, expireInMs === undefined ? undefined : { expireIn: expireInMs });
    }
    return operation;
  }
}

/** Write units of a transaction, 1 per KiB and key, rounded up, and its bytes; throws when it is more than KV takes (K2). */
function measure({ checks, writes }: Transaction): { units: number; bytes: number } {
  if (checks.length > COMMIT_CHECKS_MAX) {
    throw tooLarge(`${checks.length} checks; at most ${COMMIT_CHECKS_MAX}`);
  }
  if (writes.length > COMMIT_WRITES_MAX) {
    throw tooLarge(`${writes.length} writes; at most ${COMMIT_WRITES_MAX}`);
  }
  let units = 0;
  // What is checked is part of a commit as well, and costs nothing.
  let total = checks.reduce((sum, { key }) => sum + keyBytes(key), 0);
  for (const { key, value, bytes: known } of writes) {
    const size = value === undefined ? 0 : known ?? encodedBytes(value);
    if (size > VALUE_BYTES_MAX) {
      throw tooLarge(`the value of ${JSON.stringify(key)} has ${size} bytes; at most ${VALUE_BYTES_MAX}`);
    }
    const bytes = size + keyBytes(key);
    total += bytes;
    units += Math.ceil(bytes / WRITE_UNIT_BYTES);
  }
  if (total > COMMIT_BYTES_MAX) throw tooLarge(`${total} bytes; at most ${COMMIT_BYTES_MAX}`);
  return { units, bytes: total };
}

function tooLarge(what: string): AppError {
  return new AppError("too_large", "This is too large to store in one piece.", {
    cause: new RangeError(`A commit would have ${what}`),
  });
}
