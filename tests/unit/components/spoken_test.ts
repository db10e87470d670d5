import { assert, assertEquals } from "@std/assert";
import { spoken } from "@/components/markdown/spoken.ts";
import { HOSTILE } from "@/tests/fixtures/hostile_markdown.ts";

Deno.test("K4: markdown is read without its marks, and code, tables and formulas are called what they are", () => {
  const read = spoken([
    "# A *title*",
    "",
    "Some **bold** and `code`, a [link](https://example.org) &amp; ~~more~~.",
    "",
    "```ts",
    "const a = 1;",
    "const b = 2;",
    "```",
    "",
    "```",
    "plain",
    "```",
    "",
    "3. three",
    "4. four",
    "   - inner",
    "",
    "- [x] done it",
    "",
    "| a | b |",
    "| - | - |",
    "| 1 | 2 |",
    "",
    "> wise words",
    "",
    "It costs $5, and \\(x^2\\) grows.",
    "",
    "![a cat](https://example.org/cat.png)",
    "",
    "<b>raw</b>",
  ].join("\n"));
  assertEquals(read.split("\n"), [
    "A title",
    "Some bold and code, a link & more.",
    "code block, TypeScript, 2 lines",
    "code block, 1 line",
    "3. three",
    "4. four",
    "• inner",
    "• done: done it",
    "Table, 2 columns, 1 row",
    "a, b",
    "1, 2",
    "Quote:",
    "wise words",
    "It costs $5, and formula x^2 grows.",
    "image: a cat",
    "<b>raw</b>",
  ]);
});

Deno.test("K4: whatever a model writes can be read out", () => {
  for (const { source } of HOSTILE) assert(spoken(source).length <= 2 * source.length + 1_000);
});
