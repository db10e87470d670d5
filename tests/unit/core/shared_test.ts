import { assertEquals, assertRejects } from "@std/assert";
import { Shared } from "@/lib/core/shared.ts";

/** Calls that the test ends when it likes; each answers with its number. */
function scene() {
  const shared = new Shared<number>();
  const made: { end(): void; fail(error: Error): void }[] = [];
  const get = (key = "a") =>
    shared.get(key, () => {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const number = made.length;
      made.push({ end: () => resolve(number), fail: reject });
      return promise;
    });
  return { shared, made, get };
}

Deno.test("O1: those who come during a call share the next, which begins when it has ended", async () => {
  const { shared, made, get } = scene();
  const first = get();
  const later = Array.from({ length: 1_000 }, () => get());
  assertEquals(made.length, 1);
  made[0]!.end();
  assertEquals(await first, 0);
  await Promise.resolve();
  assertEquals(made.length, 2);
  // Who comes now has not asked before it began.
  const last = get();
  made[1]!.end();
  assertEquals(new Set(await Promise.all(later)), new Set([1]));
  await Promise.resolve();
  made[2]!.end();
  assertEquals(await last, 2);
  await Promise.resolve();
  assertEquals([made.length, shared.size], [3, 0]);
});

Deno.test("keys have nothing to do with each other", async () => {
  const { made, get } = scene();
  const both = [get("a"), get("b")];
  assertEquals(made.length, 2);
  for (const call of made) call.end();
  assertEquals(await Promise.all(both), [0, 1]);
});

Deno.test("a call that fails fails those who share it, and the next is made all the same", async () => {
  const { shared, made, get } = scene();
  const first = get();
  const second = get();
  made[0]!.fail(new Error("away"));
  await assertRejects(() => first, Error, "away");
  await Promise.resolve();
  made[1]!.end();
  assertEquals(await second, 1);
  await Promise.resolve();
  assertEquals(shared.size, 0);
});
