import { assertEquals } from "@std/assert";
import { healthOf } from "@/lib/observe/health.ts";
import { FakeClock } from "../../support/clock.ts";

Deno.test("health is read once a second, however many ask", async () => {
  const clock = new FakeClock();
  let reads = 0;
  const health = healthOf(() => Promise.resolve([++reads]), clock);
  assertEquals(await Promise.all([health(), health()]), [
    { status: "ok", breakers: [1] },
    { status: "ok", breakers: [1] },
  ]);
  await clock.advance(1_000);
  assertEquals(await health(), { status: "ok", breakers: [2] });
});

Deno.test("a store that fails, or is silent, takes only the breakers from the answer", async () => {
  const clock = new FakeClock();
  assertEquals(await healthOf(() => Promise.reject(new Error("away")), clock)(), {
    status: "ok",
    breakers: null,
  });
  const silent = healthOf(() => new Promise<string[]>(() => {}), clock)();
  await clock.advance(500);
  assertEquals(await silent, { status: "ok", breakers: null });
  assertEquals(clock.sleeping, 0);
});
