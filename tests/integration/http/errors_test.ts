// What is not there, not allowed or not answered: problems for programs, pages for people.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { App } from "fresh";
import { outermost, provide } from "../../../lib/http/middleware.ts";
import type { State } from "../../../lib/http/state.ts";
import { Api } from "../../support/api.ts";
import { startApp } from "../../support/app.ts";
import { assertHeaders, assertProblem } from "./expect.ts";

const BROWSER = { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };

Deno.test("an unknown address is a page for a browser and a problem for a program; below /api always a problem", async () => {
  await using app = await startApp();
  for (
    const path of [
      "/nowhere",
      "/c",
      "/c/x/y",
      "/healthz/x",
      "/.env",
      "/_fresh/../main.ts",
      "/%00",
      "/%E0%A4%A",
    ]
  ) {
    const page = await fetch(app.url + path, { headers: BROWSER });
    const html = await page.text();
    assertEquals([page.status, page.headers.get("content-type")], [404, "text/html; charset=utf-8"], path);
    assertHeaders(page);
    assertMatch(html, /^<!DOCTYPE html>/i);
    assertStringIncludes(html, "Not found");
    await assertProblem(await fetch(app.url + path), "not_found");
    await assertProblem(
      await fetch(app.url + path, { headers: { accept: "application/json" } }),
      "not_found",
    );
  }
  const api = await Api.session(app.url);
  for (
    const path of ["/api", "/api/", "/api/nowhere", "/api/conversations/x/nowhere", "/api/chat/stream/x"]
  ) {
    for (const method of ["GET", "POST", "DELETE"]) {
      await assertProblem(await api.request(method, path, undefined, BROWSER), "not_found");
    }
  }
});

Deno.test("a method that a route lacks is a problem that names those it has; HEAD is GET without a body", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const { id } = await api.create();
  const routes: [path: string, methods: string[]][] = [
    ["/", ["GET"]],
    [`/c/${id}`, ["GET"]],
    ["/offline", ["GET"]],
    ["/api/session", ["GET", "POST"]],
    ["/api/conversations", ["DELETE", "GET", "POST"]],
    ["/api/conversations/bulk", ["POST"]],
    [`/api/conversations/${id}`, ["DELETE", "GET", "PATCH"]],
    [`/api/conversations/${id}/messages`, ["DELETE", "GET", "POST"]],
    [`/api/conversations/${id}/messages/${id}`, ["DELETE", "PATCH"]],
    [`/api/conversations/${id}/messages/${id}/now`, ["POST"]],
    [`/api/conversations/${id}/messages/${id}/rating`, ["PUT"]],
    [`/api/conversations/${id}/messages/${id}/removed`, ["DELETE", "PUT"]],
    [`/api/conversations/${id}/summaries/${id}`, ["PUT"]],
    [`/api/conversations/${id}/context`, ["GET"]],
    [`/api/conversations/${id}/fork`, ["POST"]],
    [`/api/conversations/${id}/regenerate`, ["POST"]],
    [`/api/conversations/${id}/continue`, ["POST"]],
    [`/api/conversations/${id}/restore`, ["POST"]],
    [`/api/conversations/${id}/events`, ["GET"]],
    ["/api/events", ["GET"]],
    [`/api/generations/${id}`, ["GET"]],
    [`/api/generations/${id}/cancel`, ["POST"]],
    ["/api/models", ["GET"]],
    ["/api/preferences", ["GET", "PATCH"]],
    ["/api/search", ["GET"]],
    ["/api/trash", ["DELETE", "GET"]],
    [`/api/trash/${id}`, ["DELETE"]],
    ["/api/export", ["GET"]],
    ["/api/usage", ["GET"]],
    ["/api/chat", ["POST"]],
    ["/api/chat/stream", ["POST"]],
    ["/healthz", ["GET"]],
    ["/readyz", ["GET"]],
    ["/metrics", ["GET"]],
  ];
  for (const [path, methods] of routes) {
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"].filter((one) => !methods.includes(one))) {
      const response = await api.request(method, path);
      // Upstream Fresh says 404 where ours says 405; either is a problem.
      await assertProblem(response, response.status === 404 ? "not_found" : "method_not_allowed");
    }
    if (!methods.includes("GET")) continue;
    const [head, get] = [await api.request("HEAD", path), await api.request("GET", path)];
    assertEquals([head.status, head.headers.get("content-type")], [
      get.status,
      get.headers.get("content-type"),
    ]);
    assertHeaders(head);
    assertEquals(await head.text(), "");
    await get.body?.cancel();
  }
});

