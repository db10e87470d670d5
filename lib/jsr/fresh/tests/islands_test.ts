import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { signal } from "@preact/signals";
import { type ComponentChildren, type ComponentType, h } from "preact";
import { useId } from "preact/hooks";
import type { BuildCache } from "../src/build_cache.ts";
import { asset, assetSrcSet, Head } from "../src/runtime/mod.ts";
import { setBuildId } from "../src/runtime/build_id.ts";
import { renderDocument } from "../src/ssr.ts";
import { fixture } from "./support.ts";

function Box({ children, icon }: { children?: ComponentChildren; icon?: ComponentChildren; text?: unknown }) {
  return h("div", { id: useId() }, icon, children);
}
const Leaf = () => h("i", null, "leaf");
const Outer = () => h("p", null, h(Leaf, null));

const build: BuildCache = {
  buildId: "b1",
  mode: "production",
  boot: { url: "/boot.js", preload: ["/boot.js", "/shared.js"] },
  islands: new Map<ComponentType, { name: string; url: string; preload: string[] }>([
    [Box, { name: "Box", url: "/Box.js", preload: ["/Box.js", "/shared.js"] }],
    [Leaf, { name: "Leaf", url: "/Leaf.js", preload: ["/Leaf.js"] }],
    [Outer, { name: "Outer", url: "/Outer.js", preload: ["/Outer.js"] }],
  ]),
  assets: new Map(),
  routes: [],
  scripts: [],
};

function render(content: ComponentChildren, around: { nonce?: string; pathname?: string } = {}): string {
  return renderDocument(content, { pathname: "/", nonce: null, ...around, build });
}

function stateOf(html: string): { modules: Record<string, string>; props: unknown } {
  return JSON.parse(html.match(/id="__FRSH_STATE">(.*?)<\/script>/)![1]!);
}

Deno.test("a page without islands has no script at all", async () => {
  assert(!render(h("p", null, "text")).includes("<script"));
  assert(!(await (await (await fixture())("/about")).text()).includes("<script"));
});

Deno.test("an island is marked, and its modules are named once and preloaded", () => {
  const html = render([h(Box, { text: "a" }), h(Box, { text: "b" })]);
  assertStringIncludes(html, `<!--frsh:island:Box:0--><div id="P1-0"></div><!--/frsh:island-->`);
  assertStringIncludes(html, `<!--frsh:island:Box:1--><div id="P2-0"></div><!--/frsh:island-->`);
  assertEquals(stateOf(html).modules, { Box: "/Box.js" });
  assertEquals(
    html.match(/rel="modulepreload" href="[^"]+"/g),
    [`rel="modulepreload" href="/shared.js"`, `rel="modulepreload" href="/Box.js"`],
  );
  assertEquals(html.match(/<script type="module"[^>]*>/g), [`<script type="module" src="/boot.js">`]);
});

Deno.test("an island within an island is an ordinary component; one in its slot is an island", () => {
  assertStringIncludes(
    render(h(Outer, null)),
    "<!--frsh:island:Outer:0--><p><i>leaf</i></p><!--/frsh:island-->",
  );
  const html = render(h(Box, null, h("b", null, h(Leaf, null))));
  assertStringIncludes(
    html,
    "<!--frsh:slot:0--><b><!--frsh:island:Leaf:1--><i>leaf</i><!--/frsh:island--></b><!--/frsh:slot-->",
  );
});

Deno.test("JSX in any prop is a slot; text and signals are values", () => {
  const html = render(h(Box, { icon: h("b", null, "i"), text: signal("s") }, "plain"));
  assertStringIncludes(html, `<!--frsh:slot:0--><b>i</b><!--/frsh:slot-->plain</div>`);
  assertEquals(stateOf(html).props, [
    [1],
    { icon: 2, text: 3, children: 5 },
    ["Slot", 0],
    ["Signal", 4],
    "s",
    "plain",
  ]);
});

Deno.test("a slot that no island shows waits in a template, with the islands in it", () => {
  const Closed = ({ children: _ }: { children?: ComponentChildren }) => null;
  build.islands.set(Closed as ComponentType, { name: "Closed", url: "/Closed.js", preload: ["/Closed.js"] });
  const html = render(h(Closed, null, h(Leaf, null)));
  assertStringIncludes(
    html,
    `<template id="frsh-slot-0"><!--frsh:island:Leaf:1--><i>leaf</i><!--/frsh:island--></template>`,
  );
  assertEquals(stateOf(html).modules, { Closed: "/Closed.js", Leaf: "/Leaf.js" });
});

