// What of a person's parameters a model is sent.
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { accepted } from "@/lib/models/accepted.ts";
import { type Abilities, UNKNOWN_ABILITIES } from "@/lib/protocol/model.ts";
import { EFFORTS, type Params } from "@/lib/protocol/params.ts";

const ALL: Params = { temperature: 1.5, outputTokensMax: 5_000, effort: "high", stop: ["END", "\n\n"] };
const NOTHING: Abilities = {
  temperature: false,
  efforts: [],
  stop: false,
  reasoning: false,
  tools: false,
  vision: false,
};

Deno.test("of a model that nobody knows, everything is tried", () => {
  assertEquals(accepted(ALL, UNKNOWN_ABILITIES, null), ALL);
});

Deno.test("what a model refuses is left out, and nothing is put in its place", () => {
  assertEquals(accepted(ALL, NOTHING, null), { outputTokensMax: 5_000 });
  const some = { ...NOTHING, efforts: ["low", "medium"] as const, stop: true };
  assertEquals(accepted({ effort: "high", stop: ["END"] }, some, null), { stop: ["END"] });
  assertEquals(accepted({ effort: "low" }, some, null), { effort: "low" });
});

Deno.test("an answer is asked for no longer than the model can make it, a temperature no higher than its scale", () => {
  assertEquals(accepted({ outputTokensMax: 5_000 }, NOTHING, 4_096), { outputTokensMax: 4_096 });
  assertEquals(accepted({ outputTokensMax: 5_000 }, NOTHING, 8_192), { outputTokensMax: 5_000 });
  const scale = { ...NOTHING, temperature: true, temperatureMax: 1 };
  assertEquals(accepted({ temperature: 1.5 }, scale, null), { temperature: 1 });
  assertEquals(accepted({ temperature: 0 }, scale, null), { temperature: 0 });
});

Deno.test("nothing is sent that nobody asked for", () => {
  const known = fc.constantFrom(true, false, null);
  const abilities = fc.record({
    temperature: known,
    efforts: fc.option(fc.subarray([...EFFORTS])),
    stop: known,
    reasoning: known,
    tools: known,
    vision: known,
  });
  const params = fc.record({
    temperature: fc.double({ min: 0, max: 2, noNaN: true }),
    outputTokensMax: fc.integer({ min: 1 }),
    effort: fc.constantFrom(...EFFORTS),
    stop: fc.array(fc.string({ minLength: 1 }), { maxLength: 4 }),
  }, { requiredKeys: [] });
  fc.assert(
    fc.property(params, abilities, fc.option(fc.integer({ min: 1 })), (params, abilities, longest) => {
      const sent = accepted(params, abilities, longest);
      for (const [name, value] of Object.entries(sent)) {
        assertEquals(name in params && value !== undefined, true, name);
      }
      assertEquals(accepted(sent, abilities, longest), sent, "what was accepted is accepted");
    }),
  );
});
