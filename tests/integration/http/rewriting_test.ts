// Changing what was said, over HTTP: the routes, what they answer, and what they refuse.
import { assert, assertEquals } from "@std/assert";
import { ANSWER_CHARS_MAX, MESSAGE_CHARS_MAX } from "../../../lib/protocol/api.ts";
import type { Conversation } from "../../../lib/protocol/conversation.ts";
import { type Message, textOf } from "../../../lib/protocol/message.ts";
import { reduce } from "../../../lib/protocol/reduce.ts";
import { Api } from "../../support/api.ts";
import { startApp, type TestApp } from "../../support/app.ts";
import { countTo } from "../../support/count.ts";
import { assertHeaders, assertProblem } from "./expect.ts";

/** A conversation of two turns, and the ids of its messages. */
async function talk(app: TestApp) {
  const api = await Api.session(app.url);
  const { id } = await api.create({ title: "Counting" });
  for (const n of [2, 3]) {
    const { reply } = await api.send(id, { text: `count to ${n}` });
    await api.finished(id, reply.messageId);
  }
  const ids = (await api.read(id)).messages.map((message) => message.id);
  return { api, id, ids: ids as [string, string, string, string] };
}

const words = async (api: Api, id: string) => (await api.read(id)).messages.map(textOf);

Deno.test("M5: PATCH of an answer gives it other words; a search finds those, and not the old ones", async () => {
  await using app = await startApp();
  const { api, id, ids } = await talk(app);
  const path = `/api/conversations/${id}/messages/${ids[1]}`;
  const hits = async (q: string) => (await (await api.request("GET", `/api/search?q=${q}`)).json()).hits;
  await api.request("PATCH", path, { text: "a zebra" }).then((response) => response.body?.cancel());
  assertEquals((await hits("zebra")).length, 1);
  const response = await api.request("PATCH", path, { text: "あ".repeat(ANSWER_CHARS_MAX) });
  assertHeaders(response);
  const message = await response.json() as Message;
  assertEquals([response.status, textOf(message).length], [200, ANSWER_CHARS_MAX]);
  assert(message.editedAt !== undefined);
  assertEquals((await hits("zebra")).length, 0);
  assertEquals(await words(api, id), [
    "count to 2",
    "あ".repeat(ANSWER_CHARS_MAX),
    "count to 3",
    countTo(3),
  ]);
  for (const text of ["", " \n", "x".repeat(ANSWER_CHARS_MAX + 1), 7]) {
    await assertProblem(await api.request("PATCH", path, { text }), "invalid");
  }
  // A person's message that was said is followed by another one; one that is too long for a message is none.
  const said = `/api/conversations/${id}/messages/${ids[0]}`;
  await assertProblem(await api.request("PATCH", said, { text: "other" }), "not_queued");
  await assertProblem(
    await api.request("PATCH", said, { text: "x".repeat(MESSAGE_CHARS_MAX + 1) }),
    "invalid",
  );
});

Deno.test("M5: PUT …/removed takes a message back and DELETE …/removed undoes it; a search does not find it meanwhile", async () => {
  await using app = await startApp();
  const { api, id, ids } = await talk(app);
  const path = `/api/conversations/${id}/messages/${ids[2]}/removed`;
  const hits = async () =>
    (await (await api.request("GET", "/api/search?q=count%20to%203")).json()).hits.length;
  assertEquals(await hits(), 1);
  for (let times = 0; times < 2; times++) {
    const response = await api.request("PUT", path);
    assertEquals([response.status, await response.text()], [204, ""]);
    assertHeaders(response);
  }
  assertEquals(await hits(), 0);
  assertEquals(await words(api, id), ["count to 2", countTo(2), countTo(3)]);
  const before = await api.read(id);
  assertEquals(before.messages[2]!.parentId, ids[1]);
  for (let times = 0; times < 2; times++) {
    const response = await api.request("DELETE", path);
    assertEquals([response.status, textOf(await response.json())], [200, "count to 3"]);
  }
  assertEquals(await hits(), 1);
  const after = await api.read(id);
  assertEquals(after.messages.find((message) => message.id === ids[3])!.parentId, ids[2]);
  // Whoever followed from before holds the same.
  let held = reduce(null, { type: "snapshot", data: before, id: before.cursor })!;
  for await (const event of api.follow(id, { after: before.cursor })) {
    held = reduce(held, event)!;
    if (held.cursor >= after.cursor) break;
  }
  assertEquals([...held.messages], after.messages);
  for (const none of ["none", crypto.randomUUID()]) {
    for (const method of ["PUT", "DELETE"]) {
      await assertProblem(
        await api.request(method, `/api/conversations/${id}/messages/${none}/removed`),
        "not_found",
      );
    }
  }
});

Deno.test("M2: DELETE of the messages clears a conversation: its id, title and settings stay", async () => {
  await using app = await startApp();
  const { api, id } = await talk(app);
  const { conversation } = await api.read(id);
  for (let times = 0; times < 2; times++) {
    const response = await api.request("DELETE", `/api/conversations/${id}/messages`);
    assertEquals([response.status, await response.text()], [204, ""]);
  }
  const after = await api.read(id);
  assertEquals(after.messages, []);
  assertEquals(after.conversation, {
    ...conversation,
    activeLeaf: null,
    rewrittenAt: after.conversation.rewrittenAt,
  });
  const search = await api.request("GET", "/api/search?q=count");
  assertEquals((await search.json()).hits, []);
  const { reply } = await api.send(id, { text: "count to 4" });
  assertEquals(textOf(await api.finished(id, reply.messageId)), countTo(4));
});

Deno.test("M4: POST …/fork makes a conversation of the prefix, once for each id", async () => {
  await using app = await startApp();
  const { api, id, ids } = await talk(app);
  const wanted = { id: crypto.randomUUID(), messageId: ids[1] };
  const made: Conversation[] = [];
  for (let times = 0; times < 2; times++) {
    const response = await api.request("POST", `/api/conversations/${id}/fork`, wanted);
    assertEquals(response.status, 201);
    assertHeaders(response);
    made.push(await response.json());
  }
  assertEquals(made[1], made[0]);
  assertEquals([made[0]!.id, made[0]!.title], [wanted.id, "Counting (branch)"]);
  assertEquals(await words(api, wanted.id), ["count to 2", countTo(2)]);
  assertEquals((await api.list()).conversations.map((one) => one.id).toSorted(), [id, wanted.id].toSorted());
  const fork = `/api/conversations/${id}/fork`;
  for (const wrong of [{}, { messageId: "none" }, { ...wanted, id: "none" }, { ...wanted, more: 1 }]) {
    await assertProblem(await api.request("POST", fork, wrong), "invalid");
  }
  await assertProblem(await api.request("POST", fork, { messageId: crypto.randomUUID() }), "not_found");
  await assertProblem(await api.request("POST", fork, { ...wanted, messageId: ids[3] }), "conflict");
});
