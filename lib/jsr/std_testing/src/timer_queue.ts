// Timers in the order in which they fall due; equal times in the order in which they were set.

/** One pending callback. */
export interface Timer {
  id: number;
  dueMs: number;
  /** Null for a timeout, which runs once. */
  periodMs: number | null;
  run: () => void;
}

/** An interval of 0 would keep one tick from ever ending; real clocks clamp it too. */
const PERIOD_MS_MIN = 1;

/** The pending timers of one fake time. */
export class TimerQueue {
  #timers: Timer[] = [];
  #nextId: number;

  constructor(firstId: number) {
    this.#nextId = firstId;
  }

  /** How many are pending. */
  get size(): number {
    return this.#timers.length;
  }

  /** Sets a timer `ms` after `nowMs`; returns its id. */
  add(nowMs: number, ms: number, repeats: boolean, run: () => void): number {
    const delayMs = Math.max(0, Number(ms) || 0);
    const id = this.#nextId++;
    const periodMs = repeats ? Math.max(PERIOD_MS_MIN, delayMs) : null;
    this.put({ id, dueMs: nowMs + (periodMs ?? delayMs), periodMs, run });
    return id;
  }

  /** Inserts a timer, in place of one with its id. */
  put(timer: Timer): void {
    this.remove(timer.id);
    const at = this.#timers.findIndex((other) => other.dueMs > timer.dueMs);
    this.#timers.splice(at === -1 ? this.#timers.length : at, 0, timer);
  }

  /** Removes a timer. False for an id that is not pending here. */
  remove(id: number | undefined): boolean {
    const at = this.#timers.findIndex((timer) => timer.id === id);
    if (at !== -1) this.#timers.splice(at, 1);
    return at !== -1;
  }

  /** The first timer that is due by then, still in the queue. */
  dueBy(ms: number): Timer | undefined {
    const first = this.#timers[0];
    return first && first.dueMs <= ms ? first : undefined;
  }
}
