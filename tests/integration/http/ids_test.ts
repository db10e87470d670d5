// Ids: another's, none, garbage, and used before.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { sentKey } from "../../../lib/kv/keys.ts";
import { Api } from "../../support/api.ts";
import { startApp } from "../../support/app.ts";
import { assertProblem } from "./expect.ts";

Deno.test("ids that are none, another's, and unknown ones: 404 everywhere, with one and the same body (P10)", async () => {
  await using app = await startApp();
  const [owner, stranger] = [await Api.session(app.url), await Api.session(app.url)];
  const { id } = await owner.create({ title: "private words" });
  const { reply } = await owner.send(id, { text: "count to 3" });
  await owner.finished(id, reply.messageId);
  const before = await owner.read(id);
  const conversation: [string, string, unknown?][] = [
    ["GET", "/api/conversations/:id"],
    ["PATCH", "/api/conversations/:id", { title: "mine" }],
    ["DELETE", "/api/conversations/:id"],
    ["POST", "/api/conversations/:id/restore"],
    ["DELETE", "/api/trash/:id"],
    ["POST", "/api/conversations/:id/messages", { text: "hello" }],
    ["POST", "/api/conversations/:id/messages", { text: "hello", id: before.messages[0]!.id }],
    ["PATCH", `/api/conversations/:id/messages/${before.messages[0]!.id}`, { text: "mine" }],
    ["DELETE", `/api/conversations/:id/messages/${before.messages[0]!.id}`],
    ["POST", `/api/conversations/:id/messages/${before.messages[0]!.id}/now`],
    ["DELETE", "/api/conversations/:id/messages"],
    ["PATCH", `/api/conversations/:id/messages/${reply.messageId}`, { text: "mine" }],
    ["PUT", `/api/conversations/:id/messages/${before.messages[0]!.id}/removed`],
    ["DELETE", `/api/conversations/:id/messages/${before.messages[0]!.id}/removed`],
    ["POST", "/api/conversations/:id/fork", { messageId: reply.messageId }],
    ["PUT", `/api/conversations/:id/messages/${reply.messageId}/rating`, { rating: "up" }],
    ["GET", "/api/conversations/:id/prompts/0123456789abcdef0123456789abcdef"],
    ["POST", "/api/conversations/:id/regenerate", { messageId: reply.messageId }],
    ["PUT", `/api/conversations/:id/summaries/${reply.messageId}`, { text: "mine" }],
    ["GET", "/api/conversations/:id/context"],
    ["POST", "/api/conversations/:id/continue", { messageId: reply.messageId }],
    ["GET", "/api/conversations/:id/events"],
    ["GET", "/api/conversations/:id?last=5"],
    ["GET", `/api/conversations/:id/messages?before=${reply.messageId}`],
    ["GET", `/api/conversations/:id/messages?through=${reply.messageId}`],
  ];
  const generation: [string, string][] = [
    ["GET", "/api/generations/:id"],
    ["POST", "/api/generations/:id/cancel"],
  ];
  const nobodys = [
    "1",
    "__proto__",
    "constructor",
    "x".repeat(3_000),
    encodeURIComponent("あ".repeat(700)),
    "%00",
    "%ED%A0%80", // a lone surrogate, as bytes
    "%E0%A4%A", // half an escape
    "..%2f..%2fetc",
    "a'b\"c<d>",
  ];
  for (const [routes, theirs] of [[conversation, id], [generation, reply.generationId]] as const) {
    for (const [method, path, body] of routes) {
      const said = new Set<string>();
      for (const wrong of [theirs, crypto.randomUUID()]) {
        const response = await stranger.request(method, path.replace(":id", wrong), body);
        const { requestId: _, ...rest } = await assertProblem(response, "not_found");
        said.add(JSON.stringify(rest));
      }
      assertEquals(said.size, 1, `${method} ${path} tells another's id from none: ${[...said].join("\n")}`);
      for (const wrong of [theirs.toUpperCase(), ...nobodys]) {
        const response = await stranger.request(method, path.replace(":id", wrong), body);
        await assertProblem(response, "not_found").catch((error) => {
          throw new Error(`${method} ${path} with ${wrong.slice(0, 50)}: ${error.message}`);
        });
      }
    }
  }
  const page = { accept: "text/html", cookie: stranger.cookie };
  const texts = await Promise.all([id, ...nobodys].map(async (wrong) => {
    const response = await fetch(`${app.url}/c/${wrong}`, { headers: page });
    assertEquals(response.status, 404);
    return (await response.text()).includes("private words");
  }));
  assertEquals(texts.filter(Boolean), []);
  // A message of another's conversation is no parent and nothing to regenerate or continue in one's own.
  const own = await stranger.create();
  const foreign = { text: "a", parentId: reply.messageId };
  await assertProblem(
    await stranger.request("POST", `/api/conversations/${own.id}/messages`, foreign),
    "invalid",
  );
  const regenerate = { messageId: reply.messageId };
  for (const wish of ["regenerate", "continue"]) {
    const path = `/api/conversations/${own.id}/${wish}`;
    await assertProblem(await stranger.request("POST", path, regenerate), "not_found");
  }
  for (const wrong of [before.messages[0]!.id, ...nobodys]) {
    const message = `/api/conversations/${own.id}/messages/${wrong}`;
    await assertProblem(await stranger.request("PATCH", message, { text: "mine" }), "not_found");
    await assertProblem(await stranger.request("DELETE", message), "not_found");
    await assertProblem(await stranger.request("POST", `${message}/now`), "not_found");
    const summary = `/api/conversations/${own.id}/summaries/${wrong}`;
    await assertProblem(await stranger.request("PUT", summary, { text: "mine" }), "not_found");
  }
  const chat = { message: "hi", conversation_id: id };
  for (const at of ["/api/chat", "/api/chat/stream"]) {
    await assertProblem(await stranger.request("POST", at, chat), "not_found");
  }
  assertEquals(await owner.read(id), before);
});

