import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { BoundedCache } from "@/lib/core/bounded_cache.ts";

Deno.test("what was not asked for longest goes first", () => {
  const cache = new BoundedCache<string, number>(3);
  for (const [i, key] of ["a", "b", "c"].entries()) cache.put(key, i, 1);
  assertEquals(cache.get("a"), 0);
  cache.put("d", 3, 1);
  assertEquals(["a", "b", "c", "d"].map((key) => cache.get(key)), [0, undefined, 2, 3]);
});

Deno.test("what outweighs the bound is not kept, and takes nothing else away", () => {
  const cache = new BoundedCache<string, number>(3);
  cache.put("a", 1, 2);
  cache.put("huge", 2, 4);
  assertEquals([cache.get("a"), cache.get("huge"), cache.weight], [1, undefined, 2]);
});

Deno.test("whatever is put and asked for, the weight is that of what is kept, and never above the bound", () => {
  const step = fc.record({ key: fc.integer({ min: 0, max: 8 }), weight: fc.integer({ min: 0, max: 12 }) });
  fc.assert(fc.property(fc.array(step), (steps) => {
    const cache = new BoundedCache<number, number>(20);
    const weights = new Map<number, number>();
    for (const { key, weight } of steps) {
      cache.put(key, weight, weight);
      weights.set(key, weight);
      let kept = 0;
      for (const [key, weight] of weights) {
        const value = cache.get(key);
        if (value === undefined) continue;
        assertEquals(value, weight); // the newest, never an older one
        kept += value;
      }
      assertEquals(cache.weight, kept);
      assert(cache.weight <= 20);
    }
  }));
});
