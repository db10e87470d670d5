// Who a request is from: tokens, cookies, and what another site may not make a browser do.
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import type { SessionCreated } from "../../../lib/protocol/api.ts";
import { Api } from "../../support/api.ts";
import { startApp, type TestApp } from "../../support/app.ts";
import { FakeClock } from "../../support/clock.ts";
import { everythingIn } from "../../support/kv.ts";
import { assertProblem } from "./expect.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

Deno.test("S1: a token is 256 random bits; the store and the log hold its hash or nothing", async () => {
  await using app = await startApp();
  const people = await Promise.all(Array.from({ length: 20 }, () => Api.session(app.url)));
  const tokens = people.map(({ token }) => token);
  assertEquals(new Set(tokens).size, tokens.length);
  for (const token of tokens) assertMatch(token, /^[A-Za-z0-9_-]{43}$/);
  for (const api of people) await api.create({ title: "something to log" });
  const stored = await everythingIn(app.kv);
  assert(stored.includes("something to log"), "the scan sees values");
  assert(stored.includes(people[0]!.userId), "the scan sees sessions");
  for (const token of tokens) {
    assert(!stored.includes(token), "a token is in the store");
    assert(!app.text().includes(token), "a token is in the log");
  }
});

Deno.test("the cookie: HttpOnly and SameSite=Lax; on https Secure, and __Host- by name", async () => {
  await using app = await startApp();
  for (
    const [url, name, secure] of [["http", "throughline", false], [
      "https",
      "__Host-throughline",
      true,
    ]] as const
  ) {
    const response = await app.handle(new Request(`${url}://chat.example/api/session`, { method: "POST" }));
    const { token } = await response.json() as SessionCreated;
    const [pair, ...attributes] = response.headers.get("set-cookie")!.split("; ");
    assertEquals(pair, `${name}=${token}`);
    assertEquals(
      attributes.toSorted(),
      [`Max-Age=${180 * 24 * 60 * 60}`, "Path=/", "HttpOnly", "SameSite=Lax", ...secure ? ["Secure"] : []]
        .toSorted(),
    );
    assertEquals(response.headers.has("strict-transport-security"), secure);
    const policy = response.headers.get("content-security-policy")!;
    assertEquals(policy.includes("upgrade-insecure-requests"), secure);
    // A page of plain http could have planted the cookie without the prefix: https does not read it.
    const planted = new Request("https://chat.example/api/models", {
      headers: { cookie: `throughline=${token}` },
    });
    await assertProblem(await app.handle(planted), "unauthenticated");
  }
});

Deno.test("without a session, or with one that is none, every route of the API is a 401", async () => {
  await using app = await startApp();
  const id = crypto.randomUUID();
  const routes: [string, string][] = [
    ["GET", "/api/conversations"],
    ["POST", "/api/conversations"],
    ["GET", `/api/conversations/${id}`],
    ["PATCH", `/api/conversations/${id}`],
    ["DELETE", `/api/conversations/${id}`],
    ["POST", `/api/conversations/${id}/restore`],
    ["POST", `/api/conversations/${id}/messages`],
    ["PATCH", `/api/conversations/${id}/messages/${id}`],
    ["DELETE", `/api/conversations/${id}/messages/${id}`],
    ["POST", `/api/conversations/${id}/messages/${id}/now`],
    ["POST", `/api/conversations/${id}/regenerate`],
    ["POST", `/api/conversations/${id}/continue`],
    ["GET", `/api/conversations/${id}/events`],
    ["GET", "/api/events?topics=user"],
    ["GET", `/api/generations/${id}`],
    ["POST", `/api/generations/${id}/cancel`],
    ["GET", "/api/models"],
    ["POST", "/api/chat"],
    ["POST", "/api/chat/stream"],
  ];
  const { cookie, token } = await Api.session(app.url);
  const nobody: HeadersInit[] = [
    {},
    { authorization: "Bearer" },
    { authorization: `Bearer ${"A".repeat(43)}` },
    { authorization: `Bearer ${token}x` },
    { authorization: "Bearer __proto__" },
    { authorization: `Basic ${btoa(`a:${token}`)}` },
    // A bearer that is wrong is not made good by a cookie.
    { authorization: `Bearer ${"A".repeat(43)}`, cookie },
  ];
  for (const [method, path] of routes) {
    for (const headers of nobody) {
      const response = await fetch(app.url + path, { method, headers });
      await assertProblem(response, "unauthenticated");
      assertEquals(response.headers.get("www-authenticate"), "Bearer");
    }
  }
});

Deno.test("a cookie chosen before the session is never taken up: each session has a token of its own", async () => {
  await using app = await startApp();
  const fixed = "F".repeat(43);
  const response = await fetch(`${app.url}/api/session`, {
    method: "POST",
    headers: { cookie: `throughline=${fixed}`, "sec-fetch-site": "same-origin" },
  });
  const { token } = await response.json() as SessionCreated;
  assertNotEquals(token, fixed);
  const fixated = await send(app, "GET", "/api/models", { cookie: `throughline=${fixed}` });
  await assertProblem(fixated, "unauthenticated");
});

