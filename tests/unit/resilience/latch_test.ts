import { assertEquals } from "@std/assert";
import { Latch } from "@/lib/resilience/latch.ts";
import { FakeClock } from "../../support/clock.ts";

Deno.test("a wait ends when the latch is opened, or when its time has come", async () => {
  const clock = new FakeClock();
  using latch = new Latch(clock);
  let ended = 0;
  const wait = (at?: number) => void latch.wait(at).then(() => ended++);
  wait(clock.now() + 100);
  await clock.advance(99);
  assertEquals(ended, 0);
  await clock.advance(1);
  assertEquals(ended, 1);
  wait();
  latch.open();
  await clock.advance(0);
  assertEquals(ended, 2);
});

Deno.test("any number of waits up to one moment have one timer, and disposing ends them and it", async () => {
  const clock = new FakeClock();
  const latch = new Latch(clock);
  const at = clock.now() + 1_000;
  for (let i = 0; i < 100; i++) {
    const waited = latch.wait(at);
    latch.open();
    await waited;
    assertEquals(clock.sleeping, 1);
  }
  const last = latch.wait();
  latch[Symbol.dispose]();
  await last;
  await clock.advance(0);
  assertEquals(clock.sleeping, 0);
});
