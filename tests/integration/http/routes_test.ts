// Every route of DESIGN 5's table: what it answers when all is well.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { isId } from "../../../lib/core/ids.ts";
import { type Conversation, listed } from "../../../lib/protocol/conversation.ts";
import { textOf } from "../../../lib/protocol/message.ts";
import { Api } from "../../support/api.ts";
import { startApp } from "../../support/app.ts";
import { countTo } from "../../support/count.ts";
import { assertHeaders, assertProblem } from "./expect.ts";

Deno.test("POST /api/session → 201 with a token and a user, and the same token as a cookie", async () => {
  await using app = await startApp();
  const response = await fetch(`${app.url}/api/session`, { method: "POST" });
  const { token, userId, ...rest } = await response.json();
  assertEquals([response.status, rest], [201, {}]);
  assertHeaders(response);
  assert(isId(userId));
  assertStringIncludes(response.headers.get("set-cookie") ?? "", `throughline=${token};`);
});

Deno.test("GET /api/session says whose it is, and to nobody nothing", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const response = await api.request("GET", "/api/session");
  assertHeaders(response);
  assertEquals([response.status, response.headers.get("cache-control")], [200, "no-store"]);
  const { userId, ...rest } = await response.json();
  assertEquals([isId(userId), rest], [true, {}]);
  const made = await (await fetch(`${app.url}/api/session`, { method: "POST" })).json();
  const again = await fetch(`${app.url}/api/session`, { headers: { authorization: `Bearer ${made.token}` } });
  assertEquals(await again.json(), { userId: made.userId });
  for (const cookie of ["", "throughline=nonsense"]) {
    await assertProblem(await fetch(`${app.url}/api/session`, { headers: { cookie } }), "unauthenticated");
  }
});

Deno.test("GET /offline is the page without words: the same for everybody, and it makes no session", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const { id } = await api.create({ title: "Secret plans" });
  const [mine, nobodys] = [
    await api.request("GET", "/offline", undefined, { accept: "text/html" }),
    await fetch(`${app.url}/offline`, { headers: { accept: "text/html" } }),
  ];
  const html = await mine.text();
  for (const response of [mine, nobodys]) {
    assertEquals([response.status, response.headers.get("set-cookie")], [200, null]);
    assertEquals(response.headers.get("cache-control"), "no-store");
  }
  assertEquals([html.includes("Secret plans"), html.includes(id)], [false, false]);
  const without = (text: string) => text.replaceAll(/nonce="[^"]*"/g, "");
  assertEquals(without(html), without(await nobodys.text()));
  assertStringIncludes(html, 'id="composer"');
});

Deno.test("a page may have workers of this origin, and no other", async () => {
  await using app = await startApp();
  const response = await fetch(app.url, { headers: { accept: "text/html" } });
  await response.body?.cancel();
  assertStringIncludes(response.headers.get("content-security-policy") ?? "", "worker-src 'self';");
});

Deno.test("conversations: created, listed, read, changed, deleted, restored", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const created = await api.request("POST", "/api/conversations", {
    title: " Plans ",
    systemPrompt: "Be short.",
  });
  assertEquals(created.status, 201);
  assertHeaders(created);
  const conversation = await created.json() as Conversation;
  const { id, createdAt } = conversation;
  assert(isId(id));
  assertEquals(conversation, {
    id,
    title: "Plans",
    titledBy: "person",
    model: "demo/tour",
    systemPrompt: "Be short.",
    pinned: false,
    archived: false,
    activeLeaf: null,
    running: null,
    queue: [],
    createdAt,
    updatedAt: createdAt,
  });
  assertEquals(await api.list(), { conversations: [listed(conversation)], nextCursor: null });
  assertEquals(await api.read(id), { conversation, messages: [], cursor: 1 });

  const changed = await api.patch(id, { title: "Other plans", pinned: true, archived: true });
  assertEquals(changed, { ...conversation, title: "Other plans", pinned: true, archived: true });
  assertEquals((await api.list("?q=OTHER")).conversations, [listed(changed)], "archived ones are found, too");
  assertEquals((await api.list("?q=nothing")).conversations, []);

  const deleted = await api.request("DELETE", `/api/conversations/${id}`);
  assertEquals([deleted.status, await deleted.text()], [204, ""]);
  assertHeaders(deleted);
  assertEquals((await api.list()).conversations, []);
  await assertProblem(await api.request("GET", `/api/conversations/${id}`), "not_found");
  await assertProblem(await api.request("DELETE", `/api/conversations/${id}`), "not_found");

  const restored = await api.request("POST", `/api/conversations/${id}/restore`);
  assertEquals([restored.status, await restored.json()], [200, changed]);
  assertEquals((await api.list()).conversations, [], "it is archived");
  assertEquals((await api.list("?archived=true")).conversations, [listed(changed)]);
  await assertProblem(await api.request("POST", `/api/conversations/${id}/restore`), "not_found");
});

