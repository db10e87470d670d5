import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { FakeTime, TimeError } from "../time.ts";

Deno.test("Date stands still, starts where told and moves by ticks", () => {
  using time = new FakeTime("2026-01-01T00:00:00Z");
  assertEquals(new Date().toISOString(), "2026-01-01T00:00:00.000Z");
  time.tick(1500);
  assertEquals(Date.now(), Date.UTC(2026, 0, 1, 0, 0, 1, 500));
  assertEquals(time.now - time.start, 1500);
  assertEquals(new Date(2000, 1).getMonth(), 1);
  assert(Date().includes("2026") || Date().includes("2025"), "called without new, Date is a string");
});

Deno.test("dates of real and fake time are instances of the same Date", () => {
  const before = new Date(7);
  using _time = new FakeTime();
  assert(before instanceof Date);
  assert(new Date() instanceof Date);
  assertEquals(new Date(7), before);
});

Deno.test("timers run in due order, then in the order they were set", () => {
  using time = new FakeTime(0);
  const seen: string[] = [];
  setTimeout((name: string) => seen.push(`${name}@${Date.now()}`), 20, "b");
  setTimeout(() => seen.push(`a@${Date.now()}`), 10);
  setTimeout(() => seen.push(`c@${Date.now()}`), 20);
  time.tick(9);
  assertEquals(seen, []);
  time.tick(11);
  assertEquals(seen, ["a@10", "b@20", "c@20"]);
});

Deno.test("a timer set by a timer runs in the same tick when it falls due in it", () => {
  using time = new FakeTime(0);
  const seen: number[] = [];
  setTimeout(() => setTimeout(() => seen.push(Date.now()), 5), 10);
  time.tick(14);
  assertEquals(seen, []);
  time.tick(1);
  assertEquals(seen, [15]);
});

Deno.test("an interval repeats until it is cleared, also from inside", () => {
  using time = new FakeTime(0);
  let runs = 0;
  const id = setInterval(() => {
    if (++runs === 3) clearInterval(id);
  }, 10);
  time.tick(25);
  assertEquals(runs, 2);
  time.tick(100);
  assertEquals(runs, 3);
});

Deno.test("clearTimeout stops a timeout, and reaches timers from before time was faked", () => {
  const before = setTimeout(() => {}, 60_000); // the leak sanitizer notices if it stays
  using time = new FakeTime(0);
  let ran = false;
  clearTimeout(setTimeout(() => ran = true, 1));
  clearTimeout(before);
  clearTimeout(undefined);
  time.tick(10);
  assertEquals(ran, false);
});

Deno.test("next() moves to each timer; runAll() until none is left", () => {
  using time = new FakeTime(0);
  const seen: number[] = [];
  setTimeout(() => seen.push(Date.now()), 100);
  setTimeout(() => setTimeout(() => seen.push(Date.now()), 1000), 200);
  assertEquals(time.next(), true);
  assertEquals([time.now, ...seen], [100, 100]);
  time.runAll();
  assertEquals(seen, [100, 1200]);
  assertEquals(time.next(), false);
});

Deno.test("runAll() refuses an interval that nobody clears", () => {
  using time = new FakeTime(0);
  const id = setInterval(() => {}, 1);
  assertThrows(() => time.runAll(), TimeError, "is an interval never cleared");
  clearInterval(id);
});

Deno.test("the async forms let microtasks run first", async () => {
  using time = new FakeTime(0);
  const seen: string[] = [];
  Promise.resolve().then(() => Promise.resolve()).then(() => setTimeout(() => seen.push("late"), 5));
  await time.tickAsync(5);
  assertEquals(seen, ["late"]);
  Promise.resolve().then(() => setTimeout(() => seen.push("next"), 5));
  assertEquals(await time.nextAsync(), true);
  Promise.resolve().then(() => setTimeout(() => seen.push("all"), 5));
  setTimeout(() => {}, 1);
  await time.runAllAsync();
  assertEquals(seen, ["late", "next", "all"]);
});

Deno.test("a callback that throws stops time at its timer", () => {
  using time = new FakeTime(0);
  setTimeout(() => {
    throw new Error("boom");
  }, 5);
  assertThrows(() => time.tick(10), Error, "boom");
  assertEquals(time.now, 5);
});

Deno.test("time does not run backwards", () => {
  using time = new FakeTime(1000);
  assertThrows(() => time.now = 999, RangeError, "in the past");
});

Deno.test("restore() gives the real functions back, once", () => {
  const real = { Date, setTimeout, clearTimeout, setInterval, clearInterval };
  const time = new FakeTime();
  assertThrows(() => new FakeTime(), TimeError, "already faked");
  assert(Date !== real.Date && setTimeout !== real.setTimeout);
  time.restore();
  assertEquals({ Date, setTimeout, clearTimeout, setInterval, clearInterval }, real);
  assertThrows(() => time.restore(), TimeError, "already restored");
  assertThrows(() => FakeTime.restore(), TimeError, "already restored");
});

Deno.test("restoreFor() runs its callback in real time, and fakes again even if it throws", async () => {
  using time = new FakeTime(0);
  const now = await FakeTime.restoreFor((extra: number) => Date.now() + extra, 1);
  assert(now > Date.UTC(2020, 0));
  assertEquals(Date.now(), 0);
  await assertRejects(() => FakeTime.restoreFor(() => Promise.reject(new Error("inside"))), Error, "inside");
  assertEquals(Date.now(), time.now);
});

Deno.test("delay() waits in real time and ends with its signal", async () => {
  using time = new FakeTime(0);
  await time.delay(0);
  await assertRejects(
    () => time.delay(60_000, { signal: AbortSignal.abort(new Error("enough")) }),
    Error,
    "enough",
  );
  const stop = new AbortController();
  const waiting = time.delay(60_000, { signal: stop.signal });
  stop.abort(new Error("stop"));
  await assertRejects(() => waiting, Error, "stop");
  assertEquals(time.now, 0);
});

Deno.test("advanceRate lets fake time run by itself", async () => {
  using time = new FakeTime(0, { advanceRate: 1000, advanceFrequency: 1 });
  await new Promise((resolve) => setTimeout(resolve, 3000));
  assert(time.now >= 3000);
});
