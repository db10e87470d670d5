// Titles over HTTP: asked of the provider by the running program, and shown to whoever looks.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { EFFORTS } from "../../../lib/protocol/params.ts";
import { Api } from "../../support/api.ts";
import { startApp, type TestApp } from "../../support/app.ts";
import { type FakeProvider, startFakeProvider } from "../../support/fake_provider/mod.ts";

function withProvider(fake: FakeProvider, env: Record<string, string>): Promise<TestApp> {
  return startApp({
    env: {
      COMPATIBLE_BASE_URL: fake.baseURL("chat"),
      COMPATIBLE_MODELS: "fake-small",
      DEFAULT_MODEL: "compatible/fake-small",
      ...env,
    },
  });
}

Deno.test("M2: with TITLES=on the first answer is followed by a title, which followers are told", async () => {
  await using fake = startFakeProvider();
  await using app = await withProvider(fake, { TITLES: "on" });
  const api = await Api.session(app.url);
  const { id } = await api.create();
  const { reply } = await api.send(id, { text: "How do I bake bread, by hand?" });
  const answer = await fake.next();
  await answer.send("With flour.");
  await answer.end();
  await api.finished(id, reply.messageId);
  const title = await fake.next();
  assertStringIncludes(JSON.stringify(title.body), "How do I bake bread");
  await title.send("Baking bread by hand");
  await title.end();
  const { conversation } = await api.followUntil(id, (state) => state.conversation.titledBy === "model");
  assertEquals(conversation.title, "Baking bread by hand");
  assertEquals((await api.list()).conversations[0]?.title, "Baking bread by hand");
  assertEquals(await app.metric("throughline_titles_made_total"), 1);
});

Deno.test("a title is asked of the cheapest model of the conversation's provider, which is not to think", async () => {
  await using fake = startFakeProvider();
  await using app = await withProvider(fake, {
    TITLES: "on",
    OPENAI_API_KEY: "key",
    OPENAI_BASE_URL: fake.baseURL("responses"),
    DEFAULT_MODEL: "openai/gpt-6.1-sol",
  });
  const api = await Api.session(app.url);
  const { id } = await api.create();
  const { reply } = await api.send(id, { text: "Hello" });
  const answer = await fake.next();
  await answer.send("Hi.");
  await answer.end();
  await api.finished(id, reply.messageId);
  const { body } = await fake.next();
  const { models } = await api.models();
  const cheapest = await app.program.services.models.cheap("openai/gpt-6.1-sol");
  const efforts = models.find((model) => model.id === cheapest)?.abilities.efforts ?? [];
  assert(efforts.length > 1 && cheapest !== "openai/gpt-6.1-sol");
  const { model, reasoning } = body as { model: string; reasoning: { effort: string } };
  assertEquals([`openai/${model}`, reasoning.effort], [
    cheapest,
    EFFORTS.find((one) => efforts.includes(one)),
  ]);
});

Deno.test("with TITLES=off the provider is asked for answers alone", async () => {
  await using fake = startFakeProvider({ auto: { tokens: 2, tokensPerSecond: 10_000 } });
  await using app = await withProvider(fake, { TITLES: "off" });
  const api = await Api.session(app.url);
  const { id } = await api.create();
  for (const text of ["first words", "second"]) {
    const { reply } = await api.send(id, { text });
    await api.finished(id, reply.messageId);
  }
  await app.drain();
  assertEquals(fake.exchanges.length, 2);
});