Deno.test("static files carry the headers, and nothing outside of static/ is served", async () => {
  await using app = await startApp();
  const page = await (await fetch(app.url)).text();
  const files = Array.from(
    page.matchAll(/(?:href|from)\s*=?\s*["'](\/[^"']+\.(?:css|svg|js)[^"']*)["']/g),
    ([, path]) => path!,
  );
  assert(
    files.some((path) => path.includes(".css")) && files.some((path) => path.includes(".js")),
    files.join(),
  );
  for (const path of new Set(files)) {
    const response = await fetch(app.url + path.replaceAll("&amp;", "&"));
    assertEquals([path, response.status], [path, 200]);
    assertHeaders(response);
    assertEquals(response.headers.getSetCookie(), []);
    await response.body?.cancel();
  }
  for (const path of ["/main.ts", "/lib/config.ts", "/deno.json", "/..%2fdeno.json", "/static/frame.css"]) {
    await assertProblem(await fetch(app.url + path), "not_found");
  }
});

Deno.test("a conversation that is not there is a page that gives nothing away", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  for (const headers of [BROWSER, { ...BROWSER, cookie: api.cookie }]) {
    const page = await fetch(`${app.url}/c/${crypto.randomUUID()}`, { headers });
    assertEquals(page.status, 404);
    assertHeaders(page);
    assertEquals(page.headers.getSetCookie(), []);
    assertStringIncludes(await page.text(), "Not found");
  }
});

Deno.test("what breaks inside is a 500 that says nothing but its id; the log has the cause under that id", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const SECRET = "the database is at 10.0.0.7";
  app.program.services.conversations.page = () =>
    Promise.reject(new Error(SECRET, { cause: new Error("deep") }));
  const response = await api.request("GET", "/api/conversations");
  const text = await response.clone().text();
  const { requestId } = await assertProblem(response, "internal");
  assert(!text.includes(SECRET) && !text.includes("deep"));
  const line = app.lines().find(({ event, requestId: id }) =>
    event === "request_crashed" && id === requestId
  );
  assertStringIncludes(String(line?.cause), `${SECRET} <- Error: deep`);
  assertEquals(await app.metric("throughline_http_errors_total"), 1);
  const page = app.program.services.page;
  app.program.services.page = () => Promise.reject(new Error(SECRET));
  const shown = await fetch(app.url, { headers: BROWSER });
  assertEquals(shown.status, 500);
  assertHeaders(shown);
  const html = await shown.text();
  assert(!html.includes(SECRET));
  assertStringIncludes(html, shown.headers.get("x-request-id")!);
  app.program.services.page = page;
});

Deno.test("every request is one line in the log, with its id and route, without its ids, text or query", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const { id } = await api.create({ title: "words of a person" });
  const { reply } = await api.send(id, { text: "count to 3, my secret" });
  await api.finished(id, reply.messageId);
  const listed = await api.request("GET", "/api/conversations?q=my%20secret");
  await listed.body?.cancel();
  const requestId = listed.headers.get("x-request-id");
  const lines = app.lines().filter((line) => line.event === "request" && line.requestId === requestId);
  assertEquals(lines.map(({ method, route, status }) => [method, route, status]), [[
    "GET",
    "/api/conversations",
    200,
  ]]);
  for (const word of ["my secret", "my%20secret", "words of a person", api.token]) {
    assert(!app.text().includes(word), `the log says "${word}"`);
  }
});

Deno.test("a client cannot choose its request id or add a header by what it sends", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const chosen = crypto.randomUUID();
  const response = await api.request("GET", "/api/models", undefined, { "x-request-id": chosen });
  await response.body?.cancel();
  assert(response.headers.get("x-request-id") !== chosen);
  const injected = await api.request("GET", "/c/%0d%0aset-cookie:%20a=b", undefined, BROWSER);
  await injected.body?.cancel();
  assertEquals([injected.status, injected.headers.getSetCookie()], [404, []]);
});

Deno.test("X1: an error whose own page cannot be shown still has its id and headers", async () => {
  await using app = await startApp();
  const broken = new App<State>().use(provide(app.program.services)).use(outermost).get("/", () => {
    throw new Error("the error page broke");
  });
  const response = await broken.handler()(new Request("http://a/"));
  assertEquals([response.status, (await response.json()).code], [500, "internal"]);
  const requestId = response.headers.get("x-request-id");
  assert(app.lines().some((line) => line.event === "request_crashed" && line.requestId === requestId));
});
