import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { AppError } from "@/lib/core/errors.ts";
import { whole } from "@/lib/models/answer.ts";
import type { Delta, Turn } from "@/lib/models/provider.ts";
import { alternating } from "@/lib/models/turns.ts";
import { exclusiveUsage, inclusiveUsage } from "@/lib/models/usage.ts";
import { VENDOR } from "../../support/vendor.ts";

async function deltasOf(deltas: readonly Delta[]): Promise<Delta[]> {
  return await Array.fromAsync(whole(
    (async function* () {
      yield* deltas;
    })(),
    VENDOR,
  ));
}

async function codeOf(deltas: readonly Delta[]): Promise<string> {
  return (await assertRejects(() => deltasOf(deltas), AppError)).code;
}

const END: Delta = { type: "end" };
const text = (text: string): Delta => ({ type: "text", text });

Deno.test("A1: no end is provider_truncated, no text before it provider_empty, unless a reason is given", async () => {
  assertEquals(await codeOf([text("a")]), "provider_truncated");
  assertEquals(await codeOf([]), "provider_truncated");
  assertEquals(await codeOf([END]), "provider_empty");
  assertEquals(await codeOf([text(""), END]), "provider_empty");
  assertEquals(await codeOf([{ type: "reasoning", text: "hm" }, END]), "provider_empty");
  assertEquals(await deltasOf([{ type: "end", stopReason: "length" }]), [{
    type: "end",
    stopReason: "length",
  }]);
});

Deno.test("A1: nothing follows the first end", async () => {
  assertEquals(await deltasOf([text("a"), END, text("b"), END]), [text("a"), END]);
});

Deno.test("A3: text cut anywhere, between the halves of a pair too, arrives byte for byte", async () => {
  await fc.assert(fc.asyncProperty(
    fc.string({ unit: "binary", minLength: 1 }),
    fc.array(fc.nat({ max: 8 })),
    async (whole, cuts) => {
      const pieces: Delta[] = [];
      let at = 0;
      for (const cut of cuts) pieces.push(text(whole.slice(at, at += cut)));
      pieces.push(text(whole.slice(at)), END);
      const out = await deltasOf(pieces);
      const texts = out.flatMap((delta) => delta.type === "text" ? [delta.text] : []);
      assertEquals(texts.join(""), whole);
      assert(texts.every((piece) => piece.isWellFormed() && piece !== ""));
    },
  ));
});

Deno.test("A3: reasoning that comes between the halves of a pair parts nothing", async () => {
  const out = await deltasOf([text("a\ud83d"), { type: "reasoning", text: "hm" }, text("\ude80"), END]);
  assertEquals(out, [text("a"), { type: "reasoning", text: "hm" }, text("🚀"), END]);
});

Deno.test("A3: half a pair whose other half never comes is one replacement character", async () => {
  assertEquals(await deltasOf([text("a\ud83d"), END]), [text("a"), text("\ufffd"), END]);
  assertEquals(await deltasOf([text("\ud83dx\ude80"), END]), [text("\ufffdx\ufffd"), END]);
});

Deno.test("alternating() leaves out blanks, joins neighbours and changes nothing it was given", () => {
  const turns: Turn[] = [
    { role: "user", text: "a" },
    { role: "assistant", text: " \n" },
    { role: "user", text: "b\ud83d" },
    { role: "assistant", text: "c" },
    { role: "user", text: "d" },
  ];
  const before = structuredClone(turns);
  assertEquals(alternating(turns), [
    { role: "user", text: "a\n\nb\ufffd" },
    { role: "assistant", text: "c" },
    { role: "user", text: "d" },
  ]);
  assertEquals(turns, before);
});

Deno.test("usage has one meaning, and garbage is no count", () => {
  const details = { cached: 100, written: 20, reasoning: 5 };
  const rest = { outputTokens: 7, cachedInputTokens: 100, cacheWriteTokens: 20, reasoningTokens: 5 };
  assertEquals(inclusiveUsage(130, 7, details), { inputTokens: 130, ...rest });
  assertEquals(exclusiveUsage(10, 7, details), { inputTokens: 130, ...rest });
  assertEquals(inclusiveUsage("9", -1, { cached: null, reasoning: NaN }), {
    inputTokens: 0,
    outputTokens: 0,
  });
});
