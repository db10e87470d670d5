import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { AppError } from "@/lib/core/errors.ts";
import {
  getLarge,
  getLargeAt,
  IncompleteError,
  type Large,
  PART_BYTES,
  PARTS_MAX,
  readLarge,
  replaceLarge,
  setLarge,
} from "@/lib/kv/parts.ts";
import { type Key, remove, Store } from "@/lib/kv/store.ts";
import { Metrics } from "@/lib/observe/metrics.ts";

const key: Key<Large<string>> = ["value", "a"];

async function roundTrip(value: string): Promise<void> {
  using kv = await Deno.openKv(":memory:");
  const store = new Store(kv, new Metrics());
  const neighbour: Key<Large<string>> = ["value", "b"];
  await store.commit({ checks: [], writes: setLarge(key, value) });
  await store.commit({ checks: [], writes: setLarge(neighbour, "beside") });
  assertEquals(await getLarge(store, key), value);
  const rows = await store.list<Large<string> | Uint8Array>({ prefix: ["value"] }, { limit: 100 });
  assertEquals(readLarge<string>(rows).map(({ value }) => value), [value, "beside"]);
}

for (
  const [name, value] of [
    ["nothing", ""],
    ["one byte", "a"],
    ["the last that is whole", "a".repeat(PART_BYTES - 16)],
    ["the first that is not", "a".repeat(PART_BYTES)],
    ["700 KiB of ASCII", "a".repeat(700 * 1024)],
    ["700 KiB of CJK", "漢".repeat(700 * 1024 / 3)],
    ["characters cut by the seams of parts", "x" + "😀é漢".repeat(30_000)],
    ["lone halves of pairs", "\ud83d".repeat(40_000) + "\ude00"],
    ["line breaks, quotes and NUL", '\r\n"\\\0\u2028'.repeat(20_000)],
  ] as const
) Deno.test(`L1: ${name} comes back as it was`, () => roundTrip(value));

Deno.test("L1: any text comes back as it was, whatever it costs", () =>
  fc.assert(
    fc.asyncProperty(
      fc.string({ unit: "binary", minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 8_000 }),
      (some, times) => roundTrip(some.repeat(times)),
    ),
    { numRuns: 40 },
  ));

Deno.test("a value of more parts than a commit takes is refused", () => {
  const parts = setLarge(key, "a".repeat(PARTS_MAX * PART_BYTES - 2));
  assertEquals(parts.length, 1 + PARTS_MAX);
  const error = assertThrows(() => setLarge(key, "a".repeat(PARTS_MAX * PART_BYTES)), AppError);
  assertEquals(error.code, "too_large");
});

Deno.test("L2: a value that grows takes its parts along", async () => {
  using kv = await Deno.openKv(":memory:");
  const store = new Store(kv, new Metrics());
  for (const size of [1, 70_000, 200_000]) {
    await store.commit({ checks: [], writes: setLarge(key, "a".repeat(size)) });
    assertEquals((await getLarge(store, key))?.length, size);
  }
});

Deno.test("a missing part is an error that names the key, and never half a value", async () => {
  using kv = await Deno.openKv(":memory:");
  const store = new Store(kv, new Metrics());
  await store.commit({ checks: [], writes: setLarge(key, "a".repeat(200_000)) });
  await store.commit({ checks: [], writes: [remove([...key, "part", 1])] });
  await assertRejects(() => getLarge(store, key), Error, '["value","a"]');
  const rows = await store.list<Large<string> | Uint8Array>({ prefix: ["value"] }, { limit: 100 });
  assertThrows(() => readLarge(rows), Error, '["value","a"]');
  assertThrows(() => readLarge(rows.slice(1)), Error, "without its manifest");
});

Deno.test("a key that holds nothing is null", async () => {
  using kv = await Deno.openKv(":memory:");
  assertEquals(await getLarge(new Store(kv, new Metrics()), key), null);
});

Deno.test("L2: a value that is replaced leaves nothing of itself behind, whether it grew or shrank", async () => {
  using kv = await Deno.openKv(":memory:");
  const store = new Store(kv, new Metrics());
  let before: string | null = null;
  for (const size of [200_000, 70_000, 1, 130_000, 60_000, 10]) {
    const value = "a".repeat(size);
    await store.commit({ checks: [], writes: replaceLarge(key, before, value) });
    const rows = await store.list<Large<string> | Uint8Array>({ prefix: ["value"] }, { limit: 100 });
    const manifest = rows.length === 0 ? (await store.get(key)).value! : rows[0]!.value as Large<string>;
    assertEquals(rows.length, "whole" in manifest ? 1 : 1 + manifest.parts);
    assertEquals(readLarge<string>(rows).map(({ value }) => value), [value]);
    before = value;
  }
});

Deno.test("L1: a value that is rewritten while it is read is the one or the other, under its own versionstamp", async () => {
  using kv = await Deno.openKv(":memory:");
  const [before, after] = ["a".repeat(200_000), "b".repeat(200_000)];
  const writer = new Store(kv, new Metrics());
  await writer.commit({ checks: [], writes: setLarge(key, before) });
  class Interrupted extends Store {
    override async get<V>(wanted: Key<V>) {
      const found = await super.get(wanted);
      // Between the manifest and its parts, once.
      if (!written) written = await writer.commit({ checks: [], writes: setLarge(key, after) });
      return found;
    }
  }
  let written: string | null = null;
  const { value, versionstamp } = await getLargeAt(new Interrupted(kv, new Metrics()), key);
  assertEquals([value === after, versionstamp], [true, written]);
});

Deno.test("L1: a value whose parts are never its own is refused, not made up", async () => {
  using kv = await Deno.openKv(":memory:");
  const store = new Store(kv, new Metrics());
  const [manifest, ...parts] = setLarge(key, "a".repeat(200_000));
  await store.commit({ checks: [], writes: [manifest!] });
  await store.commit({ checks: [], writes: parts });
  await assertRejects(() => getLargeAt(store, key), IncompleteError);
});
