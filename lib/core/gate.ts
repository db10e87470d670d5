// So many at once, and so many waiting behind them; the rest are told to come back.
import { AppError } from "./errors.ts";

export class Gate {
  readonly #insideMax: number;
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(insideMax: number, waitingMax: number) {
    this.#insideMax = insideMax;
    this.#waitingMax = waitingMax;
  }

  /** Nobody is inside, and nobody waits. */
  get isIdle(): boolean {
    return this.#inside === 0;
  }

  /** Acts when it is its turn. @throws AppError `limited` when too many wait already, and whatever `act` throws */
  async pass<T>(act: () => Promise<T>): Promise<T> {
    if (this.#inside >= this.#insideMax) {
      if (this.#waiting.length >= this.#waitingMax) {
        throw new AppError("limited", "Too many of these are waiting already. Try again in a moment.");
      }
      // Whoever leaves hands its place over: nobody who comes meanwhile takes it.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#inside++;
    try {
      return await act();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#inside--;
      else next();
    }
  }
}
