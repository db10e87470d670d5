import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { VNode } from "preact";
import { renderToString } from "preact-render-to-string";
import { lettersOf } from "@/components/markdown/alphabet.ts";
import { nodesOf, typeset } from "@/components/markdown/typeset.ts";

function html(tex: string, display = false): string | null {
  const nodes = typeset(tex, display);
  return nodes === null ? null : renderToString(nodes as VNode);
}

Deno.test("R5: formulas become MathML, with their source beside them", () => {
  const cases: [string, string][] = [
    ["x^2", "<msup><mi>x</mi><mn>2</mn></msup>"],
    ["\\frac{a}{b}", "<mfrac><mi>a</mi><mi>b</mi></mfrac>"],
    ["\\sqrt[3]{x}", "<mroot><mi>x</mi><mn>3</mn></mroot>"],
    ["a < b", "<mo>&lt;</mo>"],
    ["\\text{if } x", "<mtext>if\u00a0</mtext>"],
    ["\\mathbb{R}", '<mi mathvariant="normal">ℝ</mi>'],
    ["\\mathbf{v}", '<mi mathvariant="normal">𝐯</mi>'],
    ["\\mathcal{L}", '<mi mathvariant="normal">ℒ</mi>'],
    ["\\begin{pmatrix}a & b \\\\ c & d\\end{pmatrix}", "<mtr><mtd>"],
    ["x \\quad y", '<mspace width="1em"'],
    ["x^2", '<annotation encoding="application/x-tex">x^2</annotation>'],
  ];
  for (const [tex, expected] of cases) assertStringIncludes(html(tex)!, expected, tex);
  assertStringIncludes(html("x", true)!, 'display="block"');
});

Deno.test("R5: what is no formula is not set: its source says more", () => {
  for (const tex of ["\\frac{a}", "\\unknown{x}", "a & b", "}{", "x^2^3", "\\begin{matrix}a"]) {
    assertEquals(html(tex), null, tex);
  }
});

/** Formulas that would lead elsewhere, load something, or take for ever. */
const HOSTILE = [
  "\\href{javascript:alert(1)}{x}",
  "\\url{javascript:alert(1)}",
  "\\includegraphics{https://evil.example/x.png}",
  "\\htmlId{a}{x}",
  "\\htmlClass{a}{x}",
  "\\htmlStyle{background:url(https://evil.example)}{x}",
  "\\htmlData{a=b}{x}",
  "\\text{<script>alert(1)</script>}",
  "\\color{url(https://evil.example)}x",
  "\\def\\a{\\a\\a}\\a",
  "\\newcommand{\\a}{xxxxxxxxxx}\\a\\a",
  "\\gdef\\a#1{\\a{#1#1}}\\a{x}",
  "\\let\\a\\b\\a",
  "{".repeat(1_900) + "}".repeat(1_900),
  "\\frac{1}{".repeat(400) + "x" + "}".repeat(400),
  "\\sqrt{".repeat(600) + "x" + "}".repeat(600),
  "x_{".repeat(1_000) + "}".repeat(1_000),
  "\\rule{9999em}{9999em}",
  "\\kern 9999em x",
  "\\left(".repeat(600),
  "x".repeat(3_999),
  "\\dots".repeat(700),
];

Deno.test("F1, F2: no formula makes an address, a style or a handler, or more nodes than can be laid out", () => {
  let set = 0;
  for (const tex of HOSTILE) {
    const rendered = html(tex);
    if (rendered === null) continue;
    set += 1;
    const tags = [...rendered.matchAll(/<([a-z]+)((?:\s[a-z]+="[^"]*")*)\s*\/?>/g)];
    assert(tags.length <= 3_001, `${tex.slice(0, 40)} makes ${tags.length} elements`);
    for (const [, name, attributes] of tags) {
      assert(/^m|^(semantics|annotation)$/.test(name!), `${tex} makes <${name}>`);
      assert(!/\s(?:on\w+|href|src|style|class|id)=|url\(/.test(attributes!), `${tex} makes ${attributes}`);
      for (const [, em] of attributes!.matchAll(/(\d+)em"/g)) {
        assert(Number(em) <= 20, `${tex} is ${em} em wide`);
      }
    }
  }
  assert(set > 5, "some of these are formulas after all, and were looked at");
});

Deno.test("F1: whatever a tree holds, only what is listed becomes a node", () => {
  const evil = { href: "javascript:alert(1)", style: "x", onclick: "x", class: "x", id: "x", src: "x" };
  const tree = {
    type: "math",
    attributes: { ...evil, display: "block", mathcolor: "url(https://evil.example)" },
    children: [
      { type: "script", attributes: evil, children: [{ text: "alert(1)" }] },
      { type: "annotation-xml", attributes: { encoding: "text/html" }, children: [{ text: "<b>" }] },
      { type: "mspace", attributes: { ...evil, width: "1em" } },
    ],
  };
  assertEquals(
    renderToString(nodesOf(tree) as VNode),
    '<math display="block">alert(1)&lt;b><mspace width="1em"></mspace></math>',
  );
});

Deno.test("F2: a formula defines no macros, so its length bounds what it becomes", () => {
  for (const tex of ["\\def\\a{x}\\a", "\\newcommand{\\a}{x}\\a", "\\let\\a=x\\a"]) {
    assertEquals(html(tex), null);
  }
  assert(html("\\definecolor") === null && html("\\longrightarrow x \\leftarrow y") !== null);
});

Deno.test("letters of an alphabet are characters of their own, with those that came before it", () => {
  assertEquals(lettersOf("NRz0", "double-struck"), "ℕℝ𝕫𝟘");
  assertEquals(lettersOf("aZ+9", "bold"), "𝐚𝐙+𝟗");
  assertEquals(lettersOf("a", "normal"), null);
});
