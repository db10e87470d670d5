// Real stores: two processes over one KV.
import { assert, assertEquals } from "@std/assert";
import { AppError } from "@/lib/core/errors.ts";
import { breakerKey } from "@/lib/kv/keys.ts";
import { Breakers } from "@/lib/models/breakers.ts";
import { OPEN_MS } from "@/lib/resilience/breaker.ts";
import { Lines } from "../../support/bus.ts";
import { FakeClock } from "../../support/clock.ts";
import { FaultyStore } from "../../support/faulty_store.ts";

const MODEL = "openai/gpt";
const ERROR = new AppError("provider_overloaded", "Busy.");

async function withTwo(run: (one: Breakers, two: Breakers, clock: FakeClock, kv: Deno.Kv) => Promise<void>) {
  using kv = await Deno.openKv(":memory:");
  const clock = new FakeClock();
  const make = () => new Breakers({ store: new FaultyStore(kv), clock, logger: new Lines() });
  await run(make(), make(), clock, kv);
}

Deno.test("failures of two processes count together, and the third says that nobody may ask", () =>
  withTwo(async (one, two, clock) => {
    assertEquals(await one.failed(MODEL, ERROR), false);
    assertEquals(await two.failed(MODEL, ERROR), false);
    assertEquals(await one.failed(MODEL, ERROR), true);
    const because = { code: "provider_overloaded", detail: "Busy." } as const;
    assertEquals(await two.ask(MODEL), { go: false, until: clock.now() + OPEN_MS, because });
    assertEquals(await one.open(), [{ model: MODEL, state: "open", until: clock.now() + OPEN_MS }]);
    assertEquals((await two.ask("openai/other")).go, true);
  }));

Deno.test("of many who ask when its minute is over, one may", () =>
  withTwo(async (one, two, clock) => {
    for (let i = 0; i < 3; i++) await one.failed(MODEL, ERROR);
    await clock.advance(OPEN_MS);
    const leaves = await Promise.all(
      Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? one : two).ask(MODEL)),
    );
    assertEquals(leaves.filter(({ go }) => go).length, 1);
  }));

Deno.test("an ordinary answer writes nothing; the first after a failure forgets it", () =>
  withTwo(async (one, _two, _clock, kv) => {
    const calm = await one.ask(MODEL);
    assertEquals(calm, { go: true, known: false });
    await one.failed(MODEL, ERROR);
    await one.succeeded(MODEL, calm); // it began before the failure, and knows of none
    assert((await kv.get(breakerKey(MODEL))).value !== null);
    await one.succeeded(MODEL, await one.ask(MODEL));
    assertEquals((await kv.get(breakerKey(MODEL))).value, null);
  }));

Deno.test("B2: a store that is away stops nobody, and is logged", async () => {
  const kv = await Deno.openKv(":memory:");
  const logger = new Lines();
  const breakers = new Breakers({ store: new FaultyStore(kv), clock: new FakeClock(), logger });
  kv.close();
  assertEquals((await breakers.ask(MODEL)).go, true);
  assertEquals(await breakers.failed(MODEL, ERROR), false);
  assert(logger.lines.some(({ event }) => event === "breaker_unknown"));
});
