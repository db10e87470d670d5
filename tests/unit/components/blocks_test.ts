import {
  assert,
  assertEquals,
  assertLess,
  assertNotStrictEquals,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import fc from "fast-check";
import type { Token } from "marked";
import { GrowingText } from "@/components/markdown/blocks.ts";
import { read } from "@/components/markdown/lex.ts";
import { rawOf } from "@/components/markdown/source.ts";
import { HOSTILE } from "../../fixtures/hostile_markdown.ts";

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

Deno.test("a link that is defined later than it is used is found by the pass at the end, and its block is told", () => {
  for (const after of ["", "More.\n\nAnd more.\n\nAnd more still.\n"]) {
    const source = `See [the page][1].\n\nMore.\n\nAnd more.\n\n[1]: https://example.com/\n\n${after}`;
    const text = new GrowingText();
    let last = text.read("", true);
    for (let end = 1; end <= source.length; end++) last = text.read(source.slice(0, end), true);
    const { tokens, links } = text.read(source, false);
    assertEquals(links["1"]?.href, "https://example.com/");
    assertNotStrictEquals(links, last.links);
    assert(JSON.stringify(tokens[0]).includes('"href":"https://example.com/"'));
  }
});

Deno.test("a link whose address is still being written leads to as much of it as is there, and then to all of it", () => {
  const text = new GrowingText();
  const source = "Before.\n\nSee [the page][1].\n\n[1]: https://example.com/path\n\nOne.\n\nTwo.\n\nThree.";
  const address = source.indexOf("https:");
  let links = {};
  for (let end = 1; end <= source.length; end++) {
    const read = text.read(source.slice(0, end), true);
    if (end < address + 2) continue;
    const href = source.slice(address, end).split("\n")[0];
    assertEquals(read.links["1"]?.href, href);
    assertStringIncludes(JSON.stringify(read.tokens.slice(2, 3)), `"href":"${href}"`);
    // Blocks look at what they are made of again only when that changed.
    if (source[end - 1] === "\n") assertStrictEquals(read.links, links);
    links = read.links;
  }
});

Deno.test("what comes faster than it is read is read in steps: each shows more, and the last as much as if it were the only one", () => {
  const fence = `\`\`\`\n${"code\n".repeat(5_000)}\`\`\`\n\n`;
  const defined = `${DOCUMENT.repeat(90)}\n[1]: https://example.com`;
  for (const source of [DOCUMENT.repeat(100), DOCUMENT + fence + DOCUMENT, "[".repeat(50_000), defined]) {
    for (const more of [300, 1_500, Infinity]) {
      const text = new GrowingText();
      let shown = 0;
      let read = text.read("", true, 1_000);
      for (let come = 0, steps = 0; come < source.length || read.rest; steps++) {
        come = Math.min(source.length, come + more);
        read = text.read(source.slice(0, come), come < source.length, 1_000);
        const chars = rawOf(read.tokens).length;
        assert(chars > shown - 40, `of ${shown} characters ${chars} are left`); // but for an end that is healed
        shown = chars;
        assertLess(steps, source.length / 290);
      }
      const whole = new GrowingText().read(source, false);
      assertEquals(JSON.stringify(read.tokens), JSON.stringify(whole.tokens));
    }
  }
});

/** Some 50 KB as a model writes them. */
const LONG = Array.from({ length: 130 }, (_, i) => `${DOCUMENT}\n\nPart ${i}.\n\n`).join("").slice(0, 50_000);

Deno.test("K1: reading a text that grows costs what its tail costs: each of its characters is read as often at the end as at the start", () => {
  let chars = 0;
  const text = new GrowingText((tail, links) => {
    chars += tail.length;
    return read(tail, links);
  });
  const halves = [0, 0];
  for (let end = 20; end <= LONG.length; end += 20) {
    const before = chars;
    raw(text, LONG.slice(0, end), true);
    halves[end <= LONG.length / 2 ? 0 : 1]! += chars - before;
  }
  // Twice for each update: what is final is known before the end is healed. A full reading would have 60 MB of them.
  assertLess(chars, 60 * LONG.length);
  assertLess(halves[1]!, 1.2 * halves[0]!);
});

Deno.test("K2: of a very long text only the tail is read again at its end, unless a link is defined in it", () => {
  const long = `${DOCUMENT}\n`.repeat(100);
  for (
    const [source, expected] of [[long, 10_000], [`${long}\n\n[1]: https://example.com`, Infinity]] as const
  ) {
    let chars = 0;
    const text = new GrowingText((tail, links) => {
      chars += tail.length;
      return read(tail, links);
    });
    for (let end = 1_000; end < source.length; end += 1_000) raw(text, source.slice(0, end), true);
    const before = chars;
    const [last, whole] = [raw(text, source, false), raw(new GrowingText(), source, false)];
    assertLess(chars - before, expected);
    assertEquals(JSON.stringify(last), JSON.stringify(whole));
  }
});

Deno.test("K6: a paragraph that is no writing is shown as it is, in pieces, while it grows and at its end", () => {
  const source = `Before.\n\n${"[".repeat(100_000)}\n\nAfter.`;
  const whole = raw(new GrowingText(), source, false);
  assertEquals(rawOf(whole), source);
  const types = whole.map(({ type }) => type).filter((type) => type !== "space");
  assertEquals([types[0], types.at(-1), new Set(types.slice(1, -1))], [
    "paragraph",
    "paragraph",
    new Set(["source"]),
  ]);
  assert(types.length > 10);
});

Deno.test("a block too long to be read for each frame is read again when it has doubled, and nothing behind it is lost", () => {
  let chars = 0;
  const text = new GrowingText((tail, links) => {
    chars += tail.length;
    return read(tail, links);
  });
  const block = "a line of a paragraph\n".repeat(10_000);
  for (let end = 1_000; end <= block.length; end += 1_000) {
    assertEquals(rawOf(raw(text, block.slice(0, end), true)).trimEnd(), block.slice(0, end).trimEnd());
  }
  assertLess(chars, 12 * block.length);
  const after = raw(text, `${block.repeat(3)}\n\nOne.\n\nTwo.\n\nThree.`, true);
  assertStringIncludes(rawOf(after), "Two.");
  // A reload in mid-answer brings much at once; its tail is as short as ever.
  assertEquals(raw(new GrowingText(), LONG, true).filter((token) => token.type === "source"), []);
});

Deno.test("a list that grows is read in parts, each beginning with an item of its own, and numbered as it was", () => {
  for (const item of ["- an item of a list\n  - one in it\n", "7. an item of a list\n\n   more of it\n"]) {
    const list = item.repeat(2_000);
    const tokens = raw(new GrowingText(), list, false).filter((token) => token.type !== "space");
    assert(tokens.length > 3);
    assert(tokens.every((token) => token.type === "list" && token.raw.startsWith(item.slice(0, 5))));
    assertEquals(rawOf(raw(new GrowingText(), list, false)).trimEnd(), list.trimEnd());
  }
});

Deno.test("K6: rows beyond those that a table may have are shown as they are written", () => {
  const source = `| a | b |\n| - | - |\n${"| 1 | 2 |\n".repeat(2_000)}\nAfter.`;
  const tokens = raw(new GrowingText(), source, false).filter(({ type }) => type !== "space");
  assertEquals((tokens[0] as { rows?: unknown[] }).rows?.length, 398);
  assertEquals([tokens[1]!.type, tokens.at(-1)!.raw], ["paragraph", "After."]);
  assertEquals(rawOf(raw(new GrowingText(), source, false)), source);
});

Deno.test("K5, K6: whatever the corpus holds is read in bounded work, to so many tokens, and nothing of it is lost", () => {
  for (const { name, source } of HOSTILE) {
    const reading = read(source);
    reading.readLines();
    assertLess(reading.looks(), 4_500_000 + 24 * source.length, name);
    assertEquals(rawOf(reading.blocks).length, source.length, name);
    const whole = raw(new GrowingText(), source, false);
    assertLess(count(whole), 32_000, name);
    assertEquals(rawOf(whole), source, name);
    const text = new GrowingText();
    const size = Math.ceil(source.length / 12);
    for (let end = size; end < source.length + size; end += size) {
      assertLess(count(raw(text, source.slice(0, end), true)), 62_000, name);
    }
  }
});

Deno.test("K5: beyond a depth nothing is read any more: each level would read all that is in it again", () => {
  const depth = (tokens: readonly Token[]): number =>
    Math.max(
      0,
      ...tokens.map((token) => {
        const { tokens = [], items = [] } = token as { tokens?: Token[]; items?: Token[] };
        return 1 + depth([...tokens, ...items]);
      }),
    );
  for (const piece of ["> ", "- ", "1. "]) {
    const { blocks } = read(`${piece.repeat(200)}x`);
    assertLess(depth(blocks), 40, piece);
    assert(blocks[0]!.type !== "source", "what is above that depth is read");
  }
});

/** Tokens, at every depth. */
function count(tokens: readonly Token[]): number {
  return tokens.reduce((sum, token) => {
    const { tokens = [], items = [], header = [], rows = [] } = token as {
      tokens?: Token[];
      items?: Token[];
      header?: unknown[];
      rows?: unknown[];
    };
    return sum + 1 + count(tokens) + count(items) + header.length * (rows.length + 1);
  }, 0);
}

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
