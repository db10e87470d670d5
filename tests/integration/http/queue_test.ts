// The queue over HTTP: what its routes answer, and what a follower sees.
import { assertEquals } from "@std/assert";
import { textOf } from "../../../lib/protocol/message.ts";
import { Api } from "../../support/api.ts";
import { startApp } from "../../support/app.ts";
import { countTo } from "../../support/count.ts";
import { assertHeaders, assertProblem } from "./expect.ts";

Deno.test("a queued message is edited, removed or sent at once; one that does not wait is a 409 by name", async () => {
  await using app = await startApp({ env: { DEMO_TOKENS_PER_SECOND: "20" } });
  const api = await Api.session(app.url);
  const { id } = await api.create();
  const slow = await api.send(id, { text: "count to 10000" });
  const [two, three, four] = [
    await api.send(id, { text: "count to 2" }),
    await api.send(id, { text: "count to 3" }),
    await api.send(id, { text: "count to 4" }),
  ];
  const at = ({ message }: typeof slow) => `/api/conversations/${id}/messages/${message.id}`;

  const edited = await api.request("PATCH", at(three), { text: "count to 5" });
  assertHeaders(edited);
  const message = await edited.json();
  assertEquals([edited.status, message.id, message.status, textOf(message)], [
    200,
    three.message.id,
    "queued",
    "count to 5",
  ]);
  for (let times = 0; times < 2; times++) {
    const removed = await api.request("DELETE", at(two));
    assertEquals([removed.status, await removed.text()], [204, ""]);
  }
  assertEquals((await api.generation(two.reply.generationId)).state, "cancelled");

  const now = await api.request("POST", `${at(four)}/now`);
  const generation = await now.json();
  assertEquals([now.status, generation.id, generation.messageId], [
    202,
    four.reply.generationId,
    four.reply.messageId,
  ]);
  assertEquals((await api.finished(id, slow.reply.messageId)).status, "cancelled");
  const answers = [
    await api.finished(id, four.reply.messageId),
    await api.finished(id, three.reply.messageId),
  ];
  assertEquals(answers.map(textOf), [countTo(4), countTo(5)]);
  // The one sent at once was answered first: the other follows its answer.
  const { messages } = await api.read(id);
  assertEquals(messages.find(({ id }) => id === three.message.id)?.parentId, four.reply.messageId);

  await assertProblem(await api.request("PATCH", at(three), { text: "else" }), "not_queued");
  await assertProblem(await api.request("DELETE", at(three)), "not_queued");
  await assertProblem(await api.request("POST", `${at(two)}/now`), "not_queued");
  // What is so already is no conflict (P7).
  assertEquals((await api.edit(id, three.message.id, "count to 5")).status, "complete");
  assertEquals((await api.now(id, three.message.id)).state, "complete");
});
