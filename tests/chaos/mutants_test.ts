// The checker can fail: each mutant is noticed within so many seeds.
import { assert } from "@std/assert";
import { MUTANTS } from "./mutants.ts";
import { brokenSeeds } from "./seeds.ts";

/** A stop that comes late enough to be missed is in one run of a hundred. */
const SEEDS_MAX = 400;

for (const [forgets, variant] of Object.entries(MUTANTS)) {
  Deno.test(`the checker notices when ${forgets}`, async () => {
    const [first] = await brokenSeeds(1, SEEDS_MAX, { max: 1, variant });
    assert(first !== undefined, `nothing was amiss in ${SEEDS_MAX} seeds`);
  });
}