Deno.test("GET /api/conversations: pages of 30 cover all, newest first, none twice", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const made: string[] = [];
  for (let i = 0; i < 65; i++) made.unshift((await api.create({ title: `no ${i}` })).id);
  const seen: string[] = [];
  const sizes: number[] = [];
  let cursor: string | null = "";
  for (let pages = 0; pages < 4 && cursor !== null; pages++) {
    const page = await api.list(cursor === "" ? "" : `?cursor=${cursor}`);
    sizes.push(page.conversations.length);
    seen.push(...page.conversations.map(({ id }) => id));
    cursor = page.nextCursor;
  }
  assertEquals([sizes, cursor], [[30, 30, 5], null]);
  // Within one millisecond the id decides; so compare as sets, and the order by time.
  assertEquals(seen.toSorted(), made.toSorted());
  const found = await api.list("?q=no 6");
  assertEquals(found.conversations.map(({ title }) => title).toSorted(), [
    "no 6",
    "no 60",
    "no 61",
    "no 62",
    "no 63",
    "no 64",
  ]);
  assertEquals((await api.list("?limit=64")).conversations.length, 64);
  for (const wrong of ["limit=0", "limit=101", "limit=1.5", "limit=", "limit=x", "archived=1", "archived="]) {
    await assertProblem(await api.request("GET", `/api/conversations?${wrong}`), "invalid");
  }
  for (const wrong of ["x", "1", `1.${api.userId}x`, "-1.a", "__proto__"]) {
    await assertProblem(await api.request("GET", `/api/conversations?cursor=${wrong}`), "invalid");
  }
});

Deno.test("messages, generations, regenerate, cancel: shapes and states", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const { id } = await api.create();
  const sent = await api.request("POST", `/api/conversations/${id}/messages`, { text: "count to 5" });
  assertEquals(sent.status, 202);
  assertHeaders(sent);
  const { message, reply, cursor, ...rest } = await sent.json();
  assertEquals([rest, Object.keys(reply).toSorted()], [{}, ["generationId", "messageId"]]);
  assert([message.id, reply.messageId, reply.generationId].every(isId));
  assert(Number.isSafeInteger(cursor));
  assertEquals([message.role, message.status, textOf(message), message.parentId], [
    "user",
    "complete",
    "count to 5",
    null,
  ]);
  const answer = await api.finished(id, reply.messageId);
  assertEquals([answer.status, textOf(answer), answer.parentId], ["complete", countTo(5), message.id]);

  const done = await api.generation(reply.generationId);
  assertEquals({ ...done, timings: undefined }, {
    id: reply.generationId,
    conversationId: id,
    messageId: reply.messageId,
    state: "complete",
    attempt: 1,
    cancelRequested: false,
    timings: undefined,
    usage: answer.usage,
  });
  assert(done.timings !== undefined && done.timings.totalMs >= 0);

  // Cancelling what is done changes nothing, however often.
  for (let times = 0; times < 2; times++) {
    const cancelled = await api.request("POST", `/api/generations/${reply.generationId}/cancel`);
    assertEquals([cancelled.status, (await cancelled.json()).state], [202, "complete"]);
  }

  const again = await api.request("POST", `/api/conversations/${id}/regenerate`, {
    messageId: reply.messageId,
  });
  assertEquals(again.status, 202);
  const sibling = await again.json();
  assertEquals([sibling.message.role, sibling.message.parentId], ["assistant", message.id]);
  assertEquals(sibling.message.id, sibling.reply.messageId);
  assertEquals(textOf(await api.finished(id, sibling.reply.messageId)), countTo(5));
  const { messages } = await api.read(id);
  assertEquals(messages.length, 3);
});

