// A circuit breaker as a value that processes share. Pure: whoever stores it checks that it is as it was read.
//   R1  Three failures in a row open it for a minute; nobody asks meanwhile.
//   R2  Then one may ask, and keeps the others away for a minute more. Who asked and died is replaced after that.
//   R3  One answer closes it.
import { ConsecutiveBreaker } from "cockatiel";
import type { ErrorCode } from "../core/errors.ts";

/** Failures in a row that are no accident. */
export const FAILURES_MAX = 3;
/** How long a provider is left alone, and how long who tries it keeps the others away. */
export const OPEN_MS = 60_000;

/** Why the last call failed, in a code for programs and a sentence for people. */
export interface Because {
  code: ErrorCode;
  detail: string;
}

/** None is stored for a closed one without failures. `until` is in milliseconds since the epoch. */
export type Breaker =
  | { state: "closed"; failures: number; because: Because }
  | { state: "open" | "probing"; until: number; because: Because };

export type Verdict = { do: "ask" | "probe" } | { do: "refuse"; until: number; because: Because };

/** Whether the provider may be asked now. Who is told to probe stores `probing()` first, and asks when that was stored. */
export function verdict(breaker: Breaker | null, now: number): Verdict {
  if (breaker === null || breaker.state === "closed") return { do: "ask" };
  // A clock that was set back must not keep it open for longer than it was meant to be.
  const until = Math.min(breaker.until, now + OPEN_MS);
  return now >= until ? { do: "probe" } : { do: "refuse", until, because: breaker.because };
}

/** One process asks, in the name of all. */
export function probing({ because }: Breaker, now: number): Breaker {
  return { state: "probing", until: now + OPEN_MS, because };
}

/** After a call that failed. */
export function failed(breaker: Breaker | null, because: Because, now: number): Breaker {
  const counter = new ConsecutiveBreaker(FAILURES_MAX);
  counter.state = breaker === null ? 0 : breaker.state === "closed" ? breaker.failures : FAILURES_MAX;
  const opens = counter.failure();
  return opens
    ? { state: "open", until: now + OPEN_MS, because }
    : { state: "closed", failures: counter.state, because };
}
