import { assert, assertEquals, assertFalse, equal } from "../mod.ts";
import fc from "fast-check";

class Point {
  constructor(public x: number, public y: number) {}
}
class Spot {
  constructor(public x: number, public y: number) {}
}

const SAME: [string, unknown, unknown][] = [
  ["NaN", NaN, NaN],
  ["0 and -0", 0, -0],
  ["nested objects, any key order", { a: 1, b: [{ c: 2 }] }, { b: [{ c: 2 }], a: 1 }],
  ["plain and null prototype", { a: 1 }, Object.assign(Object.create(null), { a: 1 })],
  ["symbol keys", { [Symbol.for("k")]: 1 }, { [Symbol.for("k")]: 1 }],
  ["dates", new Date(5), new Date(5)],
  ["invalid dates", new Date(NaN), new Date(NaN)],
  ["patterns", /a/g, /a/g],
  ["URLs", new URL("https://a.test/"), new URL("https://a.test")],
  ["sets in any order", new Set([1, { a: 1 }]), new Set([{ a: 1 }, 1])],
  ["maps in any order", new Map([["a", [1]], ["b", [2]]]), new Map([["b", [2]], ["a", [1]]])],
  ["maps with object keys", new Map([[{ k: 1 }, "v"]]), new Map([[{ k: 1 }, "v"]])],
  ["typed arrays", new Uint8Array([1, 2]), new Uint8Array([1, 2])],
  ["floats with NaN", new Float64Array([NaN]), new Float64Array([NaN])],
  ["buffers", new Uint8Array([1, 2]).buffer, new Uint8Array([1, 2]).buffer],
  ["errors", new TypeError("a", { cause: 1 }), new TypeError("a", { cause: 1 })],
  ["instances", new Point(1, 2), new Point(1, 2)],
  ["boxed", Object("a"), Object("a")],
  ["bigints", 10n, 10n],
];

const DIFFERENT: [string, unknown, unknown][] = [
  ["missing and undefined", {}, { a: undefined }],
  ["undefined and missing", { a: undefined, b: 1 }, { b: 1, c: 1 }],
  ["null and undefined", null, undefined],
  ["array and object", [], {}],
  ["lengths", [1], [1, 2]],
  ["hole and undefined", [,], [undefined]], // deno-lint-ignore no-sparse-arrays
  ["number and text", 1, "1"],
  ["classes", new Point(1, 2), new Spot(1, 2)],
  ["instance and plain", new Point(1, 2), { x: 1, y: 2 }],
  ["dates", new Date(5), new Date(6)],
  ["flags", /a/g, /a/i],
  ["sets", new Set([1, 2]), new Set([1, 3])],
  [
    "sets whose members match one another twice",
    new Set([{ a: 1 }, { a: 1 }]),
    new Set([{ a: 1 }, { a: 2 }]),
  ],
  ["map values", new Map([["a", 1]]), new Map([["a", 2]])],
  ["kinds of typed arrays", new Uint8Array([1]), new Int8Array([1])],
  ["typed arrays", new Uint8Array([1]), new Uint8Array([2])],
  ["messages", new Error("a"), new Error("b")],
  ["causes", new Error("a", { cause: 1 }), new Error("a", { cause: 2 })],
  ["weak maps", new WeakMap(), new WeakMap()],
  ["functions", () => 1, () => 1],
  ["bigint and number", 1n, 1],
];

for (const [name, a, b] of SAME) {
  Deno.test(`equal: ${name}`, () => assert(equal(a, b) && equal(b, a)));
}
for (const [name, a, b] of DIFFERENT) {
  Deno.test(`not equal: ${name}`, () => assertFalse(equal(a, b) || equal(b, a)));
}

Deno.test("equal: cycles compare by shape and end", () => {
  const cycle = (tail: unknown) => {
    const node: Record<string, unknown> = { tail };
    node.self = node;
    node.list = [node, new Map([[1, node]])];
    return node;
  };
  assert(equal(cycle(1), cycle(1)));
  assertFalse(equal(cycle(1), cycle(2)));
});

Deno.test("equal: any value equals its structured clone, and no value a wrapped one", () => {
  fc.assert(
    fc.property(fc.anything({ withDate: true, withMap: true, withSet: true, withBigInt: true }), (value) => {
      assert(equal(value, structuredClone(value)));
      assertFalse(equal(value, [value]));
    }),
    { numRuns: 300 },
  );
});

Deno.test("equal agrees with itself from both sides", () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), (a, b) => assertEquals(equal(a, b), equal(b, a))),
    { numRuns: 300 },
  );
});
