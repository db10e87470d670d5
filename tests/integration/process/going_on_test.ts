// An answer whose process was killed goes on in another by the best means of its provider, over the vendors' own wire.
import { assertEquals } from "@std/assert";
import { textOf } from "../../../lib/protocol/message.ts";
import type { ConversationState } from "../../../lib/protocol/reduce.ts";
import { Api } from "../../support/api.ts";
import { type Exchange, type FakeProvider, startFakeProvider } from "../../support/fake_provider/mod.ts";
import { join } from "../../support/paths.ts";
import { AppServer } from "../../support/server.ts";
import { MODELS } from "../../support/server_with_provider.ts";

interface Scene {
  fake: FakeProvider;
  /** The request of the process that was killed when it had said "One two". */
  lost: Exchange;
  /** The same person at the process that is left. */
  api: Api;
  answer: { conversationId: string; messageId: string; generationId: string };
}

function afterSigkill(name: string, model: string, test: (scene: Scene) => Promise<void>): void {
  Deno.test(name, async () => {
    const folder = await Deno.makeTempDir({ prefix: "throughline-going-on-" });
    try {
      await using fake = startFakeProvider();
      const options = {
        kvPath: join(folder, "kv.db"),
        env: {
          LEASE_MS: "1500",
          OPENAI_API_KEY: "sk-fake",
          OPENAI_BASE_URL: fake.baseURL("responses"),
          OPENAI_BACKGROUND: "1",
          COMPATIBLE_BASE_URL: fake.baseURL("chat"),
          COMPATIBLE_MODELS: "fake-small",
          COMPATIBLE_CONTINUES: "fake-small",
        },
      };
      await using killed = await AppServer.start(options);
      await using left = await AppServer.start(options);
      const here = await Api.session(killed.url);
      const { id } = await here.create({ model, title: "Counting" });
      const { reply } = await here.send(id, { text: "Count, please." });
      const lost = await fake.next();
      await lost.send("One");
      await lost.send(" two");
      const api = here.at(left.url);
      await api.followUntil(id, says(reply.messageId, "One two"));
      await killed.kill("SIGKILL");
      await test({ fake, lost, api, answer: { conversationId: id, ...reply } });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

function says(messageId: string, text: string) {
  return ({ messages }: ConversationState) =>
    messages.some((message) => message.id === messageId && textOf(message) === text);
}

afterSigkill(
  "P4: a response that OpenAI stores is resumed: asked once, whole, and paid once",
  MODELS.responses,
  async (scene) => {
    const { fake, lost, api, answer: { conversationId, messageId } } = scene;
    await lost.send(" three"); // said while nobody listens
    const resumed = await fake.next();
    assertEquals([resumed.method, new URL(resumed.path, fake.url).pathname], [
      "GET",
      `/v1/responses/${lost.stored!.id}`,
    ]);
    await lost.send(" four");
    await lost.end();
    const answer = await api.finished(conversationId, messageId);
    assertEquals([answer.status, answer.attempt, textOf(answer)], ["complete", 1, "One two three four"]);
    assertEquals([answer.usage?.inputTokens, answer.usage?.outputTokens], [10, 20]);
    assertEquals(fake.exchanges.filter(({ method }) => method === "POST").length, 1);
  },
);

afterSigkill(
  "P6: Stop after a takeover cancels the response that OpenAI stores",
  MODELS.responses,
  async (scene) => {
    const { fake, lost, api, answer: { conversationId, messageId, generationId } } = scene;
    await fake.next();
    await lost.send(" three");
    await api.followUntil(conversationId, says(messageId, "One two three"));
    await api.cancel(generationId);
    await lost.stored!.cancelled;
    const answer = await api.finished(conversationId, messageId);
    assertEquals([answer.status, textOf(answer)], ["cancelled", "One two three"]);
  },
);

afterSigkill(
  "P4: a response that OpenAI has forgotten begins anew, as an attempt of its own",
  MODELS.responses,
  async (scene) => {
    const { fake, api, answer: { conversationId, messageId } } = scene;
    fake.forget();
    assertEquals((await fake.next()).method, "GET");
    const anew = await fake.next();
    await anew.send("All of it");
    await anew.end();
    const answer = await api.finished(conversationId, messageId);
    assertEquals([answer.status, answer.attempt, textOf(answer)], ["complete", 2, "All of it"]);
  },
);

afterSigkill("P4: a compatible server goes on from the text that is there", MODELS.chat, async (scene) => {
  const { fake, api, answer: { conversationId, messageId } } = scene;
  const continued = await fake.next();
  const { messages } = continued.body as { messages: unknown[] };
  assertEquals(messages.at(-1), { role: "assistant", content: "One two", prefix: true });
  await continued.send(" three");
  await continued.end();
  const answer = await api.finished(conversationId, messageId);
  assertEquals([answer.status, answer.attempt, textOf(answer)], ["complete", 1, "One two three"]);
});

afterSigkill(
  "P4: a compatible server that refuses to go on is asked anew, as an attempt of its own",
  MODELS.chat,
  async (scene) => {
    const { fake, api, answer: { conversationId, messageId } } = scene;
    for (const _ of ["with stream_options", "without"]) {
      await (await fake.next()).refuse(400, "invalid_request_error", "Unknown field: continue_final_message");
    }
    const anew = await fake.next();
    await anew.send("All of it");
    await anew.end();
    const answer = await api.finished(conversationId, messageId);
    assertEquals([answer.status, answer.attempt, textOf(answer)], ["complete", 2, "All of it"]);
  },
);
