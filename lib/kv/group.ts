// Group commit: transactions that are ready at the same moment go to KV as one, for a commit costs a write to the disk,
// or a round trip, however much is in it.
//   Q1  Only transactions that share no key are joined, and those that share one keep their order: a group means what
//       its members would mean one after another.
//   Q2  A group of which a check fails goes again member by member: nobody's conflict is another's.
//   Q3  So does a group that throws, for one transaction that KV does not take must not take others with it. But a
//       member whose check fails then may have landed the first time: it throws, and its caller looks for itself.
//   Q4  A commit that hangs, or is slow, holds back for `PATIENCE_MS` what is ready behind it, and no longer.
import type { Clock } from "../core/time.ts";
import { COMMIT_BYTES_MAX, COMMIT_WRITES_MAX } from "./limits.ts";
import type { Transaction } from "./store.ts";

/**
 * How long a commit may hold back those behind it. On a file one takes 0.2 ms, and what gathers meanwhile makes the next
 * one larger and cheaper; over a network, where it takes longer than this, several are under way at once.
 */
const PATIENCE_MS = 5;

/** Full groups under way at once, within the patience. KV takes them one by one all the same. */
const FULL_GROUPS_MAX = 4;

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
  readonly #clock: Clock;
  /** Most checks of one group: what the store takes. */
  checksMax: number;
  #waiting: Member[] = [];
  /** Checks of those that wait, so that a full group is noticed without counting. */
  #checksWaiting = 0;
  /** When each group under way left that still holds others back. */
  readonly #holding = new Set<{ leftAt: number }>();
  /** Ends the wait of those behind a group, when nobody waits any more. */
  #waited: AbortController | null = null;

  constructor(send: Send, clock: Clock, checksMax: number) {
    this.#send = send;
    this.#clock = clock;
    this.checksMax = checksMax;
  }

  /** `bytes` is the size of the transaction, which by itself is within every limit. */
  commit(transaction: Transaction, bytes: number): Promise<string | null> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ transaction, bytes, resolve, reject });
      this.#checksWaiting += transaction.checks.length;
      this.#leave();
    });
  }

  /** Sends what may go now. */
  #leave(): void {
    while (this.#waiting.length > 0) {
      const full = this.#checksWaiting >= this.checksMax;
      if (this.#holding.size >= (full ? FULL_GROUPS_MAX : 1)) return this.#beImpatient();
      void this.#sendGroup(this.#take());
    }
    // With a reason of its own an abort makes no exception, which is most of its cost.
    this.#waited?.abort(null);
    this.#waited = null;
  }

  /** The oldest that wait and may go together; the first always may. Whoever shares a key with one that stays, stays. */
  #take(): Member[] {
    if (this.#waiting.length === 1) {
      this.#checksWaiting = 0;
      return this.#waiting.splice(0);
    }
    const group: Member[] = [];
    const left: Member[] = [];
    const taken = new Set<string>();
    let [checks, writes, bytes] = [0, 0, 0];
    for (const [i, member] of this.#waiting.entries()) {
      const { transaction } = member;
      const fits = checks + transaction.checks.length <= this.checksMax &&
        writes + transaction.writes.length <= COMMIT_WRITES_MAX && bytes + member.bytes <= COMMIT_BYTES_MAX;
      if (group.length > 0 && !fits) {
        left.push(...this.#waiting.slice(i));
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
    this.#waiting = left;
    this.#checksWaiting -= checks;
    return group;
  }

  async #sendGroup(group: readonly Member[]): Promise<void> {
    const held = { leftAt: this.#clock.now() };
    this.#holding.add(held);
    try {
      const versionstamp = await this.#send(joined(group));
      if (versionstamp === null && group.length > 1) this.#sendEach(group, null);
      else for (const { resolve } of group) resolve(versionstamp);
    } catch (error) {
      if (group.length > 1) this.#sendEach(group, error);
      else for (const { reject } of group) reject(error);
    }
    this.#holding.delete(held);
    this.#leave();
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

  /** Lets those that wait go when the oldest group under way has had its time (Q4). One timer, however many wait. */
  #beImpatient(): void {
    if (this.#waited !== null) return;
    const waited = this.#waited = new AbortController();
    void this.#clock.sleep(PATIENCE_MS, waited.signal).then(() => {
      if (waited.signal.aborted) return;
      this.#waited = null;
      const now = this.#clock.now();
      for (const held of this.#holding) if (now - held.leftAt >= PATIENCE_MS) this.#holding.delete(held);
      this.#leave();
    });
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