Deno.test("GET /api/models: every model with its prices, window and availability", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const { models, defaultModel } = await api.models();
  assertEquals(defaultModel, "demo/tour");
  assert(models.length > 3);
  for (const model of models) {
    assertMatch(model.id, /^[a-z]+\/\S+$/);
    assertEquals(model.available, model.provider === "demo", model.id);
    assert(model.available || model.unavailableBecause, `${model.id} says why it cannot be used`);
  }
});

Deno.test("/healthz, /readyz and /metrics answer without a session; /readyz says when it drains", async () => {
  await using app = await startApp();
  for (const [path, more] of [["/healthz", { breakers: [] }], ["/readyz", {}]] as const) {
    const response = await fetch(app.url + path);
    assertEquals([response.status, await response.json()], [200, { status: "ok", ...more }]);
    assertHeaders(response);
  }
  const metrics = await fetch(`${app.url}/metrics`);
  assertMatch(metrics.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  for (const line of (await metrics.text()).trim().split("\n")) {
    assertMatch(line, /^(# (HELP|TYPE) throughline_\w+ .+|throughline_\w+(\{.+\})? -?\d+)$/);
  }
  await app.drain();
  const draining = await assertProblem(await app.handle(new Request("http://a/readyz")), "draining");
  assertEquals(draining.status, 503);
  assertEquals((await app.handle(new Request("http://a/healthz"))).status, 200);
});

Deno.test("GET / shows the app and mints a session; GET /c/:id shows a conversation with its messages", async () => {
  await using app = await startApp();
  const home = await fetch(app.url);
  assertEquals(home.status, 200);
  assertHeaders(home);
  assertMatch(home.headers.get("content-type") ?? "", /^text\/html/);
  assertEquals(home.headers.get("cache-control"), "no-store");
  assertMatch(await home.text(), /^<!DOCTYPE html>/i);
  const cookie = home.headers.getSetCookie()[0]!.split(";")[0]!;
  const listed = await fetch(`${app.url}/api/conversations`, { headers: { cookie } });
  assertEquals([listed.status, await listed.json()], [200, { conversations: [], nextCursor: null }]);
  const second = await fetch(app.url, { headers: { cookie } });
  await second.body?.cancel();
  assertEquals(second.headers.getSetCookie(), [], "a person with a session keeps it");

  const api = await Api.session(app.url);
  const { id } = await api.create();
  const { reply } = await api.send(id, { text: "count to 7 </script><script>alert(1)</script>" });
  await api.finished(id, reply.messageId);
  const shown = await fetch(`${app.url}/c/${id}`, { headers: { cookie: api.cookie } });
  assertEquals(shown.status, 200);
  assertHeaders(shown);
  const html = await shown.text();
  assertStringIncludes(html, countTo(7));
  assert(!html.includes("<script>alert(1)"), "what people write is inert in a page");
  const nonce = /'nonce-([^']+)'/.exec(shown.headers.get("content-security-policy") ?? "")?.[1];
  // What runs carries the page's own nonce; a block of JSON does not run.
  const scripts = Array.from(html.matchAll(/<script([^>]*)>/g), ([, attributes]) => attributes!);
  const running = scripts.filter((attributes) => !attributes.includes("application/json"));
  assert(running.length > 0);
  for (const attributes of running) assertStringIncludes(attributes, `nonce="${nonce}"`);
});
