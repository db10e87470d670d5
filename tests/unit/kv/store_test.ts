import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { AppError } from "@/lib/core/errors.ts";
import { COMMIT_CHECKS_MAX, COMMIT_WRITES_MAX, encodedBytes, VALUE_BYTES_MAX } from "@/lib/kv/limits.ts";
import { type Key, remove, set, Store, type Transaction } from "@/lib/kv/store.ts";
import { Metrics } from "@/lib/observe/metrics.ts";

const key: Key<unknown> = ["k"];

async function withStore(run: (store: Store, metrics: Metrics, kv: Deno.Kv) => Promise<void>): Promise<void> {
  using kv = await Deno.openKv(":memory:");
  const metrics = new Metrics();
  await run(new Store(kv, metrics), metrics, kv);
}

async function refused(transaction: Transaction): Promise<void> {
  await withStore(async (store, metrics) => {
    const error = await assertRejects(() => store.commit(transaction), AppError);
    assertEquals(error.code, "too_large");
    assertInstanceOf(error.cause, RangeError);
    assertEquals(metrics.get("throughline_kv_commits_total"), 0);
  });
}

Deno.test("K2: too many checks are refused before they are sent", () =>
  refused({
    checks: Array.from({ length: COMMIT_CHECKS_MAX + 1 }, (_, i) => ({ key: ["k", i], versionstamp: null })),
    writes: [],
  }));

Deno.test("K2: too many writes are refused before they are sent", () =>
  refused({
    checks: [],
    writes: Array.from({ length: COMMIT_WRITES_MAX + 1 }, (_, i) => set<unknown>(["k", i], 1)),
  }));

Deno.test("K2: a value that is too large is refused before it is sent", () =>
  refused({ checks: [], writes: [set(key, "a".repeat(VALUE_BYTES_MAX))] }));

Deno.test("K2: a commit that is too large in all is refused, though each value would fit", () =>
  refused({
    checks: [],
    writes: Array.from({ length: 14 }, (_, i) => set<unknown>(["k", i], new Uint8Array(60 * 1024))),
  }));

Deno.test("K2: whatever passes the limits is taken by KV, at the very edge", async () => {
  await withStore(async (store) => {
    for (const unit of ["a", "é", "あ"]) {
      let length = VALUE_BYTES_MAX;
      while (encodedBytes(unit.repeat(length)) > VALUE_BYTES_MAX) length--;
      await store.commit({ checks: [], writes: [set(key, unit.repeat(length))] });
      assertEquals((await store.get(key)).value, unit.repeat(length));
    }
  });
});

Deno.test("a commit returns its versionstamp, or null when a check fails, and counts either", async () => {
  await withStore(async (store, metrics) => {
    const first = await store.commit({ checks: [{ key, versionstamp: null }], writes: [set(key, 1)] });
    assertEquals((await store.get(key)).versionstamp, first);
    assertEquals(await store.commit({ checks: [{ key, versionstamp: null }], writes: [set(key, 2)] }), null);
    assertEquals((await store.get(key)).value, 1);
    assertEquals(metrics.get("throughline_kv_commits_total"), 1);
    assertEquals(metrics.get("throughline_kv_conflicts_total"), 1);
    assertEquals(metrics.get("throughline_kv_write_units_total"), 1);
  });
});

Deno.test("a write of undefined deletes", async () => {
  await withStore(async (store) => {
    await store.commit({ checks: [], writes: [set(key, 1)] });
    await store.commit({ checks: [], writes: [remove(key)] });
    assertEquals(await store.get(key), { key: ["k"], value: null, versionstamp: null } as never);
  });
});

Deno.test("getMany() reads more keys than KV takes at once, in their order", async () => {
  await withStore(async (store) => {
    const keys = Array.from({ length: 25 }, (_, i): Key<number> => ["n", i]);
    await store.commit({ checks: [], writes: keys.map((each, i) => set(each, i)) });
    assertEquals((await store.getMany(keys)).map(({ value }) => value), keys.map((_, i) => i));
    assertEquals(await store.getMany([]), []);
  });
});

Deno.test("list() stops at its limit, from either side", async () => {
  await withStore(async (store) => {
    const writes = Array.from({ length: 700 }, (_, i) => set<unknown>(["n", i], i));
    await store.commit({ checks: [], writes });
    const values = async (limit: number, reverse: boolean) =>
      (await store.list<number>({ prefix: ["n"] }, { limit, reverse })).map(({ value }) => value);
    assertEquals(await values(3, false), [0, 1, 2]);
    assertEquals(await values(2, true), [699, 698]);
    assertEquals((await values(10_000, false)).length, 700);
  });
});

Deno.test("K2: what is checked counts towards a commit as well: KV never gets one that it would refuse", async () => {
  const writes = Array.from({ length: 13 }, (_, n) => ({ key: ["k", n], value: new Uint8Array(62_900) }));
  const checks = Array.from({ length: 4 }, (_, n) => ({ key: ["x".repeat(1_000), n], versionstamp: null }));
  await withStore(async (store) => {
    assert(await store.commit({ checks: [], writes }) !== null, "without them it fits");
  });
  await refused({ checks, writes });
});
