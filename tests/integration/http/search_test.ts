// `GET /api/search`, as a browser asks.
import { assert, assertEquals } from "@std/assert";
import type { SearchPage } from "../../../lib/protocol/api.ts";
import { Api } from "../../support/api.ts";
import { startApp } from "../../support/app.ts";
import { assertHeaders, assertProblem } from "./expect.ts";

const path = (q: string, cursor = "") =>
  `/api/search?q=${encodeURIComponent(q)}${cursor && `&cursor=${cursor}`}`;

async function search(api: Api, q: string, cursor?: string): Promise<SearchPage> {
  const response = await api.request("GET", path(q, cursor));
  assertEquals(response.status, 200);
  assertHeaders(response);
  return await response.json();
}

Deno.test("GET /api/search: what was said is found by its owner, with its place, and by nobody else", async () => {
  await using app = await startApp();
  const [api, stranger] = [await Api.session(app.url), await Api.session(app.url)];
  const { id } = await api.create({ title: "Numbers" });
  const { message, reply } = await api.send(id, { text: "Zähle, please: count to 12" });
  await api.finished(id, reply.messageId);
  const { hits, nextCursor, complete } = await search(api, "ZAHLE");
  assertEquals([nextCursor, complete], [null, true]);
  assertEquals(hits, [{
    conversationId: id,
    title: "Numbers",
    messageId: message.id,
    role: "user",
    createdAt: message.createdAt,
    excerpt: "Zähle, please: count to 12",
    ranges: [[0, 5]],
  }]);
  assertEquals((await search(api, "11 12")).hits.map(({ messageId }) => messageId), [reply.messageId]);
  assertEquals(await search(stranger, "Zähle"), { hits: [], nextCursor: null, complete: true });
  await api.request("DELETE", `/api/conversations/${id}`).then((response) => response.body?.cancel());
  assertEquals((await search(api, "count")).hits, []);
});

Deno.test("GET /api/search: pages of 20 cover all, none twice", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const sent: string[] = [];
  for (let i = 0; i < 25; i++) {
    const { id } = await api.create();
    sent.push((await api.send(id, { text: `needle ${i}` })).message.id);
  }
  const first = await search(api, "needle");
  const second = await search(api, "needle", first.nextCursor!);
  assertEquals([first.hits.length, second.hits.length, second.nextCursor], [20, 5, null]);
  const all = [...first.hits, ...second.hits].map(({ messageId }) => messageId);
  assertEquals(all.toSorted(), sent.toSorted());
});

Deno.test("GET /api/search: what is wrong with a query is said; without a session it is a 401", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  for (
    const wrong of [
      "/api/search",
      path(""),
      path(" "),
      path("x".repeat(201)),
      path("x", "1"),
      path("x", "1.1.x"),
    ]
  ) {
    const { detail } = await assertProblem(await api.request("GET", wrong), "invalid");
    assert(/`(q|cursor)`/.test(detail), detail);
  }
  await assertProblem(await fetch(app.url + path("x")), "unauthenticated");
  // A lone surrogate, and half an escape, are characters that nobody wrote.
  for (const odd of ["/api/search?q=%ED%A0%80", "/api/search?q=%E0%A4", "/api/search?q=%00%01"]) {
    const response = await api.request("GET", odd);
    assertEquals([response.status, (await response.json()).hits], [200, []]);
  }
});
