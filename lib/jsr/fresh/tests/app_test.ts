import { assert, assertEquals, assertThrows } from "@std/assert";
import { App, HttpError, type PageProps, trailingSlashes } from "fresh";
import { h } from "preact";
import { captureErrors, client } from "./support.ts";

interface State {
  trail: string[];
}

const echo = new App<State>()
  .get("/", (ctx) => ctx.text("home"))
  .get("/about", (ctx) => ctx.text("about"))
  .get("/users/:id", (ctx) => ctx.json({ ...ctx.params, route: ctx.route }))
  .get("/users/me", (ctx) => ctx.text("me"))
  .post("/users/:id", (ctx) => ctx.text(`posted ${ctx.params.id}`))
  .get("/files/:path*", (ctx) => ctx.json(ctx.params))
  .get("/opt{/:v}?", (ctx) => ctx.json({ ...ctx.params, route: ctx.route }))
  .get("/wild/*", (ctx) => ctx.json(ctx.params))
  .get("/:a/first", (ctx) => ctx.text("first"))
  .get("/:a/:b", (ctx) => ctx.text("second"))
  .all("/any", (ctx) => ctx.text(ctx.req.method));

const ROUTES: [path: string, status: number, body: string][] = [
  ["/", 200, "home"],
  ["//", 200, "home"],
  ["/about", 200, "about"],
  ["/about/", 200, "about"],
  ["/About", 404, "Not Found"],
  ["/users/me", 200, "me"],
  ["/users/7", 200, `{"id":"7","route":"/users/:id"}`],
  ["/users/a%20%C3%BC%2Fb", 200, `{"id":"a ü%2Fb","route":"/users/:id"}`],
  ["/users/7/", 404, "Not Found"],
  ["/users/%E0%A4%A", 200, `{"id":"%E0%A4%A","route":"/users/:id"}`],
  ["/files", 200, `{"path":""}`],
  ["/files/a/b.txt", 200, `{"path":"a/b.txt"}`],
  ["/opt", 200, `{"v":"","route":"/opt/:v?"}`],
  ["/opt/1", 200, `{"v":"1","route":"/opt/:v?"}`],
  ["/wild/x/y", 200, `{"0":"x/y"}`],
  ["/x/first", 200, "first"],
  ["/x/y", 200, "second"],
  ["/x/y/z", 404, "Not Found"],
];

for (const [path, status, body] of ROUTES) {
  Deno.test(`GET ${path} is ${status} ${body}`, async () => {
    const response = await client(echo)(path);
    assertEquals([response.status, await response.text()], [status, body]);
  });
}

Deno.test("a method that a path lacks is 405 with Allow; OPTIONS tells the same", async () => {
  const request = client(echo);
  const refused = await request("/users/7", { method: "DELETE" });
  assertEquals([refused.status, refused.headers.get("allow")], [405, "GET, HEAD, OPTIONS, POST"]);
  await refused.body?.cancel();
  const options = await request("/users/7", { method: "OPTIONS" });
  assertEquals([options.status, options.headers.get("allow")], [204, "GET, HEAD, OPTIONS, POST"]);
});

Deno.test("HEAD falls back to GET, sends no body and ends the stream that would have been one", async () => {
  let isCancelled = false;
  const body = () => new ReadableStream({ cancel: () => void (isCancelled = true) });
  const app = new App().get("/", () => new Response(body(), { headers: { "x-seen": "1" } }));
  const response = await client(app)("/", { method: "HEAD" });
  assertEquals([response.status, response.body, response.headers.get("x-seen")], [200, null, "1"]);
  assertEquals(isCancelled, true);
});

Deno.test("stream() pulls as it is read and closes its source with the reader", async () => {
  const seen: number[] = [];
  let ended = false;
  const app = new App().get("/", (ctx) =>
    ctx.stream(async function* () {
      try {
        for (let i = 0;; i++) {
          seen.push(i);
          yield `${i}`;
          await Promise.resolve();
        }
      } finally {
        ended = true;
      }
    }));
  const response = await client(app)("/");
  assertEquals(response.headers.get("content-type"), null);
  const reader = response.body!.getReader();
  await reader.read();
  await reader.read();
  assertEquals(seen, [0, 1]);
  await reader.cancel();
  assertEquals(ended, true);
});