Deno.test("props cannot end the script they are in, or open a comment", () => {
  const evil = "</script><!--<script>alert(1)//";
  const html = render(h(Box, { text: evil }));
  assertEquals(html.match(/<\/script>/g)?.length, 2);
  assert(!html.includes("<!--<script"));
  assertEquals((stateOf(html).props as unknown[])[2], evil);
});

Deno.test("with a nonce every script and style has it; without one none does", () => {
  const content = [
    h("script", null, "1"),
    h("style", null, "a{}"),
    h("script", { nonce: "own" }, "2"),
    h(Leaf, null),
  ];
  const html = render(content, { nonce: "n0" });
  assertEquals(html.match(/<(?:script|style)[^>]*>/g), [
    `<script nonce="n0">`,
    `<style nonce="n0">`,
    `<script nonce="own">`,
    `<script type="application/json" id="__FRSH_STATE">`,
    `<script type="module" src="/boot.js" nonce="n0">`,
  ]);
  assert(!render(content).includes("n0"), "JSX that is rendered twice keeps nothing of the first time");
});

Deno.test("the policy names the nonce that the page has, and a new one for each page", async () => {
  const request = await fixture();
  const nonces = await Promise.all([request("/"), request("/")].map(async (response) => {
    const policy = (await response).headers.get("content-security-policy")!;
    const [, nonce] = policy.match(/script-src 'self' 'nonce-(\w+)';/)!;
    assert(!policy.includes("unsafe-inline"));
    assertStringIncludes(await (await response).text(), `fresh-runtime.js" nonce="${nonce}"`);
    return nonce;
  }));
  assert(nonces[0] !== nonces[1]);
  assert(!(await request("/robots.txt")).headers.get("content-security-policy")!.includes("nonce"));
});

Deno.test("links to the current page say so, also when their JSX is a constant", () => {
  const links = [h("a", { href: "/x" }, "x"), h("a", { href: "/y", "aria-current": "step" }, "y")];
  const current = (pathname: string) => render(links, { pathname }).match(/href="[^>]*/g);
  assertEquals(current("/x"), [
    `href="/x" aria-current="page" data-current="true"`,
    `href="/y" aria-current="step"`,
  ]);
  assertEquals(current("/y"), [`href="/x"`, `href="/y" aria-current="step"`]);
});

Deno.test("<Head> moves its children; the last title wins and named metas replace", () => {
  const html = render(h("html", null, [
    h("head", null, [
      h("title", null, "app"),
      h("meta", { name: "a", content: "app" }),
      h("meta", { name: "ab" }),
    ]),
    h("body", null, [
      h(Head, null, h("title", null, "first")),
      h(Head, null, [h("title", null, "a < b"), h("meta", { name: "a", content: "page" })]),
      h(Head, null, [h("link", { key: "k", href: "/1" }), h("link", { key: "k", href: "/2" })]),
      h(Head, null, [h("base", { href: "/" }), h("base", { href: "/" })]),
    ]),
  ]));
  assertEquals(
    html,
    `<!DOCTYPE html><html><head><meta name="ab"/><title>a &lt; b</title><meta name="a" content="page"/>` +
      `<link href="/2"/><base href="/"/></head><body></body></html>`,
  );
});

Deno.test("a page that fails to render leaves nothing behind for the next", () => {
  const Broken = () => {
    throw new Error("broken");
  };
  const link = h("a", { href: "/" }, "home");
  try {
    render([link, h(Box, null, h(Broken, null))]);
    throw new Error("rendered");
  } catch (error) {
    assertEquals((error as Error).message, "broken");
  }
  assert(!render(link, { pathname: "/other" }).includes("aria-current"));
  assertStringIncludes(render(h(Box, null)), "frsh:island:Box:0");
});

Deno.test("asset() and images name the build; other URLs stay", () => {
  setBuildId("b1");
  assertEquals(asset("/a.css"), "/a.css?__frsh_c=b1");
  assertEquals(asset("/a.svg?v=1#icon"), "/a.svg?v=1&__frsh_c=b1#icon");
  assertEquals(asset(asset("/a.css")), "/a.css?__frsh_c=b1");
  for (const url of ["https://a.test/x", "//a.test/x", "data:,x", "x.png"]) assertEquals(asset(url), url);
  assertEquals(assetSrcSet("/a.png 1x, /b.png 2x"), "/a.png?__frsh_c=b1 1x, /b.png?__frsh_c=b1 2x");
  assertStringIncludes(render(h("img", { src: "/a.png" })), `src="/a.png?__frsh_c=b1"`);
  assertStringIncludes(render(h("img", { src: "/a.png", "data-fresh-disable-lock": true })), `src="/a.png"`);
});
