import { assert, assertEquals } from "@std/assert";
import { serialize } from "node:v8";
import fc from "fast-check";
import { encodedBytes, keyBytes } from "@/lib/kv/limits.ts";

/** Strings of every cost: ASCII, Latin-1, CJK, emoji, lone halves, control characters. */
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc.constantFrom("", "é", "あ", "😀", "\ud83d", "a".repeat(127), "a".repeat(128), "あ".repeat(16_384)),
);

/** What this program stores: JSON, with bytes here and there. */
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.constant(undefined),
    fc.uint8Array({ maxLength: 200 }),
    fc.array(tie("value"), { maxLength: 20 }),
    fc.dictionary(text, tie("value"), { maxKeys: 10 }),
  ),
}));

Deno.test("encodedBytes() is never below what KV's encoder makes of a value", () => {
  fc.assert(fc.property(value, (stored) => {
    const real = serialize(stored).byteLength;
    const estimate = encodedBytes(stored);
    assert(estimate >= real, `${estimate} bytes estimated, ${real} bytes real`);
  }));
});

Deno.test("encodedBytes() is close: at most 16 bytes more for each value inside", () => {
  fc.assert(fc.property(value, (stored) => {
    const excess = encodedBytes(stored) - serialize(stored).byteLength;
    assert(excess <= 16 * countIn(stored), `${excess} bytes too many for ${countIn(stored)} values`);
  }));
});

Deno.test("encodedBytes() holds for long arrays, whose length takes more than a byte", () => {
  for (const length of [0, 1, 127, 128, 16_383, 16_384, 60_000]) {
    const nulls = Array<null>(length).fill(null);
    assert(encodedBytes(nulls) >= serialize(nulls).byteLength, `${length} nulls`);
  }
});

Deno.test("keyBytes() counts each part with its marks", () => {
  assertEquals(keyBytes([]), 0);
  assertEquals(keyBytes(["abc", 1]), 5 + 11);
});

function countIn(stored: unknown): number {
  if (typeof stored !== "object" || stored === null || stored instanceof Uint8Array) return 1;
  return Object.entries(stored).reduce((sum, [, member]) => sum + 1 + countIn(member), 1);
}
