import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { BATCH_CHARS_MAX, Coalescer, type Growing } from "@/lib/generate/coalesce.ts";
import { joinParts, type Part } from "@/lib/protocol/message.ts";

function drain(coalescer: Coalescer): Part[][] {
  const batches: Part[][] = [];
  for (let batch = coalescer.take(); batch.length > 0; batch = coalescer.take()) batches.push(batch);
  return batches;
}

const chars = (parts: readonly Part[]) =>
  parts.reduce((n, part) => n + ("text" in part ? part.text.length : 0), 0);

const pushed: fc.Arbitrary<Growing[]> = fc.array(
  fc.record({
    type: fc.constantFrom("text", "reasoning"),
    text: fc.oneof(
      { weight: 5, arbitrary: fc.string({ unit: "binary" }) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 20_000 }).map((n) => "a" + "😀".repeat(n)) },
    ),
  }),
  { maxLength: 30 },
);

Deno.test("what goes in comes out: all of it, in order, byte for byte, however it is batched", () =>
  fc.assert(fc.property(pushed, fc.infiniteStream(fc.boolean()), (parts, takes) => {
    const coalescer = new Coalescer();
    const out: Part[] = [];
    for (const part of parts) {
      coalescer.push(part);
      if (takes.next().value) out.push(...coalescer.take());
    }
    out.push(...drain(coalescer).flat());
    assertEquals(joinParts([], out), joinParts([], parts.filter(({ text }) => text !== "")));
    assertEquals(coalescer.chars, 0);
  })));

Deno.test("a batch stays within its bound and splits no surrogate pair", () =>
  fc.assert(fc.property(pushed, (parts) => {
    const coalescer = new Coalescer();
    for (const part of parts) coalescer.push(part);
    assertEquals(coalescer.chars, chars(parts));
    for (const batch of drain(coalescer)) {
      assert(chars(batch) <= BATCH_CHARS_MAX);
      for (const part of batch) assert("text" in part && part.text.isWellFormed(), "a pair was split");
    }
  })));

Deno.test("a pair on the very seam moves whole into the next batch", () => {
  const coalescer = new Coalescer();
  coalescer.push({ type: "text", text: "a".repeat(BATCH_CHARS_MAX - 1) + "😀" });
  assertEquals(drain(coalescer).map(chars), [BATCH_CHARS_MAX - 1, 2]);
});

Deno.test("neighbours of one kind become one part; nothing gives nothing", () => {
  const coalescer = new Coalescer();
  assertEquals(coalescer.take(), []);
  coalescer.push({ type: "text", text: "" });
  assertEquals(coalescer.take(), []);
  for (const text of ["a", "b"]) coalescer.push({ type: "reasoning", text });
  coalescer.push({ type: "text", text: "c" });
  assertEquals(coalescer.take(), [{ type: "reasoning", text: "ab" }, { type: "text", text: "c" }]);
});

Deno.test("what was pushed is not changed by what is pushed after it", () => {
  const coalescer = new Coalescer();
  const first: Growing = { type: "text", text: "a" };
  coalescer.push(first);
  coalescer.push({ type: "text", text: "b" });
  assertEquals(first, { type: "text", text: "a" });
});
