// A local stand-in for `jsr:@std/testing/time`: the public API of FakeTime, written here.
//   Faked: Date, setTimeout, clearTimeout, setInterval, clearInterval. Real: performance, queueMicrotask, AbortSignal.timeout.
import { type Timer, TimerQueue } from "./src/timer_queue.ts";

/** Faking or restoring time failed. */
export class TimeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TimeError";
  }
}

/** Lets fake time run by itself. */
export interface FakeTimeOptions {
  /** Fake milliseconds per real one. By default time stands still until told to move. */
  advanceRate?: number;
  /** Real milliseconds between two advances, 10 by default. */
  advanceFrequency?: number;
}

/** How `delay` waits. */
export interface DelayOptions {
  /** Ends the wait with its reason. */
  signal?: AbortSignal;
}

/** `runAll` gives up here: an interval that nobody clears would keep it going for ever. */
const RUN_ALL_TIMERS_MAX = 100_000;
/** Fake ids start far above real ones, so that clearing a timer from before reaches the real clock. */
const FAKE_ID_FIRST = 1_000_000_000;
const ADVANCE_FREQUENCY_MS = 10;

const real = { Date, setTimeout, clearTimeout, setInterval, clearInterval };
// Called by themselves: older runtimes refuse timers as methods of anything but the global.
const { setTimeout: setReal, clearTimeout: clearReal, setInterval: repeatReal } = real;
let active: FakeTime | null = null;

/** Replaces Date and the timers of this process by ones a test moves by hand. */
export class FakeTime {
  #now: number;
  #start: number;
  #queue = new TimerQueue(FAKE_ID_FIRST);
  #advancer: ReturnType<typeof setInterval> | undefined;

  constructor(start?: number | string | Date | null, options: FakeTimeOptions = {}) {
    if (active) throw new TimeError("Cannot construct FakeTime: time is already faked");
    this.#start = this.#now = start === undefined || start === null
      ? real.Date.now()
      : new real.Date(start).valueOf();
    if (Number.isNaN(this.#start)) {
      throw new TimeError(`Cannot construct FakeTime: invalid start date ${start}`);
    }
    const { advanceRate = 0, advanceFrequency = ADVANCE_FREQUENCY_MS } = options;
    if (advanceRate > 0) {
      if (!(advanceFrequency > 0)) {
        throw new TimeError(`Cannot construct FakeTime: invalid advanceFrequency ${advanceFrequency}`);
      }
      const step = advanceRate * advanceFrequency;
      this.#advancer = repeatReal(() => this.tick(step), advanceFrequency);
    }
    this.#install();
  }

  /** Gives real time back. */
  static restore(): void {
    if (!active) throw new TimeError("Cannot restore time: time is already restored");
    active.restore();
  }

  /** Runs `callback` in real time, then fakes time again. */
  static async restoreFor<T, Args extends unknown[]>(
    callback: (...args: Args) => Promise<T> | T,
    ...args: Args
  ): Promise<T> {
    const time = active;
    if (!time) throw new TimeError("Cannot restore time: time is not faked");
    uninstall();
    try {
      return await callback(...args);
    } finally {
      time.#install();
    }
  }

  /** The fake milliseconds since 1970. Setting it runs every timer that is due by then. */
  get now(): number {
    return this.#now;
  }
  set now(value: number) {
    if (value < this.#now) {
      throw new RangeError(
        `Cannot set current time in the past, time must be >= ${this.#now}: received ${value}`,
      );
    }
    for (let timer = this.#queue.dueBy(value); timer; timer = this.#queue.dueBy(value)) this.#fire(timer);
    // A callback may itself have moved time beyond what was asked for.
    this.#now = Math.max(this.#now, value);
  }

  /** Where this fake time started. */
  get start(): number {
    return this.#start;
  }
  set start(_value: number) {
    throw new TypeError("Cannot change the start of a fake time");
  }

  /** Waits in real time. */
  async delay(ms: number, options: DelayOptions = {}): Promise<void> {
    const { signal } = options;
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = () => reject(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    const id = setReal(resolve, ms);
    try {
      await promise;
    } finally {
      clearReal(id);
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Lets every pending microtask run. */
  async runMicrotasks(): Promise<void> {
    await this.delay(0);
  }

  /** Moves time by `ms`, running what falls due. */
  tick(ms = 0): void {
    this.now += ms;
  }

  /** Runs the pending microtasks, then ticks. */
  async tickAsync(ms = 0): Promise<void> {
    await this.runMicrotasks();
    this.tick(ms);
  }

  /** Moves time to the next timer and runs it. False where there is none. */
  next(): boolean {
    const timer = this.#queue.dueBy(Infinity);
    if (!timer) return false;
    this.#fire(timer);
    return true;
  }

  /** Runs the pending microtasks, then the next timer. */
  async nextAsync(): Promise<boolean> {
    await this.runMicrotasks();
    return this.next();
  }

  /** Runs timers until none is left. */
  runAll(): void {
    for (let ran = 0; this.next(); ran++) refuseEndless(ran);
  }

  /** Runs timers until none is left, with the pending microtasks before each. */
  async runAllAsync(): Promise<void> {
    for (let ran = 0; this.#queue.size > 0; ran++) {
      await this.runMicrotasks();
      this.next();
      refuseEndless(ran);
    }
  }

  /** Gives real time back. */
  restore(): void {
    if (active !== this) throw new TimeError("Cannot restore time: time is already restored");
    clearReal(this.#advancer);
    uninstall();
  }

  /** Gives real time back at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.restore();
  }

  #fire(timer: Timer): void {
    this.#now = Math.max(this.#now, timer.dueMs);
    if (timer.periodMs === null) this.#queue.remove(timer.id);
    else this.#queue.put({ ...timer, dueMs: timer.dueMs + timer.periodMs });
    timer.run();
  }

  #install(): void {
    active = this;
    const add = (repeats: boolean) => (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
      this.#queue.add(this.#now, ms, repeats, () => callback.apply(globalThis, args));
    Object.assign(globalThis, {
      Date: fakeDate(() => this.#now),
      setTimeout: add(false),
      setInterval: add(true),
      clearTimeout: (id?: number) => this.#queue.remove(id) || clearReal(id),
      clearInterval: (id?: number) => this.#queue.remove(id) || clearReal(id),
    });
  }
}

function uninstall(): void {
  active = null;
  Object.assign(globalThis, real);
}

function refuseEndless(ran: number): void {
  if (ran < RUN_ALL_TIMERS_MAX) return;
  throw new TimeError(
    `Cannot run all timers: ${RUN_ALL_TIMERS_MAX} ran and more are due; is an interval never cleared?`,
  );
}

/** The real Date, except that it reads the time from `now`. A proxy keeps `instanceof` true for dates of both. */
function fakeDate(now: () => number): DateConstructor {
  const fake: DateConstructor = new Proxy(real.Date, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget === fake ? target : newTarget),
    apply: () => new real.Date(now()).toString(),
    get: (target, key) => key === "now" ? now : Reflect.get(target, key),
  });
  return fake;
}
