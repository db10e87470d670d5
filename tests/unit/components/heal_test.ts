// R2: what a reader sees while a text is still being written.
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Token } from "marked";
import { GrowingText } from "@/components/markdown/blocks.ts";
import { closed } from "@/components/markdown/closing.ts";
import type { Formula } from "@/components/markdown/math.ts";
import { DOCUMENTS } from "../../fixtures/markdown.ts";

/** The words of tokens, with code as a sign of its own; and the code. */
function shown(tokens: readonly Token[], code: string[]): string {
  return tokens.map((token): string => {
    switch (token.type) {
      case "code":
      case "codespan":
      case "formula":
        code.push(token.text);
        return "⌗";
      case "table":
        return [...token.header, ...token.rows.flat()].map((cell) => shown(cell.tokens, code)).join("|");
      case "list":
        return shown(token.items, code);
      case "space":
      case "br":
      case "checkbox":
        return " ";
      default: {
        const { tokens, text, raw } = token as { tokens?: Token[]; text?: string; raw: string };
        return tokens !== undefined && tokens.length > 0 ? shown(tokens, code) : text ?? raw;
      }
    }
  }).join("");
}

Deno.test("R2: at no character of a growing text is a lone mark to be seen", () => {
  for (const source of DOCUMENTS) {
    const text = new GrowingText();
    for (let end = 1; end <= source.length; end++) {
      const code: string[] = [];
      const words = shown(text.read(source.slice(0, end), true).tokens, code);
      const here = JSON.stringify(source.slice(Math.max(0, end - 30), end));
      assert(!/\*\*|`|\]\(|~~|\\[([]|\$\$|\ue000/.test(words), `${here} shows ${JSON.stringify(words)}`);
      assert(!/\[ ?[x ]?\]?$/.test(words), `${here} shows ${JSON.stringify(words)}`);
      for (const body of code) {
        assert(!/(^|\n)[ \t]*(`{3,}|~+)$|\ue000|\$$|\\$/.test(body), `${here} shows ${JSON.stringify(body)}`);
      }
    }
  }
});

/** Marks that a reader would see as marks. */
const MARKS = /\*\*|`|\]\(|~~|\\[([]|\$\$|\ue000/;

/** What stands in a line: each with all its marks, within others and beside them. */
const PIECE = fc.constantFrom(
  ..."word, 2 * 3, a*b, a_b_c, x[1], [1], [^1], $5, \\*, wow!, 5*, **b**, __b__, *i*, _i_, ***bi***, ~~s~~, ~5, `c`"
    .split(", "),
  ..."``a ` b``|`a*b`|**b *i* b**|*i **b** i*|***bi** i*|**`c` b**|~~**b**~~|(**b**)|“**b**”|b**b**b"
    .split("|"),
  ...'[l](http://x.y/a_b)|[**l**](http://x.y/(a)*b)|**[l](<http://x.y> "t *t")**|[l *i* `c`](http://x.y)|[l][r]'
    .split("|"),
  ..."![a](http://x.y/i.png)|**![a b](http://x.y)**|<http://x.y/a*b*>|<b>|\\(a_1 * b\\)|**\\(x\\)**|$$x * y$$"
    .split("|"),
);
const LINE = fc.array(PIECE, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(" "));
const BLOCK = fc.tuple(
  fc.constantFrom("", "> ", "- ", "1. ", "# ", "- > ", "| "),
  fc.array(LINE, { minLength: 1, maxLength: 3 }),
)
  .map(([mark, lines]) => {
    if (mark === "") return lines.join("\n");
    if (mark === "| ") return `| h |\n|---|\n${lines.map((line) => `| ${line} |\n`).join("")}`;
    if (mark === "> ") return lines.map((line) => mark + line).join("\n");
    return mark === "# " ? mark + lines[0] : mark + lines.join(`\n${" ".repeat(mark.indexOf(" ") + 1)}`);
  });

