// Many runs, one after another, and what the checker said of each.
import { check } from "./checker.ts";
import { simulate } from "./simulate.ts";
import type { Variant } from "./variant.ts";

export interface Broken {
  seed: number;
  amiss: string[];
}

/** The runs of the seeds from `from` to `to` in which something is amiss, at most `max` of them. */
export async function brokenSeeds(
  from: number,
  to: number,
  options: { max?: number; variant?: Variant } = {},
): Promise<Broken[]> {
  const { max = 5, variant = {} } = options;
  const broken: Broken[] = [];
  for (let seed = from; seed <= to && broken.length < max; seed++) {
    const amiss = await judged(seed, variant);
    if (amiss.length > 0) broken.push({ seed, amiss });
  }
  return broken;
}

/** A program so broken that a run throws has not passed it. */
async function judged(seed: number, variant: Variant): Promise<string[]> {
  try {
    return check(await simulate(seed, variant));
  } catch (error) {
    return [`The run threw ${error instanceof Error ? error.stack ?? error.message : error}`];
  }
}
