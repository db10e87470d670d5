import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Log } from "@/lib/bus/log.ts";
import { seeded } from "../../support/random.ts";
import { type FollowerPlan, type Step, type Variant, World } from "./world.ts";

const index = fc.integer({ min: 0, max: 3 });
/** Texts from nothing to more than a tail, a buffer or a value of KV takes. */
const size = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 0, max: 60 }) },
  { weight: 4, arbitrary: fc.integer({ min: 300, max: 900 }) },
  { weight: 2, arbitrary: fc.integer({ min: 901, max: 5_000 }) },
  { weight: 1, arbitrary: fc.constant(70_000) },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("append" as const),
      topic: index,
      sizes: fc.oneof(
        { weight: 20, arbitrary: fc.array(size, { minLength: 1, maxLength: 4 }) },
        { weight: 1, arbitrary: fc.constant(Array<number>(600).fill(0)) }, // more than a hub keeps
      ),
      wake: fc.constantFrom("now", "now", "lost", "twice", "early"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("late" as const), topic: index, age: index }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("cut" as const), follower: index }) },
  { weight: 4, arbitrary: fc.constant({ do: "rest" as const }) },
);

const follower: fc.Arbitrary<FollowerPlan> = fc.record({
  topics: fc.array(index, { minLength: 1, maxLength: 3 }),
  fresh: fc.boolean(),
  cuts: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 6 }),
});

const scene = fc.record({
  topics: fc.integer({ min: 1, max: 3 }),
  followers: fc.array(follower, { minLength: 1, maxLength: 4 }),
  steps: fc.array(step, { minLength: 1, maxLength: 40 }),
});

const random = seeded("exactly once");

/** Runs the property; the result says whether it held, and on what it did not. */
async function exactlyOnce(variant: Variant, numRuns: number) {
  using kv = await Deno.openKv(":memory:");
  return await fc.check(
    fc.asyncProperty(scene, async ({ topics, followers, steps }) => {
      const world = new World(kv, topics, followers, variant);
      try {
        await world.run(steps);
        await world.settle(variant === SOUND ? 5_000 : 250);
        assertEquals(world.amiss(), null);
      } finally {
        assertEquals(await world.close(), 0, "a watch was left open");
      }
    }),
    { seed: random.seed | 0, numRuns, endOnFailure: variant !== SOUND },
  );
}

const SOUND: Variant = {};

Deno.test("P1: every follower sees every entry once, in order, whatever happens to wake-ups and connections", async () => {
  const { failed, counterexample, errorInstance } = await exactlyOnce(SOUND, 150);
  assert(!failed, `${errorInstance}\n${JSON.stringify(counterexample)}`);
});

type Catchup = Pick<Log, "next">;
type Reader = Pick<Log, "after">;

/** The bus, broken in one place each. A property that cannot see these proves nothing. */
const BROKEN: Record<string, Variant> = {
  "a catch-up that begins one entry too late": {
    followLog: (log): Catchup => ({
      next: async (topic, cursor) => (await log.next(topic, cursor))?.slice(cursor === 0 ? 0 : 1) ?? null,
    }),
  },
  "a catch-up that begins one entry too early": {
    followLog: (log): Catchup => ({ next: (topic, cursor) => log.next(topic, Math.max(0, cursor - 1)) }),
  },
  "a catch-up that trusts the tail and skips what was sealed": {
    followLog: (log): Catchup => ({
      next: async (topic, cursor) => {
        const entries = await log.after(topic, cursor);
        return entries !== null && entries.length > 8 ? entries.slice(-8) : entries;
      },
    }),
  },
  "a hub that skips what was sealed between two heads": {
    hubLog: (): Reader => ({ after: () => Promise.resolve([]) }),
  },
  "a hub that does not hear its wake-ups": {
    hub: (hub) => ({ subscribe: (topic) => hub.subscribe(topic, () => {}) }),
  },
  "a follower that reads behind a wake-up, and not after it": {
    hub: (hub) => ({
      subscribe: (topic, wake) => {
        const subscription = hub.subscribe(topic, wake);
        let served = false;
        return {
          after: (cursor) => {
            served = !served;
            return served ? subscription.after(cursor) : [];
          },
          [Symbol.dispose]: () => subscription[Symbol.dispose](),
        };
      },
    }),
  },
  "a subscription that is never let go": {
    hub: (hub) => ({
      subscribe: (topic, wake) => {
        const subscription = hub.subscribe(topic, wake);
        return { after: (cursor) => subscription.after(cursor), [Symbol.dispose]: () => {} };
      },
    }),
  },
};

for (const [what, variant] of Object.entries(BROKEN)) {
  Deno.test(`P1: the property notices ${what}`, async () => {
    const { failed } = await exactlyOnce(variant, 60);
    assert(failed, "it did not");
  });
}
