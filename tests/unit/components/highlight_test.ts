import { assert, assertEquals } from "@std/assert";
import type { VNode } from "preact";
import { renderToString } from "preact-render-to-string";
import { grammarOf, highlight } from "@/components/markdown/highlight.ts";
import { NAMES, SOURCES } from "@/components/markdown/languages.ts";
import { fileName } from "@/components/markdown/save.ts";

async function html(source: string, language: string): Promise<string> {
  const nodes = highlight(source, (await grammarOf(language))!)!;
  return nodes.map((node) => typeof node === "string" ? escaped(node) : renderToString(node as VNode)).join(
    "",
  );
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

Deno.test("R4: code keeps every character, and its lines, in each language that is known", async () => {
  const source = 'a = "<b>&amp;" // x\n\t# y\r\n/* z */ {{ 1.5e3 }}\n';
  for (const language of NAMES.keys()) {
    const words = (await html(source, language)).replace(/<[^>]*>/g, "")
      .replace(/&(lt|gt|quot|amp);/g, (_, name) => ({ lt: "<", gt: ">", quot: '"', amp: "&" })[name as "lt"]);
    assertEquals(words, source, language);
  }
});

Deno.test("R4: what models call a language is found by all its names; what is none is not guessed", async () => {
  for (const [name, grammar] of [["TS", "typescript"], ["c++", "cpp"], ["sh", "bash"], ["html", "xml"]]) {
    assertEquals(await grammarOf(name!), grammar!);
  }
  for (const name of ["", "nonsense", "constructor", "__proto__"]) assertEquals(await grammarOf(name), null);
  assert(Object.keys(SOURCES).every((name) => NAMES.get(name) === name), "no alias hides a language");
});

Deno.test("R7: code becomes spans with classes and text, whatever is in it", async () => {
  const rendered = await html('<img src=x onerror="alert(1)"><script>alert(1)</script>', "html");
  assert(/^(?:[^<]|<span(?: class="hljs-[\w-]+")?>|<\/span>)*$/.test(rendered), rendered);
});

Deno.test("code of nothing but marks is left plain: a span for each is a page of spans", async () => {
  assertEquals(highlight('"" '.repeat(16_000), (await grammarOf("js"))!), null);
});

Deno.test("a language names a file's ending, and never its place", () => {
  const names = ["ts", "python", "c++", "Dockerfile", "../../etc/passwd", "a.exe", "", "constructor"].map(
    fileName,
  );
  assertEquals(names, [
    "code.ts",
    "code.py",
    "code.cpp",
    "Dockerfile",
    "code.txt",
    "code.txt",
    "code.txt",
    "code.txt",
  ]);
});
