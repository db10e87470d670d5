import { assert, assertEquals, assertLess, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { GrowingText } from "@/components/markdown/blocks.ts";

const DOCUMENT = [
  "# Title\n\nA paragraph with **strong**, *em* and `code`.\n",
  "- one\n- two\n  - nested\n\n1. first\n2. second\n",
  "| a | b |\n| :- | -: |\n| 1 | 2 |\n",
  "```ts\nconst a = 1;\n\nconst b = `x`;\n```\n",
  "> quoted\n> twice\n",
  "Formula \\( e = mc^2 \\) and $$\\sum n$$ and $5.\n\n$$\nx^2\n$$\n",
  "Last line with [a link](https://example.com) and 日本語 😀.\n",
].join("\n");

const raw = (text: GrowingText, source: string, streaming: boolean) => text.read(source, streaming).tokens;

Deno.test("K2: however a text was cut while it grew, at its end it reads as if it had come whole", () => {
  const whole = JSON.stringify(raw(new GrowingText(), DOCUMENT, false));
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (steps) => {
    const text = new GrowingText();
    for (let end = 0, i = 0; end < DOCUMENT.length; i++) {
      end += steps[i % steps.length]!;
      raw(text, DOCUMENT.slice(0, end), true);
    }
    assertEquals(JSON.stringify(raw(text, DOCUMENT, false)), whole);
  }));
});

Deno.test("K1: what is frozen keeps its identity, however much follows", () => {
  const text = new GrowingText();
  const [first] = raw(text, DOCUMENT.slice(0, 120), true);
  for (let end = 121; end <= DOCUMENT.length; end++) {
    assertStrictEquals(raw(text, DOCUMENT.slice(0, end), true)[0], first);
  }
});

Deno.test("K1: while it grows, the source of its blocks is the source, but for the healed end", () => {
  const text = new GrowingText();
  for (let end = 1; end <= DOCUMENT.length; end += 3) {
    const source = DOCUMENT.slice(0, end);
    const tokens = raw(text, source, true);
    const frozen = tokens.slice(0, -3).map((token) => token.raw).join("");
    assert(source.startsWith(frozen), `${JSON.stringify(frozen.slice(-40))} is not in the source`);
  }
});

Deno.test("an unfinished end is healed: no lone mark is ever shown", () => {
  const text = new GrowingText();
  const source = "Some **strong words** and `code` and [a link](https://example.com/path) here.";
  for (let end = 1; end <= source.length; end++) {
    const shown = JSON.stringify(raw(text, source.slice(0, end), true).map(words));
    assert(!/\*\*|\]\(|`/.test(shown), `${source.slice(0, end)} shows ${shown}`);
  }
});

/** The visible words of a token. */
function words(token: object): string {
  const { tokens, text } = token as { tokens?: unknown; text?: unknown };
  return Array.isArray(tokens) ? tokens.map(words).join("") : String(text ?? "");
}

Deno.test("a text that begins anew forgets the one before", () => {
  const text = new GrowingText();
  raw(text, DOCUMENT, true);
  assertEquals(raw(text, "Another.", true).map((token) => token.raw), ["Another."]);
});

Deno.test("a link that is defined last is found by the pass at the end", () => {
  const source = "See [the page][1].\n\nMore.\n\nAnd more.\n\nAnd more still.\n\n[1]: https://example.com/\n";
  const text = new GrowingText();
  for (let end = 1; end <= source.length; end++) raw(text, source.slice(0, end), true);
  const { tokens, definitions } = text.read(source, false);
  assertEquals(definitions, 1);
  assert(JSON.stringify(tokens[0]).includes('"href":"https://example.com/"'));
});

Deno.test("hostile sizes and depths are read in bounded time", () => {
  const hostile = [
    "[".repeat(10_000),
    "*".repeat(10_000),
    "> ".repeat(10_000) + "x",
    "a*".repeat(50_000),
    "**a".repeat(30_000),
    "![".repeat(10_000),
    "- ".repeat(5_000),
    "word ".repeat(200_000),
    "```\n" + "line\n".repeat(100_000),
    "$$".repeat(10_000),
    "\\(".repeat(10_000),
    "|a".repeat(5_000) + "\n" + "|-".repeat(5_000) + "\n" + "|b".repeat(5_000),
  ];
  for (const source of hostile) {
    const startedAt = performance.now();
    const text = new GrowingText();
    text.read(source, true);
    text.read(source + "x", true);
    text.read(source, false);
    const tookMs = performance.now() - startedAt;
    // A quadratic reading takes minutes; this leaves room for a machine that is busy.
    assertLess(tookMs, 20_000, `${source.slice(0, 10)}… of ${source.length} took ${tookMs} ms`);
  }
});

Deno.test("money is no formula, and a formula stays whole", () => {
  const kinds = (source: string) => {
    const [paragraph] = raw(new GrowingText(), source, false);
    return (paragraph as { tokens?: { type: string }[] }).tokens?.map((token) => token.type) ??
      [paragraph!.type];
  };
  assertEquals(kinds("It costs $5 to $10."), ["text"]);
  assertEquals(kinds("So \\(a_1 * b_1\\) holds."), ["text", "formula", "text"]);
  assertEquals(kinds("$$\nx\n$$"), ["formula"]);
});
