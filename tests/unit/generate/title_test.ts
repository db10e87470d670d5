// What of a model's answer is a title.
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { beginningOf, titleIn } from "../../../lib/generate/title.ts";

Deno.test("T1: a title is the plain words of one line, whatever a model puts around them", () => {
  const titles: [said: string, title: string][] = [
    ["Baking bread at home", "Baking bread at home"],
    ["  Baking   bread\t \n", "Baking bread"],
    ['"Baking bread."', "Baking bread"],
    ["**Baking bread**", "Baking bread"],
    ["# Baking bread", "Baking bread"],
    ["Title: “Baking bread”", "Baking bread"],
    ["**Title:** Baking bread", "Baking bread"],
    ["\n\n- `Baking bread`\n", "Baking bread"],
    ["“A” and “B”", "“A” and “B”"],
    ["What is `fetch`?", "What is `fetch`?"],
    ["Titel: Brot backen", "Brot backen"],
    ["「パンの焼き方」", "パンの焼き方"],
    ["标题：如何烤面包。", "如何烤面包"],
    ["Wait for it...", "Wait for it..."],
    ["Family 👨‍👩‍👧 trip", "Family 👨‍👩‍👧 trip"],
    ["a\u202eb\u200bc\u0000d", "a b c d"],
  ];
  for (const [said, title] of titles) assertEquals(titleIn(said), title, JSON.stringify(said));
});

Deno.test("T1: a refusal, an explanation, an answer to the question, and nothing are no titles", () => {
  const none = [
    "",
    " \n ",
    "…!?",
    "I'm sorry, but I can't help with that.",
    "Sorry, no.",
    "I cannot name this",
    "I can’t do that",
    "As an AI, I have no titles",
    "Here is a title:\nBaking bread",
    "Baking bread\n\nThis title says what it is about.",
    "To bake bread you need flour, water, salt, yeast and a good deal of time",
    "Lo siento, pero no puedo ayudarte con eso porque va en contra de mis normas de uso aquí",
    "x".repeat(81),
  ];
  for (const said of none) assertEquals(titleIn(said), null, JSON.stringify(said));
});

Deno.test("T1: whatever is said, a title is one line, bounded, trimmed and well-formed; named again it stays", () => {
  const said = fc.string({
    unit: fc.oneof(
      fc.constantFrom(..."ab  .\"'*_`#-:\n“”«»「」。"),
      fc.string({ minLength: 1, maxLength: 1, unit: "binary" }),
    ),
    maxLength: 60,
  });
  fc.assert(
    fc.property(said, (text) => {
      const title = titleIn(text);
      if (title === null) return;
      assert(title.length > 0 && title.length <= 80 && title === title.trim(), title);
      assert(!/[\r\n\u2028\u2029\t]/.test(title) && title.isWellFormed(), title);
      assertEquals(titleIn(title), title);
    }),
    { numRuns: 3_000, examples: [["»-\u0000a«"]] },
  );
});

Deno.test("what a model is given to name is bounded, and cuts no character", () => {
  const given = beginningOf("😀".repeat(5_000), "x".repeat(100_000));
  assert(given.length < 4_200 && given.isWellFormed());
});
