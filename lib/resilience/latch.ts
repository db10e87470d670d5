// A wait for one of two things: that somebody opens it, or that a time has come.
//   A wait that is ended by an opening leaves its alarm standing for the next: in a loop that waits for each token, up to
//   one moment, no timer is set for each token.
import type { Clock } from "../core/time.ts";

export class Latch implements Disposable {
  readonly #clock: Clock;
  #wake = () => {};
  #alarm: { at: number; stop: AbortController } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends the wait that is under way. One that begins later waits for the next opening. */
  open(): void {
    this.#wake();
  }

  /** Resolves when it is opened or disposed of, or at `at` in milliseconds since the epoch; perhaps earlier. Look at what you wait for. */
  wait(at?: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (at !== undefined && this.#alarm?.at !== at) this.#set(at);
    });
  }

  [Symbol.dispose](): void {
    this.#alarm?.stop.abort(null);
    this.#alarm = null;
    this.#wake();
  }

  #set(at: number): void {
    this.#alarm?.stop.abort(null);
    const alarm = this.#alarm = { at, stop: new AbortController() };
    void this.#clock.sleep(Math.max(0, at - this.#clock.now()), alarm.stop.signal).then(() => {
      if (this.#alarm !== alarm) return;
      this.#alarm = null;
      this.#wake();
    });
  }
}
