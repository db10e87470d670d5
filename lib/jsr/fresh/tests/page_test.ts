import { assert, assertEquals } from "@std/assert";
import { App, page, type PageProps } from "fresh";
import { h } from "preact";
import { client } from "./support.ts";

interface State {
  trail: string[];
}

Deno.test("pages render in layouts in the app wrapper, less what they skip", async () => {
  const wrap = (name: string) => ({ Component }: PageProps<unknown, State>) =>
    h("div", { class: name }, h(Component, null));
  const app = new App<State>()
    .appWrapper(({ Component }: PageProps) => h("html", null, h("body", null, h(Component, null))))
    .layout("*", wrap("outer"))
    .layout("/in", wrap("inner"))
    .layout("/in/alone", wrap("alone"), { skipInheritedLayouts: true, skipAppWrapper: true })
    .route("/in", {
      handler: () => page("data"),
      component: ({ data }: PageProps) => h("b", null, String(data)),
    })
    .route("/in/bare", { component: () => h("b", null, "x"), config: { skipInheritedLayouts: true } })
    .route("/in/alone", { component: () => h("b", null, "x") })
    .route("/in/lazy", () => Promise.resolve({ component: () => h("b", null, "lazy") }))
    .get("/in/render", (ctx) => ctx.render(h("b", null, "r"), { status: 201 }, { skipAppWrapper: true }));
  const body = async (path: string) => await (await client(app)(path)).text();
  assertEquals(
    await body("/in"),
    `<!DOCTYPE html><html><body><div class="outer"><div class="inner"><b>data</b></div></div></body></html>`,
  );
  assertEquals(await body("/in/bare"), "<!DOCTYPE html><html><body><b>x</b></body></html>");
  assertEquals(
    await body("/in/alone"),
    `<!DOCTYPE html><html><head><meta charset="utf-8"/></head><body><div class="alone"><b>x</b></div></body></html>`,
  );
  assert((await body("/in/lazy")).includes(`<div class="inner"><b>lazy</b></div>`));
  const rendered = await client(app)("/in/render");
  assertEquals([rendered.status, rendered.headers.get("content-type")], [201, "text/html; charset=utf-8"]);
  assert((await rendered.text()).includes(`<head><meta charset="utf-8"/></head>`));
});

Deno.test("an async component may answer by itself; a page without component is empty", async () => {
  const app = new App<State>()
    .route("/away", { component: async () => await Promise.resolve(new Response("away", { status: 303 })) })
    .route("/empty", { handler: () => page(undefined, { status: 202, headers: { "x-a": "1" } }) });
  const request = client(app);
  assertEquals((await request("/away")).status, 303);
  const empty = await request("/empty");
  assertEquals([empty.status, empty.headers.get("x-a")], [202, "1"]);
  assert((await empty.text()).endsWith("<body></body></html>"));
});
