// How bad a run is: drawn once from its seed, so that some runs have one kind of trouble and others all of them.
import type { Random } from "./random.ts";

export interface Weather {
  /** Of a call to the store: refused; taken, and its answer lost; slow. */
  fail: number;
  lose: number;
  slow: number;
  slowMsMax: number;
  /** Of a wake-up: never; twice; without a reason; and of a watch, that it breaks. */
  wakeLost: number;
  wakeTwice: number;
  wakeEarly: number;
  watchBreaks: number;
  /** Of a response to a client: lost on its way. */
  responseLost: number;
  /** Between two troubles of a process, of a follower, and of the whole store. */
  processMs: number;
  followerMs: number;
  outageMs: number;
}

/** Nothing goes wrong, and calls take a millisecond or two. */
export const CALM: Weather = {
  fail: 0,
  lose: 0,
  slow: 0,
  slowMsMax: 0,
  wakeLost: 0,
  wakeTwice: 0,
  wakeEarly: 0,
  watchBreaks: 0,
  responseLost: 0,
  processMs: Infinity,
  followerMs: Infinity,
  outageMs: Infinity,
};

export function weather(random: Random): Weather {
  const often = (...probabilities: number[]) => random.pick(probabilities);
  return {
    fail: often(0, 0.01, 0.05, 0.15),
    lose: often(0, 0.01, 0.05, 0.15),
    slow: often(0, 0.02, 0.1),
    slowMsMax: often(300, 3_000, 12_000),
    wakeLost: often(0, 0.2, 1),
    wakeTwice: often(0, 0.2),
    wakeEarly: often(0, 0.1),
    watchBreaks: often(0, 0.02),
    responseLost: often(0, 0.3),
    processMs: often(700, 2_000, 6_000),
    followerMs: often(300, 1_500, 6_000),
    outageMs: often(Infinity, Infinity, 8_000),
  };
}
