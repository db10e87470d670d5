import { assert, assertEquals } from "@std/assert";
import { parseVariants, type Variant, variantOf, VARIANTS_MAX } from "@/lib/chat/variants.ts";

const variant = (name: string, weight: number): Variant => ({ name, weight, systemPrompt: `Be ${name}.` });
const ids = Array.from(
  { length: 10_000 },
  (_, n) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`,
);

function shares(variants: readonly Variant[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const id of ids) {
    const { name } = variantOf(variants, id)!;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

Deno.test("E1: 10,000 conversations are shared out by the weights", () => {
  for (const weights of [[1, 1], [1, 3], [5, 3, 2], [0.1, 0.9], [1_000, 4_000, 5_000]]) {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const counts = shares(weights.map((weight, i) => variant(`v${i}`, weight)));
    for (const [i, weight] of weights.entries()) {
      const expected = ids.length * weight / total;
      // Four standard deviations: the ids are always the same, so it never is another number.
      const spread = 4 * Math.sqrt(expected * (1 - weight / total));
      assert(Math.abs(counts[`v${i}`]! - expected) < spread, `${weights}: ${JSON.stringify(counts)}`);
    }
  }
});

Deno.test("E1: a conversation keeps its variant: read again, listed in another order, under scaled weights or other words", () => {
  const variants = [variant("a", 1), variant("b", 2), variant("c", 3)];
  const reworded = variants.map((each) => ({
    ...each,
    weight: each.weight * 10,
    systemPrompt: "other words",
  }));
  for (const id of ids.slice(0, 1_000)) {
    const { name } = variantOf(variants, id)!;
    assertEquals(variantOf(structuredClone(variants), id)!.name, name);
    assertEquals(variantOf(variants.toReversed(), id)!.name, name);
    assertEquals(variantOf(reworded, id)!.name, name);
  }
});

Deno.test("E1: a variant that is added takes its share from the others, and moves nothing between them", () => {
  const before = [variant("a", 1), variant("b", 1)];
  const after = [...before, variant("c", 2)];
  let taken = 0;
  for (const id of ids) {
    const [was, is] = [variantOf(before, id)!.name, variantOf(after, id)!.name];
    if (is === "c") taken++;
    else assertEquals(is, was);
  }
  assert(Math.abs(taken - ids.length / 2) < 200, String(taken));
});

Deno.test("without an experiment there is no variant, and with one of any weight everybody has it", () => {
  assertEquals(variantOf([], ids[0]!), null);
  assertEquals(variantOf([variant("a", Number.MIN_VALUE)], ids[0]!)?.name, "a");
});

Deno.test("a file of variants is read as it is written", () => {
  const variants = [variant("plain", 1), { name: "brief", weight: 0.25, systemPrompt: "" }];
  assertEquals(parseVariants(JSON.stringify({ variants })), { variants, faults: [] });
});

Deno.test("each fault of a file of variants is said in words, and with a fault there is no variant", () => {
  const good = variant("a", 1);
  const wrong: [file: unknown, said: string][] = [
    [[good], `must be { "variants": [ … ] }`],
    [null, `must be { "variants": [ … ] }`],
    [{ variants: [] }, "with 1 to 20"],
    [{ variants: Array.from({ length: VARIANTS_MAX + 1 }, (_, i) => variant(`v${i}`, 1)) }, "with 1 to 20"],
    [{ variants: [7] }, "variants[0] must be {"],
    [{ variants: [good, { ...good }] }, `variants[1] has the name of variants[0], "a"`],
    [{ variants: [{ ...good, name: " " }] }, "variants[0] must have a name"],
    [{ variants: [{ ...good, name: "x".repeat(61) }] }, "variants[0] must have a name"],
    [{ variants: [{ ...good, name: "\ud800" }] }, "variants[0] must have a name"],
    [{ variants: [{ ...good, weight: 0 }] }, "variants[0] must have a weight above 0"],
    [{ variants: [{ ...good, weight: -1 }] }, "variants[0] must have a weight above 0"],
    [{ variants: [{ ...good, weight: "1" }] }, "variants[0] must have a weight above 0"],
    [{ variants: [{ ...good, systemPrompt: "x".repeat(16_001) }] }, "variants[0] must have a systemPrompt"],
    [{ variants: [{ name: "a", weight: 1 }] }, "variants[0] must have a systemPrompt"],
    [{ variants: [{ ...good, share: 1 }] }, `variants[0] has a member "share"`],
  ];
  for (const [file, said] of wrong) {
    const { variants, faults } = parseVariants(JSON.stringify(file));
    assertEquals(variants, []);
    assertEquals(faults.length, 1, faults.join("; "));
    assert(faults[0]!.includes(said), `${faults[0]} does not say: ${said}`);
  }
  assertEquals(parseVariants("{").faults.length, 1);
  assertEquals(
    parseVariants('{"variants":[{"__proto__":{},"name":"a","weight":1,"systemPrompt":""}]}').faults,
    [
      'variants[0] has a member "__proto__", which means nothing',
    ],
  );
});