Deno.test("middlewares run in order, for routes registered after them, at and below their path", async () => {
  const mark = (name: string) => (ctx: { state: State; next: () => Promise<Response> }) => {
    (ctx.state.trail ??= []).push(name);
    return ctx.next();
  };
  const answer = (ctx: { state: State; text(text: string): Response }) =>
    ctx.text((ctx.state.trail ?? []).join(" "));
  const app = new App<State>()
    .get("/early", answer)
    .use(mark("root"))
    .use("/a", mark("a1"), mark("a2"))
    .use("/:x", mark("x"))
    .get("/a", answer)
    .get("/a/b", mark("own"), answer)
    .get("/ab", answer)
    .get("/:x", answer)
    .use("/a", mark("late"))
    .get("/a/late", answer);
  const trail = async (path: string) => await (await client(app)(path)).text();
  assertEquals(await trail("/early"), "");
  assertEquals(await trail("/a"), "root a1 a2");
  assertEquals(await trail("/a/b"), "root a1 a2 own");
  assertEquals(await trail("/ab"), "root");
  assertEquals(await trail("/zzz"), "root x");
  assertEquals(await trail("/a/late"), "root a1 a2 late");
});

Deno.test("a middleware may change the response, answer by itself, or be loaded when first needed", async () => {
  let loads = 0;
  const app = new App<State>()
    .use(() => {
      loads++;
      return Promise.resolve(async (ctx) => {
        const response = await ctx.next();
        response.headers.set("x-lazy", "1");
        return response;
      });
    })
    .use("/shut", (ctx) => ctx.text("no", { status: 403 }))
    .get("/", (ctx) => ctx.text("yes"))
    .get("/shut/door", (ctx) => ctx.text("yes"));
  const request = client(app);
  await (await request("/")).text();
  const open = await request("/");
  assertEquals([await open.text(), open.headers.get("x-lazy"), loads], ["yes", "1", 1]);
  assertEquals((await request("/shut/door")).status, 403);
});

Deno.test("middlewares see an unmatched path as a thrown 404", async () => {
  const seen: unknown[] = [];
  const app = new App<State>()
    .use(async (ctx) => {
      try {
        return await ctx.next();
      } catch (error) {
        seen.push(error);
        throw error;
      }
    })
    .use("/admin", () => new Response("must not run"))
    .get("/admin/x", (ctx) => ctx.text("x"));
  assertEquals((await client(app)("/admin/nope")).status, 404);
  assert(seen[0] instanceof HttpError && seen[0].status === 404);
});

Deno.test("notFound answers what no route matches, wherever it was registered", async () => {
  const asMiddleware = new App().notFound((ctx) => ctx.text("gone fishing", { status: 404 }))
    .get("/", (ctx) => ctx.text("home"));
  assertEquals(await (await client(asMiddleware)("/x")).text(), "gone fishing");
  const asPage = new App().notFound({ component: ({ error }: PageProps) => h("i", null, String(error)) });
  const response = await client(asPage)("/x");
  assertEquals([response.status, (await response.text()).includes("<i>HttpError</i>")], [404, true]);
});

Deno.test("without an error route, an HttpError shows its message and anything else hides its own", async () => {
  using captured = captureErrors();
  const secret = new Error("password is hunter2");
  const app = new App()
    .get("/known", () => Promise.reject(new HttpError(409, "Taken")))
    .get("/bare", () => Promise.reject(new HttpError(403)))
    .get("/unknown", () => {
      throw secret;
    })
    .get("/nothing", () => undefined as unknown as Response);
  const request = client(app);
  const bodies = await Promise.all(
    ["/known", "/bare", "/unknown", "/nothing"].map(async (path) => {
      const response = await request(path);
      return `${response.status} ${await response.text()}`;
    }),
  );
  assertEquals(bodies, [
    "409 Taken",
    "403 Forbidden",
    "500 Internal server error",
    "500 Internal server error",
  ]);
  assertEquals(captured.logged[0], [secret]);
  assertEquals(captured.logged.length, 2);
});

