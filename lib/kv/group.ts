// Group commit: transactions that are ready at the same moment go to KV as one, for a commit costs a write to the disk,
// or a round trip, however much is in it.
//   Q1  Only transactions that share no key are joined, and those that share one keep their order: a group means what
//       its members would mean one after another.
//   Q2  A group of which a check fails goes again member by member: nobody's conflict is another's.
//   Q3  So does a group that throws, for one transaction that KV does not take must not take others with it. But a
//       member whose check fails then may have landed the first time: it throws, and its caller looks for itself.
import type { Clock } from "../core/time.ts";
import { Gathering } from "./gathering.ts";
import { COMMIT_BYTES_MAX, COMMIT_WRITES_MAX } from "./limits.ts";
import type { Transaction } from "./store.ts";

/** A transaction that waits to be sent, and whoever waits for its versionstamp. */
interface Member {
  transaction: Transaction;
  bytes: number;
  /** Names of its keys, once somebody has to compare them. */
  keys?: readonly string[];
  resolve: (versionstamp: string | null) => void;
  reject: (error: unknown) => void;
}

/** Sends one atomic operation: its versionstamp, or null when a check failed. */
export type Send = (transaction: Transaction) => Promise<string | null>;

export class GroupCommit {
  readonly #send: Send;
  readonly #gathering: Gathering<Member>;
  /** Most checks of one group: what the store takes. */
  checksMax: number;

  constructor(send: Send, clock: Clock, checksMax: number) {
    this.#send = send;
    this.checksMax = checksMax;
    this.#gathering = new Gathering<Member>({
      isFull: (waiting) => this.#isFull(waiting),
      divide: (waiting) => this.#divide(waiting),
      send: (group) => this.#sendGroup(group),
    }, clock);
  }

  /** `bytes` is the size of the transaction, which by itself is within every limit. */
  commit(transaction: Transaction, bytes: number): Promise<string | null> {
    return new Promise((resolve, reject) => this.#gathering.join({ transaction, bytes, resolve, reject }));
  }

  #isFull(waiting: readonly Member[]): boolean {
    let checks = 0;
    for (const { transaction } of waiting) {
      checks += transaction.checks.length;
      if (checks >= this.checksMax) return true;
    }
    return false;
  }

  /** Whoever shares a key with one that stays, stays. */
  #divide(waiting: readonly Member[]): { group: Member[]; left: Member[] } {
    if (waiting.length === 1) return { group: [...waiting], left: [] };
    const group: Member[] = [];
    const left: Member[] = [];
    const taken = new Set<string>();
    let [checks, writes, bytes] = [0, 0, 0];
    for (const [i, member] of waiting.entries()) {
      const { transaction } = member;
      const fits = checks + transaction.checks.length <= this.checksMax &&
        writes + transaction.writes.length <= COMMIT_WRITES_MAX && bytes + member.bytes <= COMMIT_BYTES_MAX;
      if (group.length > 0 && !fits) {
        left.push(...waiting.slice(i));
        break;
      }
      const keys = member.keys ??= keysOf(transaction);
      if (keys.some((key) => taken.has(key))) {
        left.push(member);
      } else {
        group.push(member);
        checks += transaction.checks.length;
        writes += transaction.writes.length;
        bytes += member.bytes;
      }
      for (const key of keys) taken.add(key);
    }
    return { group, left };
  }

  async #sendGroup(group: readonly Member[]): Promise<void> {
    try {
      const versionstamp = await this.#send(joined(group));
      if (versionstamp === null && group.length > 1) this.#sendEach(group, null);
      else for (const { resolve } of group) resolve(versionstamp);
    } catch (error) {
      if (group.length > 1) this.#sendEach(group, error);
      else for (const { reject } of group) reject(error);
    }
  }

  /** `thrown`: what became of the group is not known, so that a check that fails may be its own doing (Q3). */
  #sendEach(group: readonly Member[], thrown: unknown): void {
    for (const { transaction, resolve, reject } of group) {
      this.#send(transaction).then((versionstamp) => {
        if (versionstamp === null && thrown !== null) reject(thrown);
        else resolve(versionstamp);
      }, reject);
    }
  }
}

function joined(group: readonly Member[]): Transaction {
  const [first] = group;
  if (first !== undefined && group.length === 1) return first.transaction;
  return {
    checks: group.flatMap(({ transaction }) => transaction.checks),
    writes: group.flatMap(({ transaction }) => transaction.writes),
  };
}

/** Names of all keys that a transaction looks at or writes. `1` and `"1"` have one name, which only parts the two. */
function keysOf({ checks, writes }: Transaction): string[] {
  const keys = checks.map(({ key }) => key.join("\0"));
  for (const { key } of writes) keys.push(key.join("\0"));
  return keys;
}
