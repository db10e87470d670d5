// Continue over real HTTP, with the demo and over each vendor's own wire.
import { assert, assertEquals } from "@std/assert";
import type { MessageAccepted } from "../../../lib/protocol/api.ts";
import { textOf } from "../../../lib/protocol/message.ts";
import { Api } from "../../support/api.ts";
import { startApp } from "../../support/app.ts";
import { countTo } from "../../support/count.ts";
import { startFakeProvider } from "../../support/fake_provider/mod.ts";
import { FAKE_KEY, MODELS } from "../../support/server_with_provider.ts";
import { assertHeaders, assertProblem } from "./expect.ts";

Deno.test("an answer of the demo that was stopped goes on where it stopped, to its end", async () => {
  await using app = await startApp({ env: { DEMO_TOKENS_PER_SECOND: "1000" } });
  const api = await Api.session(app.url);
  const { id } = await api.create();
  const { reply } = await api.send(id, { text: "count to 600" });
  await api.followUntil(id, ({ messages }) => textOf(messages.at(-1)!).includes("20"));
  await api.cancel(reply.generationId);
  const stopped = await api.finished(id, reply.messageId);
  assert(stopped.status === "cancelled" && countTo(600).startsWith(textOf(stopped)), textOf(stopped));
  const path = `/api/conversations/${id}/continue`;
  const wish = { id: crypto.randomUUID(), messageId: reply.messageId };
  const response = await api.request("POST", path, wish);
  assertEquals(response.status, 202);
  assertHeaders(response);
  const accepted: MessageAccepted = await response.json();
  assertEquals([accepted.message.id, accepted.message.status, accepted.message.parts], [
    reply.messageId,
    "streaming",
    [],
  ]);
  assertEquals((await api.generation(accepted.reply.generationId)).messageId, reply.messageId);
  const whole = await api.finished(id, reply.messageId);
  assertEquals([whole.status, textOf(whole)], ["complete", countTo(600)]);
  assertEquals(await api.goOn(id, wish), accepted);
  await assertProblem(await api.request("POST", path, { messageId: reply.messageId }), "cannot_continue");
  await assertProblem(await api.request("POST", path, { messageId: stopped.parentId }), "invalid");
  await assertProblem(await api.request("POST", path, { messageId: crypto.randomUUID() }), "not_found");
  await assertProblem(await api.request("POST", path, { messageId: "1" }), "invalid");
});

for (const [format, model] of Object.entries(MODELS)) {
  Deno.test(`${format}: an answer that became too long is asked for in words, and goes on in its message`, async () => {
    await using fake = startFakeProvider();
    await using app = await startApp({
      env: {
        OPENAI_API_KEY: FAKE_KEY,
        OPENAI_BASE_URL: fake.baseURL("responses"),
        ANTHROPIC_API_KEY: FAKE_KEY,
        ANTHROPIC_BASE_URL: fake.baseURL("messages"),
        COMPATIBLE_API_KEY: FAKE_KEY,
        COMPATIBLE_BASE_URL: fake.baseURL("chat"),
        COMPATIBLE_MODELS: "fake-small",
      },
    });
    const api = await Api.session(app.url);
    const { id } = await api.create({ model });
    const { reply } = await api.send(id, { text: "Why are there tides?" });
    const first = await fake.next();
    await first.reason("The moon, I think.");
    await first.send("The moon pulls at the oc");
    await first.end("length");
    const cut = await api.finished(id, reply.messageId);
    assertEquals([cut.status, cut.stopReason], ["complete", "length"]);
    await api.goOn(id, { messageId: reply.messageId });
    const second = await fake.next();
    const asked = JSON.stringify(second.body);
    assert(asked.includes("«The moon pulls at the oc»"), asked);
    assert(!asked.includes("I think"), `a thought was sent: ${asked}`);
    await second.send("the oc");
    await second.send("ean.");
    await second.end();
    const whole = await api.finished(id, reply.messageId);
    assertEquals([whole.status, whole.stopReason, whole.attempt], ["complete", undefined, 2]);
    assertEquals(textOf(whole), "The moon pulls at the ocean.");
    assertEquals((await api.read(id)).messages.length, 2);
  });
}
