import { assertEquals, assertRejects } from "@std/assert";
import { GET_MANY_MAX } from "@/lib/kv/limits.ts";
import { GroupRead } from "@/lib/kv/reads.ts";
import { FakeClock } from "../../support/clock.ts";

Deno.test("reads that are wanted while one is under way go together, at most ten, and each gets its own", async () => {
  using kv = await Deno.openKv(":memory:");
  for (let i = 0; i < 25; i++) await kv.set(["n", i], i);
  const asked: number[] = [];
  const reads = new GroupRead((keys) => {
    asked.push(keys.length);
    return kv.getMany(keys);
  }, new FakeClock());
  const found = await Promise.all(Array.from({ length: 25 }, (_, i) => reads.get(["n", i])));
  assertEquals(found.map(({ value }) => value), Array.from({ length: 25 }, (_, i) => i));
  assertEquals(asked, [1, GET_MANY_MAX, GET_MANY_MAX, 4]);
});

Deno.test("a read sees what was committed before it was asked, although another is under way", async () => {
  using kv = await Deno.openKv(":memory:");
  const { promise, resolve } = Promise.withResolvers<void>();
  let calls = 0;
  const reads = new GroupRead(async (keys) => {
    if (++calls === 1) await promise;
    return await kv.getMany(keys);
  }, new FakeClock());
  const first = reads.get(["other"]);
  await kv.set(["k"], "new");
  const second = reads.get(["k"]);
  resolve();
  await first;
  assertEquals((await second).value, "new");
});

Deno.test("a read that fails fails those that went with it, and no others", async () => {
  using kv = await Deno.openKv(":memory:");
  let calls = 0;
  const reads = new GroupRead((keys) => {
    if (++calls === 2) return Promise.reject(new Error("away"));
    return kv.getMany(keys);
  }, new FakeClock());
  const first = reads.get(["a"]);
  const failing = [
    assertRejects(() => reads.get(["b"]), Error, "away"),
    assertRejects(() => reads.get(["c"])),
  ];
  await Promise.all([first, ...failing]);
  assertEquals((await reads.get(["d"])).value, null);
});
