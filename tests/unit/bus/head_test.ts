import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { advance, EMPTY_HEAD, number, TAIL_BYTES_MAX, tailAfter } from "@/lib/bus/head.ts";
import { type Encoded, pack, unpack } from "@/lib/bus/packed.ts";
import { encodedBytes } from "@/lib/kv/limits.ts";

const entry: fc.Arbitrary<Encoded> = fc.record({
  size: fc.oneof(fc.integer({ min: 0, max: 80 }), fc.integer({ min: 300, max: 2_000 })),
  letter: fc.constantFrom("a", "あ"),
}).map(({ size, letter }) => ["delta", JSON.stringify(letter.repeat(size))]);

const appends = fc.array(fc.array(entry, { minLength: 1, maxLength: 5 }), { maxLength: 30 });

/** A topic after these appends: its head, and everything that left its tail. */
function after(batches: readonly (readonly Encoded[])[]) {
  let head = EMPTY_HEAD;
  const sealed = [];
  for (const batch of batches) {
    const step = advance(head, batch);
    sealed.push(...step.sealed);
    head = step.head;
  }
  return { head, sealed };
}

Deno.test("B1: advance() neither loses, repeats nor reorders: segments and tail are all that was appended", () =>
  fc.assert(fc.property(appends, (batches) => {
    const { head, sealed } = after(batches);
    const stored = [...sealed.flatMap(({ entries }) => unpack(entries)), ...unpack(head.tail)];
    assertEquals(stored, batches.flat());
    assertEquals(head.seq, batches.flat().length);
  })));

Deno.test("B1: segments join each other and the tail without a gap", () =>
  fc.assert(fc.property(appends, (batches) => {
    const { head, sealed } = after(batches);
    let next = 1;
    for (const { firstSeq, entries } of sealed) {
      assertEquals(firstSeq, next);
      assert(entries.length > 0, "an empty segment");
      next += unpack(entries).length;
    }
    assertEquals(head.tailFrom, next);
    assertEquals(head.tailFrom + head.tail.length, head.seq + 1);
  })));

Deno.test("the tail stays within one write unit, whatever is appended", () =>
  fc.assert(fc.property(appends, (batches) => {
    assert(encodedBytes(after(batches).head.tail) <= TAIL_BYTES_MAX);
  })));

Deno.test("the newest entries stay in the head when they fit, so that a live follower reads nothing else", () =>
  fc.assert(fc.property(appends, fc.array(entry, { minLength: 1, maxLength: 5 }), (batches, newest) => {
    const before = after(batches).head;
    const { head } = advance(before, newest);
    if (encodedBytes(pack(newest)) > TAIL_BYTES_MAX) return;
    // An empty tail has nothing to seal; then too the newest entries fit.
    assertEquals(tailAfter(head, before.seq), number(before.seq + 1, newest));
  })));

Deno.test("tailAfter() serves every cursor from the tail's beginning on, and says null before it", () =>
  fc.assert(fc.property(appends, (batches) => {
    const { head } = after(batches);
    const all = number(1, batches.flat());
    for (let cursor = 0; cursor <= head.seq + 2; cursor++) {
      const expected = cursor < head.seq && cursor + 1 < head.tailFrom ? null : all.slice(cursor);
      assertEquals(tailAfter(head, cursor), expected);
    }
  })));

Deno.test("advance() leaves the head it is given as it was", () => {
  const tail = Object.freeze(pack([["delta", "1"]]));
  const head = Object.freeze({ seq: 1, tailFrom: 1, tail });
  advance(head, [["delta", "2"]]);
  assertEquals(head, { seq: 1, tailFrom: 1, tail: pack([["delta", "1"]]) });
});

Deno.test("a head that holds its entries as they are, as heads once did, is read and appended to", () => {
  const head = { seq: 2, tailFrom: 1, tail: [["delta", "1"], ["message", "2"]] as Encoded[] };
  assertEquals(tailAfter(head, 0), number(1, [["delta", "1"], ["message", "2"]]));
  const { head: next } = advance(head, [["delta", "3"]]);
  assertEquals(unpack(next.tail), [["delta", "1"], ["message", "2"], ["delta", "3"]]);
});