Deno.test("the nearest error route answers; what an error route throws goes further out", async () => {
  const app = new App<State>()
    .onError("*", { component: ({ error }: PageProps) => h("p", null, `root: ${(error as Error).message}`) })
    .onError("/a", (ctx) => ctx.text(`a: ${(ctx.error as Error).message}`, { status: 418 }))
    .onError("/b", () => {
      throw new HttpError(502, "worse");
    })
    .get("/a/x", () => Promise.reject(new Error("boom")))
    .get("/b/x", () => Promise.reject(new Error("boom")))
    .get("/x", () => Promise.reject(new HttpError(404, "no x")));
  const request = client(app);
  const near = await request("/a/x");
  assertEquals([near.status, await near.text()], [418, "a: boom"]);
  const outer = await request("/b/x");
  assertEquals([outer.status, (await outer.text()).includes("<p>root: worse</p>")], [502, true]);
  const plain = await request("/x");
  assertEquals([plain.status, (await plain.text()).includes("<p>root: no x</p>")], [404, true]);
});

Deno.test("redirect() never leaves the site by a path", async () => {
  const app = new App().get("/", (ctx) => ctx.redirect(ctx.url.searchParams.get("to")!));
  const location = async (to: string) =>
    (await client(app)(`/?to=${encodeURIComponent(to)}`)).headers.get("location");
  assertEquals(await location("//evil.example/x"), "/evil.example/x");
  assertEquals(await location("/\\evil.example"), "/evil.example");
  assertEquals(await location("/a//b?c=//d"), "/a/b?c=//d");
  assertEquals(await location("https://other.example/"), "https://other.example/");
});

Deno.test("json, text and html set their types unless told otherwise", async () => {
  const app = new App()
    .get("/json", (ctx) => ctx.json({ a: 1 }, { headers: { "content-type": "application/problem+json" } }))
    .get("/text", (ctx) => ctx.text("a"))
    .get("/html", (ctx) => ctx.html("<p>", { status: 201 }));
  const request = client(app);
  const type = async (path: string) => (await request(path)).headers.get("content-type");
  assertEquals(await type("/json"), "application/problem+json");
  assertEquals(await type("/text"), "text/plain;charset=UTF-8");
  assertEquals(await type("/html"), "text/html; charset=utf-8");
});

Deno.test("basePath moves the app; mountApp moves one into another", async () => {
  const inner = new App<State>().use("/", (ctx) => ctx.next()).get("/x", (ctx) => ctx.text("inner x"));
  const app = new App<State>({ basePath: "/base/" }).mountApp("/in", inner).get(
    "/",
    (ctx) => ctx.text("root"),
  );
  const request = client(app);
  assertEquals(await (await request("/base/in/x")).text(), "inner x");
  assertEquals(await (await request("/base")).text(), "root");
  assertEquals((await request("/in/x")).status, 404);
});

Deno.test("trustProxy believes the forwarded origin; without it nothing does", async () => {
  const origin = async (trustProxy: boolean) => {
    const app = new App({ trustProxy }).get("/", (ctx) => ctx.text(ctx.url.origin));
    const headers = { "x-forwarded-proto": "https", "x-forwarded-host": "chat.example" };
    return await (await client(app)("/", { headers })).text();
  };
  assertEquals(await origin(true), "https://chat.example");
  assertEquals(await origin(false), "http://localhost");
});

Deno.test("trailingSlashes redirects to the one form and keeps the search", async () => {
  const app = (mode: "always" | "never") =>
    new App().use(trailingSlashes(mode)).get("/a", (ctx) => ctx.text("a"));
  assertEquals((await client(app("never"))("/a/?q=1")).headers.get("location"), "/a?q=1");
  assertEquals((await client(app("always"))("/a?q=1")).headers.get("location"), "/a/?q=1");
});

Deno.test("HttpError keeps its status, message and cause", () => {
  const error = assertThrows(() => {
    throw new HttpError(422, "Bad", { cause: 1 });
  }, HttpError);
  assertEquals([error.name, error.status, error.message, error.cause], ["HttpError", 422, "Bad", 1]);
});

Deno.test("listen() serves until its signal aborts", async () => {
  const stop = new AbortController();
  const { promise, resolve } = Promise.withResolvers<number>();
  const finished = new App().get("/", (ctx) => ctx.text(ctx.info.remoteAddr.transport)).listen({
    port: 0,
    hostname: "127.0.0.1",
    signal: stop.signal,
    onListen: ({ port }) => resolve(port),
  });
  assertEquals(await (await fetch(`http://127.0.0.1:${await promise}/`)).text(), "tcp");
  stop.abort();
  await finished;
});
