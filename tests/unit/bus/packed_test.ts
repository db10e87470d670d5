import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Encoded, pack, unpack } from "@/lib/bus/packed.ts";
import type { EntryType } from "@/lib/protocol/event.ts";

/** Any text, and texts that begin alike for long: past what a count can say, and into the middle of a pair. */
const json = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc.tuple(fc.constantFrom("a", "あ", "😀", "\0"), fc.integer({ min: 0, max: 600 }), fc.string())
    .map(([unit, times, end]) => unit.repeat(times) + end),
);
const entry: fc.Arbitrary<Encoded> = fc.tuple(
  fc.constantFrom<EntryType>("delta", "message", "restart", "conversation", "deleted"),
  json,
);

Deno.test("B5: whatever is packed comes back, character for character", () =>
  fc.assert(fc.property(fc.array(entry, { maxLength: 20 }), (entries) => {
    assertEquals(unpack(pack(entries)), entries);
    // As KV gives it back.
    assertEquals(unpack(structuredClone(pack(entries))), entries);
  })));

Deno.test("the deltas of one answer are packed into little more than their words", () => {
  const said = (text: string): Encoded => [
    "delta",
    JSON.stringify({ messageId: "m".repeat(22), attempt: 1, parts: [{ type: "text", text }] }),
  ];
  const words = "what a model says, a few tokens at a time".split(/(?<= )/);
  const [first = "", ...rest] = pack(words.map(said)) as string[];
  assertEquals(first.length, 1 + "delta ".length + said(words[0]!)[1].length);
  for (const [i, line] of rest.entries()) {
    assert(line.length <= words[i + 1]!.length + 1 + '"}]}'.length, line);
  }
});
