// A clock that a test moves by hand.
import type { Clock } from "@/lib/core/time.ts";

/** More sleeps than any test means to wake; beyond it, something sleeps in a loop for no time at all. */
const WAKES_MAX = 1_000_000;

interface Sleep {
  atMs: number;
  wake(): void;
}

export class FakeClock implements Clock {
  #nowMs: number;
  #sleeps: Sleep[] = [];

  constructor(nowMs = Date.UTC(2026, 10, 15)) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  /** How many sleepers wait. */
  get sleeping(): number {
    return this.#sleeps.length;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        signal?.removeEventListener("abort", wake);
        this.#sleeps = this.#sleeps.filter((other) => other !== sleep);
        resolve();
      };
      const sleep: Sleep = { atMs: this.#nowMs + Math.max(0, ms), wake };
      signal?.addEventListener("abort", wake, { once: true });
      this.#sleeps.push(sleep);
    });
  }

  /** Moves time forward by `ms`, waking each sleeper at its time, the earliest first, and letting it act on that. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await turn();
    for (let wakes = 0; wakes < WAKES_MAX; wakes++) {
      let next: Sleep | undefined;
      for (const sleep of this.#sleeps) {
        if (sleep.atMs <= untilMs && (next === undefined || sleep.atMs < next.atMs)) next = sleep;
      }
      if (next === undefined) {
        this.#nowMs = untilMs;
        return await turn();
      }
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
      await turn();
    }
    throw new Error(`${WAKES_MAX} sleeps within ${ms} ms: something sleeps for no time, in a loop`);
  }
}

/** A clock whose sleepers can be counted, over another. */
export class CountingClock implements Clock {
  readonly #clock: Clock;
  sleeping = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.sleeping++;
    await this.#clock.sleep(ms, signal);
    this.sleeping--;
  }
}

/** One turn of the event loop: every promise that could settle has settled. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
