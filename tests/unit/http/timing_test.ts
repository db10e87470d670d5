import { assertEquals } from "@std/assert";
import { Timing } from "@/lib/http/timing.ts";

Deno.test("stages follow each other, the last one up to now, and the whole from the start", () => {
  let now = 100;
  const timing = new Timing(() => now);
  now = 101;
  timing.begin("session");
  now = 103.25;
  timing.begin("work");
  now = 110;
  assertEquals(timing.header(), "session;dur=2.3, work;dur=6.8, total;dur=10.0");
  assertEquals(timing.ms, 10);
});

Deno.test("a request that was refused before its first stage has a whole", () => {
  assertEquals(new Timing(() => 5).header(), "total;dur=0.0");
});
