import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { computed, Signal, signal } from "@preact/signals";
import fc from "fast-check";
import { revive } from "../src/runtime/revive.ts";
import { serialize, SlotRef } from "../src/serialize.ts";

/** There and back, as a browser does it. */
function roundTrip<T>(value: T, slot: (id: number) => unknown = () => "no slot"): T {
  return revive(JSON.parse(serialize(value)), slot) as T;
}

const VALUES: [string, unknown][] = [
  ["undefined", undefined],
  ["null", null],
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
  ["a bigint", 2n ** 70n],
  ["a date", new Date(1e12)],
  ["an invalid date", new Date(NaN)],
  ["a URL", new URL("https://a.test/?q=<script>")],
  ["a pattern", /<a\/"b">/giu],
  ["bytes", new Uint8Array([0, 1, 254, 255])],
  ["a set", new Set([1, "a", undefined])],
  ["a map with any keys", new Map<unknown, unknown>([[{ a: 1 }, [1]], [null, NaN]])],
  ["an empty record, list and text", [{}, [], ""]],
  ["a record that has undefined", { a: undefined }],
  ["a field named like a tag", { Signal: ["Date", 1] }],
  ["a list that looks tagged", ["Signal", 0]],
];

for (const [name, value] of VALUES) {
  Deno.test(`props keep ${name}`, () => {
    assertEquals(roundTrip(value), value);
    assertEquals(roundTrip({ deep: [value] }), { deep: [value] });
  });
}

Deno.test("props keep -0 and holes", () => {
  assertStrictEquals(roundTrip([-0])[0], -0);
  const holed = [1, , 3]; // deno-lint-ignore no-sparse-arrays
  assertEquals(roundTrip(holed), holed);
});

Deno.test("a list that starts with a text is no tag", () => {
  fc.assert(fc.property(fc.array(fc.string()), (list) => assertEquals(roundTrip(list), list)));
});

Deno.test("any data survives, and so does its shape", () => {
  const data = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withSparseArray: true,
    withNullPrototype: false,
  });
  fc.assert(fc.property(data, (value) => assertEquals(roundTrip(value), value)), { numRuns: 500 });
});

Deno.test("a field named __proto__ is a field", () => {
  const hostile = JSON.parse(`{"__proto__":{"isAdmin":true}}`);
  const revived = roundTrip(hostile);
  assertEquals(Object.keys(revived), ["__proto__"]);
  assertEquals(revived.isAdmin, undefined);
});

Deno.test("shared values stay shared, and cycles end", () => {
  const shared = { n: 1 };
  const [left, right] = roundTrip([shared, shared]);
  assertStrictEquals(left, right);
  const cycle: Record<string, unknown> = { list: [] as unknown[], map: new Map(), set: new Set() };
  (cycle.list as unknown[]).push(cycle);
  (cycle.map as Map<unknown, unknown>).set(cycle, cycle);
  (cycle.set as Set<unknown>).add(cycle);
  const revived = roundTrip(cycle);
  assertStrictEquals((revived.list as unknown[])[0], revived);
  assertStrictEquals((revived.map as Map<unknown, unknown>).get(revived), revived);
  assert((revived.set as Set<unknown>).has(revived));
});

Deno.test("one signal in two islands is one signal again", () => {
  const count = signal(1);
  const double = computed(() => count.value * 2);
  const [first, second] = roundTrip([{ count, double }, { count }]);
  assert(first!.count instanceof Signal);
  assertStrictEquals(first!.count, second!.count);
  first!.count.value = 5;
  assertEquals(second!.count.value, 5);
  assertEquals(first!.double!.value, 2, "a computed signal keeps the value it had");
  assertThrows(() => Object.assign(first!.double!, { value: 1 }), TypeError);
});

Deno.test("a signal may hold signals, and itself", () => {
  const inner = signal("in");
  const outer = signal<unknown>({ inner });
  assertEquals((roundTrip(outer).value as { inner: Signal<string> }).inner.value, "in");
  const knot = signal<unknown>(null);
  knot.value = knot;
  const revived = roundTrip(knot);
  assertStrictEquals(revived.value, revived);
});

Deno.test("a slot is asked for by its id, once", () => {
  const asked: number[] = [];
  const [a, b] = roundTrip(
    [{ children: new SlotRef(4) }, "x"] as const,
    (id) => asked.push(id) && `slot ${id}`,
  );
  assertEquals([a, b, asked] as unknown[], [{ children: "slot 4" }, "x", [4]]);
});

Deno.test("what a browser could not get back is refused with its path", () => {
  class Account {}
  const refuse = (value: unknown, message: string) =>
    assertThrows(() => serialize(value), TypeError, message);
  refuse([{ onClick: () => {} }], "Cannot send props[0].onClick to the browser: it is a function");
  refuse({ key: Symbol("k") }, "props.key to the browser: it is a symbol");
  refuse({ list: [new Account()] }, "props.list[0] to the browser: it is a Account");
  refuse(signal(() => 1), "props.value");
});
