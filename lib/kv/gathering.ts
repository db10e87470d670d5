// Requests to the store that gather while another is under way, and then leave together. For writes and for reads alike:
// the embedded store has one thread, and takes one request in a turn of our event loop, however small it is.
//   Q4  A request that hangs, or is slow, holds back for `PATIENCE_MS` what is ready behind it, and no longer.
import type { Clock } from "../core/time.ts";

/**
 * How long a request may hold back those behind it. On a file one takes 0.2 ms, and what gathers meanwhile makes the next
 * one larger and cheaper; over a network, where it takes longer than this, several are under way at once.
 */
const PATIENCE_MS = 5;

/** Full groups under way at once, within the patience. The store takes them one by one all the same. */
const FULL_GROUPS_MAX = 4;

/** What a gathering is for. */
export interface Errand<M> {
  /** Whether those that wait fill a group. */
  isFull(waiting: readonly M[]): boolean;
  /** The oldest that may go together, at least one of them, and those that stay. */
  divide(waiting: readonly M[]): { group: M[]; left: M[] };
  /** Sends them, and tells each what became of it. Never rejects. */
  send(group: readonly M[]): Promise<void>;
}

export class Gathering<M> {
  readonly #errand: Errand<M>;
  readonly #clock: Clock;
  #waiting: M[] = [];
  /** The groups under way that still hold others back. */
  readonly #holding = new Set<{ leftAt: number }>();
  /** Ends the wait of those behind a group, when nobody waits any more. */
  #waited: AbortController | null = null;

  constructor(errand: Errand<M>, clock: Clock) {
    this.#errand = errand;
    this.#clock = clock;
  }

  join(member: M): void {
    this.#waiting.push(member);
    this.#leave();
  }

  /** Sends what may go now. */
  #leave(): void {
    while (this.#waiting.length > 0) {
      const groupsMax = this.#errand.isFull(this.#waiting) ? FULL_GROUPS_MAX : 1;
      if (this.#holding.size >= groupsMax) return this.#beImpatient();
      const { group, left } = this.#errand.divide(this.#waiting);
      this.#waiting = left;
      void this.#send(group);
    }
    // With a reason of its own an abort makes no exception, which is most of its cost.
    this.#waited?.abort(null);
    this.#waited = null;
  }

  async #send(group: readonly M[]): Promise<void> {
    const held = { leftAt: this.#clock.now() };
    this.#holding.add(held);
    await this.#errand.send(group);
    this.#holding.delete(held);
    this.#leave();
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
