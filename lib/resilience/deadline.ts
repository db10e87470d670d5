// Deadlines around a stream: until its first byte, between its bytes, and for the whole.
//   R1  The consumer is never left waiting: a deadline or the caller's abort rejects the pull that is in flight, even
//       if the source never settles.
//   R2  The source's signal aborts the moment the call is over for any reason but the source's own end.
//   R3  Silence is the provider's only while somebody is pulling: a consumer that pauses costs the provider nothing.
import { AppError } from "../core/errors.ts";
import type { Clock } from "../core/time.ts";

export interface Deadlines {
  firstByteMs: number;
  idleMs: number;
  totalMs: number;
}

export const DEADLINES: Deadlines = {
  /** Busy providers queue a request for tens of seconds before they send anything; beyond a minute people have left. */
  firstByteMs: 60_000,
  /** Providers ping while a model thinks, every 10 to 30 s; two minutes of true silence is a dead connection. */
  idleMs: 120_000,
  /** The longest answers, 128k tokens at 150 a second, take about 14 minutes. */
  totalMs: 15 * 60_000,
};

/** Starts a source. `touch` says that a byte arrived, for those that never become an event, such as pings. */
export type Open<T> = (signal: AbortSignal, touch: () => void) => AsyncIterable<T>;

type Phase = { name: "waiting" } | { name: "flowing"; lastByteMs: number } | { name: "paused" };

/** The next deadline after `now`: which, and when it falls due. Pure. */
function nextDeadline(
  limits: Deadlines,
  startMs: number,
  phase: Phase,
): { code: keyof typeof WORDS; dueMs: number } {
  const total = { code: "timeout_total", dueMs: startMs + limits.totalMs } as const;
  if (phase.name === "paused") return total;
  const silence = phase.name === "waiting"
    ? { code: "timeout_first_byte", dueMs: startMs + limits.firstByteMs } as const
    : { code: "timeout_idle", dueMs: phase.lastByteMs + limits.idleMs } as const;
  return silence.dueMs <= total.dueMs ? silence : total;
}

const WORDS = {
  timeout_first_byte: (limits: Deadlines) =>
    `The provider did not start to answer within ${
      duration(limits.firstByteMs)
    }. Try again, or choose another model.`,
  timeout_idle: (limits: Deadlines) =>
    `The provider sent nothing for ${duration(limits.idleMs)} in the middle of its answer. Try again.`,
  timeout_total: (limits: Deadlines) =>
    `The answer was not finished within ${duration(limits.totalMs)}. Ask for something shorter, or in parts.`,
};

/** The items of `open`'s source, or the first of: the caller's reason, a deadline's AppError, the source's error. */
export async function* withDeadlines<T>(
  open: Open<T>,
  limits: Deadlines,
  signal: AbortSignal,
  clock: Clock,
): AsyncGenerator<T, void, undefined> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const over = new AbortController(); // ends the watchdog's sleep
  const startMs = clock.now();
  let phase: Phase = { name: "waiting" };
  let reject: ((reason: unknown) => void) | undefined; // of the pull in flight; one at a time, so nothing piles up

  const stop = (reason: unknown) => {
    reject?.(reason);
    controller.abort(reason);
  };
  const cancelled = () => stop(signal.reason);
  const touch = () => {
    if (phase.name !== "paused") phase = { name: "flowing", lastByteMs: clock.now() };
  };
  const watch = async () => {
    while (!over.signal.aborted && !controller.signal.aborted) { // ends at `totalMs` at the latest
      const { code, dueMs } = nextDeadline(limits, startMs, phase);
      const leftMs = dueMs - clock.now();
      if (leftMs <= 0) return stop(new AppError(code, WORDS[code](limits)));
      // Never longer than `idleMs`: a byte or a pull that comes meanwhile may start a nearer deadline than this one.
      await clock.sleep(Math.min(leftMs, limits.idleMs), over.signal);
    }
  };

  signal.addEventListener("abort", cancelled, { once: true });
  let source: AsyncIterator<T> | undefined;
  let ended = false;
  try {
    source = open(controller.signal, touch)[Symbol.asyncIterator]();
    const pull = source.next.bind(source);
    const next = () =>
      new Promise<IteratorResult<T>>((resolve, rejected) => {
        reject = rejected;
        pull().then(resolve, rejected);
      });
    void watch();
    for (;;) { // bounded by `totalMs`
      if (phase.name === "paused") phase = { name: "flowing", lastByteMs: clock.now() };
      let step: IteratorResult<T>;
      try {
        step = await next();
      } catch (error) {
        // The source's complaint about an abort of ours is not news: the reason for the abort is.
        controller.signal.throwIfAborted();
        throw error;
      }
      controller.signal.throwIfAborted(); // a source that ends quietly when aborted has not ended
      if (step.done) {
        ended = true;
        return;
      }
      phase = { name: "paused" };
      yield step.value;
      controller.signal.throwIfAborted(); // it may have been cancelled, or run out of time, during the pause
    }
  } finally {
    over.abort();
    signal.removeEventListener("abort", cancelled);
    if (!ended) {
      controller.abort();
      // Not awaited, since a source that is stuck never answers; what it says about its end is of no use to anybody.
      source?.return?.().catch(() => {});
    }
  }
}

function duration(ms: number): string {
  if (ms < 1000) return `${ms} ms`;
  return ms < 300_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
}