Deno.test("R2: whatever is written in whatever block, no mark is shown that the whole does not show", () => {
  fc.assert(
    fc.property(fc.array(BLOCK, { minLength: 1, maxLength: 2 }), (blocks) => {
      const source = blocks.join("\n\n") + "\n";
      if (MARKS.test(shown(new GrowingText().read(source, false).tokens, []))) return; // it is meant to be read
      const text = new GrowingText();
      for (let end = 1; end <= source.length; end++) {
        const words = shown(text.read(source.slice(0, end), true).tokens, []);
        assert(!MARKS.test(words), `${JSON.stringify(source.slice(0, end))} shows ${JSON.stringify(words)}`);
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("R2: a paragraph is no heading for a moment because a list begins below it", () => {
  const source = "Three things:\n- one\n- two\n\nAnd two:\n- a\n";
  const text = new GrowingText();
  for (let end = 1; end <= source.length; end++) {
    const { tokens } = text.read(source.slice(0, end), true);
    const words = shown(tokens, []);
    assert(tokens.every((token) => token.type !== "heading"), JSON.stringify(source.slice(0, end)));
    assert(
      !/\n[-=]|\u200b/.test(words),
      `${JSON.stringify(source.slice(0, end))} shows ${JSON.stringify(words)}`,
    );
  }
});

Deno.test("R3: the body of a fence only ever grows, by what is in it, and ends as it was written", () => {
  const body = "const a = `x`;\n``\n\n  `` `\n~~~\nb";
  for (
    const [open, indent] of [["```ts", ""], ["````", ""], ["- x\n  ```ts", "  "], ["> ```", "> "]] as const
  ) {
    const fence = /`+/.exec(open)![0];
    const source = `${open}\n${
      body.split("\n").map((line) => indent + line).join("\n")
    }\n${indent}${fence}\n\nafter`;
    const text = new GrowingText();
    let last = "";
    for (let end = 1; end <= source.length; end++) {
      const code: string[] = [];
      shown(text.read(source.slice(0, end), true).tokens, code);
      const now = code[0] ?? "";
      if (end < open.length) continue;
      assert(body.startsWith(now), `${JSON.stringify(source.slice(0, end))} has ${JSON.stringify(now)}`);
      assert(
        now.length >= last.trimEnd().length - 2,
        `${JSON.stringify(last)} became ${JSON.stringify(now)}`,
      );
      last = now;
    }
    assertEquals(last, body);
  }
});

Deno.test("R5: a formula that is not closed yet is shown without its marks, and is not set", () => {
  const formulaOf = (source: string) => {
    let token = new GrowingText().read(source, true).tokens[0] as { tokens?: Token[] };
    while (token.tokens !== undefined) token = token.tokens.at(-1) as typeof token;
    const { type, text, open } = token as unknown as Formula;
    return { type, text, open };
  };
  for (const source of ["So \\(a_1", "So \\(a_1\\", "$$\na_1", "$$\na_1$", "**So $$a_1"]) {
    assertEquals(formulaOf(source), { type: "formula", text: "a_1", open: true }, source);
  }
  for (const source of ["So \\(a_1\\)", "$$\na_1\n$$"]) assertEquals(formulaOf(source).open, false, source);
});

Deno.test("money that grows is never a formula", () => {
  const source = "It costs $5 to $10, or US$20 and 30$.";
  const text = new GrowingText();
  for (let end = 1; end <= source.length; end++) {
    assert(!JSON.stringify(text.read(source.slice(0, end), true).tokens).includes("formula"));
  }
});

Deno.test("K8: a line of nothing but marks comes to an end, and is at most doubled by the ends that it gets", () => {
  const CHARS = 4_000;
  const many = (piece: string) => piece.repeat(Math.ceil(CHARS / piece.length)).slice(0, CHARS);
  const pieces = [
    "[",
    "![",
    "[a](",
    "![a](",
    '[a](b "',
    "[a](b '",
    '![a](b "',
    "*",
    "*[",
    "_a*b~~",
    "<a ",
    "\\\\(",
    "$$",
    "`a``",
  ];
  for (const line of [...pieces.map(many), `[a](${" ".repeat(CHARS)}x`, `[a](${"(".repeat(CHARS)}`]) {
    const shown = closed(line);
    assert(shown.length <= 2 * line.length, line.slice(0, 20));
  }
});
