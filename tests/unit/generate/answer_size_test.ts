import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ANSWER_BYTES_MAX, AnswerSize, shortened } from "@/lib/generate/answer_size.ts";
import type { Growing } from "@/lib/generate/coalesce.ts";
import { joinParts, type Part } from "@/lib/protocol/message.ts";

const deltas: fc.Arbitrary<Growing[]> = fc.array(
  fc.record({ type: fc.constantFrom("text", "reasoning"), text: fc.string({ unit: "binary" }) }),
  { minLength: 1, maxLength: 40 },
);

function sizeOf(parts: readonly Growing[]): number {
  const size = new AnswerSize();
  return parts.reduce((_, part) => size.add(part), 0);
}

Deno.test("the size of an answer is never below what its record and its entry take", () =>
  fc.assert(fc.property(deltas, (parts) => {
    const json = JSON.stringify(joinParts([], parts));
    const encoder = new TextEncoder();
    const real = encoder.encode(json).length + encoder.encode(JSON.stringify(json)).length;
    assert(sizeOf(parts) + 20 >= real, `${sizeOf(parts)} counted, ${real} real`);
  })));

Deno.test("an answer costs the same in one piece or letter by letter", () => {
  const text = "漢 a\n😀";
  const letters = [...text].map((letter): Growing => ({ type: "text", text: letter }));
  assertEquals(sizeOf(letters), sizeOf([{ type: "text", text }]));
});

Deno.test("what is kept of an answer without room is its beginning, and small whatever it is made of", () => {
  fc.assert(fc.property(deltas, fc.integer({ min: 1, max: 500 }), (parts, times) => {
    const kept = shortened(
      parts.map(({ type, text }): Part => ({ type, text: text.repeat(times) })),
    ) as Growing[];
    assert(sizeOf(kept) < ANSWER_BYTES_MAX / 4);
  }));
  const [first] = shortened([{ type: "text", text: "ab".repeat(10_000) }]) as Growing[];
  assert("ab".repeat(10_000).startsWith(first!.text) && first!.text.length > 1_000);
});
