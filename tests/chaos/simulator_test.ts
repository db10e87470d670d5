// The whole program under simulated faults, from seeds. `deno task chaos --seed <n>` shows the run of one that fails.
import { assert, assertEquals } from "@std/assert";
import { simulate } from "./simulate.ts";
import { brokenSeeds } from "./seeds.ts";

/** Always the same, so that a red test is red for everybody. `deno task chaos` goes further. */
const SEEDS = 300;

Deno.test(`P1 to P8: ${SEEDS} seeds of crashes, freezes, cuts and a faulty store keep every promise`, async () => {
  assertEquals(await brokenSeeds(1, SEEDS), []);
});

Deno.test("a seed replays: the same run to the last millisecond and commit", async () => {
  for (let seed = 1; seed <= 40; seed++) {
    assertEquals(await simulate(seed), await simulate(seed), `seed ${seed}`);
  }
});

Deno.test("the simulation has every kind of trouble in it", async () => {
  const met = new Set<string>();
  for (let seed = 1; seed <= 60; seed++) {
    for (const moment of await simulate(seed)) {
      if (moment.what === "process") met.add(moment.did);
      else if (moment.what === "fault") met.add(moment.fault);
      else if (moment.what === "refused") met.add(moment.code);
      else if (moment.what === "logged") met.add(moment.line.split(" ")[0]!);
      else met.add(moment.what);
    }
  }
  const wanted = [
    "killed",
    "frozen",
    "resumed",
    "drains",
    "fails",
    "loses its answer",
    "no_response",
    "cut",
    "stop",
  ];
  wanted.push(
    "snapshot",
    "generation_taken_over",
    "generation_left",
    "watch_broke",
    "sweep_failed",
    "changed",
    "wished",
  );
  for (const trouble of wanted) assert(met.has(trouble), `no run had "${trouble}"`);
});
