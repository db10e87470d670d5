// How long to wait before a request that failed is sent again.
import { ExponentialBackoff, noJitterGenerator } from "cockatiel";

/** What a person waits for without noticing much, and what they still take for one try of the same thing. */
const FIRST_MS = 500;
const MS_MAX = 8_000;

const BACKOFF = new ExponentialBackoff({
  initialDelay: FIRST_MS,
  maxDelay: MS_MAX,
  // Its own jitter asks `Math.random`, and a run of the simulator could not be repeated.
  generator: noJitterGenerator,
});

/** Milliseconds after the `tried`th try, counted from 1: anything from none to a bound that doubles (full jitter). */
export function backoffMs(tried: number, random: () => number): number {
  let backoff = BACKOFF.next();
  for (let i = 1; i < tried; i++) backoff = backoff.next(undefined);
  return Math.floor(random() * backoff.duration);
}