Deno.test("X2: with a cookie, only this site's own pages may change things", async () => {
  await using app = await startApp();
  const { cookie, token } = await Api.session(app.url);
  const own = new URL(app.url).origin;
  const foreign: HeadersInit[] = [
    { cookie, "sec-fetch-site": "cross-site" },
    { cookie, "sec-fetch-site": "same-site" },
    { cookie, "sec-fetch-site": "cross-site", origin: own },
    { cookie, origin: "https://evil.example" },
    { cookie, origin: `${own}.evil.example` },
    { cookie, origin: own.replace(/:\d+$/, ":1") },
    { cookie, origin: "null" },
    { cookie, origin: "" },
    { cookie },
    // Minting a session for somebody else's browser is a change too.
    { "sec-fetch-site": "cross-site" },
    { origin: "https://evil.example" },
  ];
  for (const headers of foreign) {
    for (const path of ["/api/conversations", "/api/session", "/api/chat"]) {
      await assertProblem(await send(app, "POST", path, headers, "{}"), "forbidden");
    }
    const path = `/api/conversations/${crypto.randomUUID()}`;
    await assertProblem(await send(app, "DELETE", path, headers), "forbidden");
  }
  const accepted: HeadersInit[] = [
    { cookie, "sec-fetch-site": "same-origin" },
    { cookie, origin: own },
    { authorization: `Bearer ${token}` },
    { authorization: `Bearer ${token}`, origin: "https://other.example", "sec-fetch-site": "cross-site" },
  ];
  for (const headers of accepted) {
    const response = await send(app, "POST", "/api/conversations", headers, "{}");
    await response.body?.cancel();
    assertEquals(response.status, 201);
  }
  // Nothing lets another site read an answer.
  const read = await send(app, "GET", "/api/conversations", { cookie, origin: "https://evil.example" });
  await read.body?.cancel();
  assertEquals(read.headers.get("access-control-allow-origin"), null);
});

Deno.test("a GET changes nothing that anybody owns", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const { id } = await api.create();
  const { reply } = await api.send(id, { text: "count to 2" });
  await api.finished(id, reply.messageId);
  const before = await everythingIn(app.kv);
  for (
    const path of [
      "/",
      `/c/${id}`,
      "/api/conversations?q=count",
      `/api/conversations/${id}`,
      `/api/conversations/${id}/restore`,
      `/api/conversations/${id}/messages`,
      `/api/generations/${reply.generationId}`,
      `/api/generations/${reply.generationId}/cancel`,
      "/api/models",
      "/api/session",
      "/metrics",
    ]
  ) {
    for (const method of ["GET", "HEAD"]) {
      const response = await send(app, method, path, { cookie: api.cookie, "sec-fetch-site": "cross-site" });
      await response.body?.cancel();
      assert(response.status < 500, `${method} ${path}: ${response.status}`);
    }
  }
  assertEquals(await everythingIn(app.kv), before);
});

Deno.test("a session in use is renewed once a day, and its cookie with it; S2: one that is not used ends", async () => {
  const clock = new FakeClock();
  await using app = await startApp({ clock });
  const { cookie, token } = await Api.session(app.url);
  const visit = async (headers: HeadersInit) => {
    const response = await send(app, "GET", "/api/conversations", headers);
    await response.body?.cancel();
    return [response.status, response.headers.getSetCookie()[0]?.split(";")[0]];
  };
  assertEquals(await visit({ cookie }), [200, undefined]);
  await clock.advance(DAY_MS + 1);
  assertEquals(await visit({ cookie }), [200, cookie], "renewed, with its cookie");
  assertEquals(await visit({ cookie }), [200, undefined], "not twice in a day");
  // 300 days of use, a hundred at a time, outlive the 180 days of the first cookie.
  for (let times = 0; times < 3; times++) {
    await clock.advance(100 * DAY_MS);
    assertEquals(await visit({ cookie }), [200, cookie]);
  }
  await clock.advance(100 * DAY_MS);
  assertEquals(await visit({ authorization: `Bearer ${token}` }), [200, undefined], "a bearer has no cookie");
  await clock.advance(180 * DAY_MS + 1);
  assertEquals(await visit({ cookie }), [401, undefined]);
});

Deno.test("a revoked session ends at once for requests", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  await api.create();
  await app.program.services.sessions.revoke(api.token);
  await assertProblem(await api.request("GET", "/api/conversations"), "unauthenticated");
  const page = await fetch(app.url, { headers: { cookie: api.cookie } });
  await page.body?.cancel();
  assertEquals(page.headers.getSetCookie().length, 1, "a page mints a new one");
});

function send(
  app: TestApp,
  method: string,
  path: string,
  headers: HeadersInit,
  body?: string,
): Promise<Response> {
  const all = new Headers(headers);
  if (body !== undefined) all.set("content-type", "application/json");
  return fetch(app.url + path, { method, headers: all, body });
}
