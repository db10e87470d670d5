import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { fsCommands, patternOf } from "../src/fs_routes.ts";
import { fixture } from "./support.ts";

const PATTERNS: [file: string, pattern: string][] = [
  ["index.tsx", "/"],
  ["about.tsx", "/about"],
  ["about/index.ts", "/about"],
  ["posts/[id].tsx", "/posts/:id"],
  ["files/[...path].ts", "/files/:path*"],
  ["opt/[[v]].ts", "/opt{/:v}?"],
  ["[id]@[ver].ts", "/:id@:ver"],
  ["(group)/x.tsx", "/x"],
  ["(group)/index.tsx", "/"],
  ["feed.xml.ts", "/feed.xml"],
];

for (const [file, pattern] of PATTERNS) {
  Deno.test(`routes/${file} is ${pattern}`, () => assertEquals(patternOf(file), pattern));
}

Deno.test("neighbouring parameters are refused", () => {
  assertThrows(() => patternOf("[a][b].ts"), SyntaxError, "a literal between them");
});

Deno.test("wrappers are told before routes, and exact routes before open ones", () => {
  const files = [
    "[...all].ts",
    "(g)/[x].ts",
    "a/[b].ts",
    "b.ts",
    "index.ts",
    "a/_layout.ts",
    "_app.ts",
    "_middleware.ts",
  ];
  const load = () => Promise.resolve({});
  const told = fsCommands(files.map((file) => ({ file, load }))).map((command) =>
    command.kind === "route" ? command.path : command.kind
  );
  assertEquals(told, ["appWrapper", "middleware", "layout", "/", "/a/:b", "/b", "/:x", "/:all*"]);
});

Deno.test("a page renders with its title, in its layouts, and its middlewares ran", async () => {
  const response = await (await fixture())("/");
  const html = await response.text();
  assertEquals(response.headers.get("x-trail"), "root");
  assertStringIncludes(
    html,
    `<div class="root"><nav><a href="/" aria-current="page" data-current="true">Home</a>`,
  );
  assertEquals(html.match(/<title>.*?<\/title>/g), ["<title>Home</title>"]);
  assertEquals(html.match(/<meta name="description"[^>]*>/g), [
    `<meta name="description" content="from the page"/>`,
  ]);
});

Deno.test("a group adds its layout and middlewares, and nothing to the URL", async () => {
  const request = await fixture();
  const response = await request("/inner");
  assertEquals(response.headers.get("x-trail"), "root inside-1 inside-2");
  assertEquals(response.headers.get("x-page"), "inner");
  assertStringIncludes(await response.text(), `<section class="inside"><!--frsh:island:clock_face:0-->`);
  assertEquals(await (await request("/inner", { method: "POST" })).text(), "posted");
});

Deno.test("dynamic, rest and overridden routes get their parameters", async () => {
  const request = await fixture();
  assertStringIncludes(await (await request("/posts/a%20b")).text(), "post a b via /posts/:id");
  const rest = await request("/some/where/else", { method: "PUT" });
  assertEquals(await rest.json(), { path: "some/where/else" });
  assertEquals(await (await request("/v1/x.json")).json(), { name: "x" });
  assertEquals((await request("/api/renamed")).status, 405, "only the rest route matches, and it knows PUT");
});

Deno.test("a module's config may skip the layouts", async () => {
  const html = await (await (await fixture())("/posts")).text();
  assertStringIncludes(html, "<body><h1>all posts</h1></body>");
});

Deno.test("errors render in the nearest _error inside app and layouts, with their status", async () => {
  const request = await fixture();
  const gone = await request("/posts/gone");
  assertEquals(gone.status, 410);
  assertStringIncludes(await gone.text(), `</nav><h1>Error 410: It is gone</h1></div></body>`);
  const broken = await request("/posts/broken");
  assertEquals(broken.status, 500);
  const html = await broken.text();
  assert(html.includes("Something broke") && !html.includes("secret detail"));
  assertStringIncludes(await (await request("/admin")).text(), "<h1>admin error</h1>");
});

Deno.test("a missing method is 405 with Allow; HEAD works where GET does", async () => {
  const request = await fixture();
  const refused = await request("/api/hello", { method: "DELETE" });
  assertEquals([refused.status, refused.headers.get("allow")], [405, "GET, HEAD, OPTIONS, POST"]);
  assertStringIncludes(await refused.text(), "Error 405");
  const onPage = await request("/about", { method: "POST" });
  assertEquals([onPage.status, onPage.headers.get("allow")], [405, "GET, HEAD, OPTIONS"]);
  assertEquals((await request("/api/hello", { method: "HEAD" })).status, 200);
  const created = await request("/api/hello", { method: "POST", body: `{"a":1}` });
  assertEquals([created.status, await created.json()], [201, { a: 1 }]);
});

Deno.test("modules that cannot work say which file it is", async () => {
  const commandOf = (file: string, module: object) => {
    const [command] = fsCommands([{ file, load: () => Promise.resolve(module) }]);
    assert(command?.kind === "route");
    return command.route;
  };
  const failure = async (module: object) => {
    try {
      await commandOf("x.ts", module)();
    } catch (error) {
      return (error as Error).message;
    }
  };
  assertStringIncludes(await failure({}) ?? "", "Could not find relevant exports in routes/x.ts");
  assertStringIncludes(await failure({ handler: (_a: 1, _b: 2) => 1 }) ?? "", "takes 2");
  assertThrows(() => commandOf("sub/_app.tsx", {}), Error, "only the root folder");
});

Deno.test("a module whose load fails is loaded again by the next request", async () => {
  let loads = 0;
  const [command] = fsCommands([{
    file: "x.ts",
    load: () =>
      ++loads === 1 ? Promise.reject(new Error("flaky disk")) : Promise.resolve({ default: () => null }),
  }]);
  assert(command?.kind === "route");
  const first = await Promise.resolve(command.route()).then(() => "loaded", (error: Error) => error.message);
  assertEquals(first, "flaky disk");
  assert((await command.route()).component);
  await command.route();
  assertEquals(loads, 2);
});
