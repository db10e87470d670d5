// Two providers over real HTTP, one of them broken, and two processes on one store.
import { assert, assertEquals } from "@std/assert";
import type { Message } from "../../../lib/protocol/message.ts";
import { Api } from "../../support/api.ts";
import type { Exchange } from "../../support/fake_provider/mod.ts";
import { AppServer } from "../../support/server.ts";
import { FAKE_KEY, MODELS, startWithProvider } from "../../support/server_with_provider.ts";

Deno.test("what one process finds out about a broken provider spares another: its answers come from the next model at once", async () => {
  const auto = async (exchange: Exchange) => {
    if (exchange.api === "chat") return await exchange.refuse(529, "overloaded_error", "Overloaded");
    await exchange.send("Here.");
    await exchange.end();
  };
  await using both = await startWithProvider({ auto });
  const { server, fake } = both;
  await using other = await AppServer.start({
    kvPath: server.kvPath,
    env: {
      ANTHROPIC_API_KEY: FAKE_KEY,
      ANTHROPIC_BASE_URL: fake.baseURL("messages"),
      COMPATIBLE_BASE_URL: fake.baseURL("chat"),
      COMPATIBLE_MODELS: "fake-small",
    },
  });
  const here = await Api.session(server.url);
  const there = here.at(other.url);
  const broken = () => fake.exchanges.filter(({ api }) => api === "chat").length;

  const first = await answered(here, MODELS.chat);
  assertEquals([first.status, first.model, first.fallback?.code], [
    "complete",
    MODELS.messages,
    "provider_overloaded",
  ]);
  assertEquals(broken(), 3);

  for (const api of [here, there, there]) {
    const direct = performance.now();
    await answered(api, MODELS.messages);
    const stoodIn = performance.now();
    const answer = await answered(api, MODELS.chat);
    const extraMs = performance.now() - stoodIn - (stoodIn - direct);
    console.log(`extra time of a model that stands in: ${extraMs.toFixed(0)} ms`);
    assertEquals([answer.model, answer.fallback?.from], [MODELS.messages, MODELS.chat]);
  }
  assertEquals(broken(), 3, "the broken provider was left alone");
  for (const url of [server.url, other.url]) {
    const { breakers } = await (await fetch(`${url}/healthz`)).json();
    assertEquals(breakers.map(({ model, state }: { model: string; state: string }) => [model, state]), [
      [MODELS.chat, "open"],
    ]);
    assert(breakers[0].until > Date.now());
  }
});

async function answered(api: Api, model: string): Promise<Message> {
  const { id } = await api.create({ model, fallbacks: [MODELS.messages] });
  const { reply } = await api.send(id, { text: "Hello?" });
  return await api.finished(id, reply.messageId);
}