Deno.test("P7: one id with the same content gets the same answer, ten times at once; with other content a 409", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const conversation = await api.create();
  const path = `/api/conversations/${conversation.id}/messages`;
  const id = crypto.randomUUID();
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => api.request("POST", path, { id, text: "count to 3" })),
  );
  assertEquals(new Set(answers.map(({ status }) => status)), new Set([202]));
  assertEquals(new Set(await Promise.all(answers.map((answer) => answer.text()))).size, 1);
  await assertProblem(await api.request("POST", path, { id, text: "count to 4" }), "conflict");
  assertEquals((await api.read(conversation.id)).messages.length, 2);
  assertEquals(await app.metric("throughline_generations_started_total"), 1);
});

Deno.test("the id of an answer, or of a message sent long ago, is no id for a new message: nothing is replaced", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const { id } = await api.create();
  const { message, reply } = await api.send(id, { text: "count to 3" });
  await api.finished(id, reply.messageId);
  // As it is a week later, when the record of the send has expired.
  await app.kv.delete(sentKey(id, message.id));
  const before = await api.read(id);
  for (const taken of [reply.messageId, message.id]) {
    const path = `/api/conversations/${id}/messages`;
    await assertProblem(await api.request("POST", path, { id: taken, text: "count to 3" }), "conflict");
  }
  assertEquals(await api.read(id), before);
});

Deno.test("a Last-Event-ID that is no cursor of this log gets a snapshot, never an error and never silence", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const { id } = await api.create({ title: "here" });
  const path = `/api/conversations/${id}/events`;
  for (
    const cursor of [
      "garbage",
      "-1",
      "1e3",
      "1.5",
      "99",
      "9007199254740993",
      "9".repeat(400),
      " ",
      "0x1",
      "NaN",
    ]
  ) {
    const response = await api.request("GET", path, undefined, { "last-event-id": cursor });
    assertEquals(response.status, 200);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (let reads = 0; reads < 10 && !text.includes("\nevent:"); reads++) {
      text += (await reader.read()).value ?? "";
    }
    assertStringIncludes(text, "id: 1\nevent: snapshot\n", cursor);
    await reader.cancel();
  }
});
