// Alarms under a clock that is moved by hand.
import { assert, assertEquals } from "@std/assert";
import { type Alarm, Alarms } from "@/lib/core/alarms.ts";
import { FakeClock } from "../../support/clock.ts";
import { seeded } from "../../support/random.ts";

class Bell implements Alarm {
  dueAt = 0;
  heapIndex = -1;
  rungAt: number[] = [];

  constructor(readonly onRing: (bell: Bell) => void = () => {}) {}

  ring(now: number): void {
    this.rungAt.push(now);
    this.onRing(this);
  }
}

Deno.test("A1: of a thousand alarms each rings once at its time, and one sleep is under way", async () => {
  const random = seeded("alarms");
  const clock = new FakeClock(0);
  const alarms = new Alarms(clock);
  const order: number[] = [];
  const bells = Array.from({ length: 1_000 }, () => new Bell((bell) => order.push(bell.dueAt)));
  for (const bell of bells) alarms.set(bell, random.between(1, 10_000));
  // Some are moved, earlier and later, and some taken back.
  for (const bell of bells.slice(0, 300)) alarms.set(bell, random.between(1, 10_000));
  const silent = new Set(bells.slice(200, 500));
  for (const bell of silent) alarms.clear(bell);
  assertEquals([alarms.size, clock.sleeping], [700, 1]);
  await clock.advance(10_000);
  for (const bell of bells) {
    assertEquals(bell.rungAt, silent.has(bell) ? [] : [bell.dueAt], `seed ${random.seed}`);
  }
  assertEquals(order, order.toSorted((a, b) => a - b), `seed ${random.seed}`);
  assertEquals([alarms.size, clock.sleeping], [0, 0]);
});

Deno.test("an alarm that is set earlier than all others is not slept over, and one may set itself when it rings", async () => {
  const clock = new FakeClock(0);
  const alarms = new Alarms(clock);
  const late = new Bell();
  alarms.set(late, 1_000);
  const often: Bell = new Bell(() => alarms.set(often, clock.now() + 100));
  alarms.set(often, 100);
  await clock.advance(350);
  assertEquals([often.rungAt, late.rungAt, clock.sleeping], [[100, 200, 300], [], 1]);
  alarms.clear(often);
  alarms.clear(often);
  await clock.advance(1_000);
  assertEquals([often.rungAt.length, late.rungAt], [3, [1_000]]);
});

Deno.test("A1: when the last alarm is taken back, nothing sleeps", () => {
  const clock = new FakeClock();
  const alarms = new Alarms(clock);
  const bells = [new Bell(), new Bell()];
  for (const bell of bells) alarms.set(bell, clock.now() + 1_000);
  for (const bell of bells) alarms.clear(bell);
  assertEquals([alarms.size, clock.sleeping], [0, 0]);
});

Deno.test("an alarm that a ringing one takes back does not ring, though it was due", async () => {
  const clock = new FakeClock(0);
  const alarms = new Alarms(clock);
  const second = new Bell();
  const first = new Bell(() => alarms.clear(second));
  alarms.set(second, 10);
  alarms.set(first, 9);
  await clock.advance(20);
  assert(first.rungAt.length === 1);
  assertEquals(second.rungAt, []);
});
