// The beginning of an answer, said again or not, and cut between deltas in every way.
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { withoutEcho } from "@/lib/models/echo.ts";
import type { Delta } from "@/lib/models/provider.ts";

const PREFIX = "The quick brown fox jumps";

/** The text that is left of `pieces`. */
async function left(pieces: readonly string[], prefix = PREFIX): Promise<string> {
  const deltas: Delta[] = [...pieces.map((text): Delta => ({ type: "text", text })), { type: "end" }];
  const source = (async function* () {
    yield* deltas;
  })();
  const out = await Array.fromAsync(withoutEcho(source, prefix));
  assertEquals(out.at(-1), { type: "end" });
  return out.map((delta) => delta.type === "text" ? delta.text : "").join("");
}

/** `text`, cut at some of its places. */
function cutAt(text: string, places: readonly number[]): string[] {
  const sorted = [...new Set(places.map((place) => place % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...sorted].map((from, i) => text.slice(from, sorted[i] ?? text.length));
}

Deno.test("M3: an echo is taken away once, and anything else is left, however it is cut", async () => {
  const rest = fc.constantFrom(" over the dog", PREFIX + "!", "", "The quick brown", "The quick brown dog");
  const places = fc.array(fc.nat(100), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(rest, places, async (rest, places) => {
      assertEquals(await left(cutAt(PREFIX + rest, places)), rest);
      if (!rest.startsWith(PREFIX)) assertEquals(await left(cutAt(rest, places)), rest);
    }),
    { numRuns: 300 },
  );
});

Deno.test("M3: a short beginning may well come again, and is left alone", async () => {
  assertEquals(await left(["ha", "ha"], "ha"), "haha");
});

Deno.test("what can be no echo is not held back", async () => {
  const source = withoutEcho(
    (async function* (): AsyncGenerator<Delta> {
      yield { type: "text", text: "over" };
      throw new Error("Read too far");
    })(),
    PREFIX,
  );
  assertEquals((await source.next()).value, { type: "text", text: "over" });
});
