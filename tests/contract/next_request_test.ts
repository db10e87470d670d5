// What of an answer is said to a model again: its words, and none of its thoughts.
import { assertEquals } from "@std/assert";
import { ADAPTERS } from "../support/adapters.ts";
import { Api } from "../support/api.ts";
import { startApp } from "../support/app.ts";
import { startFakeProvider } from "../support/fake_provider/mod.ts";
import { soon } from "../support/hearing.ts";
import { FAKE_KEY, MODELS } from "../support/server_with_provider.ts";
import { watched } from "./contract.ts";

for (const { name, api: wire } of ADAPTERS) {
  watched(`thoughts are in no later request (${name})`, async () => {
    await using fake = startFakeProvider();
    await using app = await startApp({
      env: {
        OPENAI_API_KEY: FAKE_KEY,
        OPENAI_BASE_URL: fake.baseURL("responses"),
        ...(name === "background" ? { OPENAI_BACKGROUND: "1" } : {}),
        ANTHROPIC_API_KEY: FAKE_KEY,
        ANTHROPIC_BASE_URL: fake.baseURL("messages"),
        COMPATIBLE_BASE_URL: fake.baseURL("chat"),
        COMPATIBLE_MODELS: "fake-small",
      },
    });
    const api = await Api.session(app.url);
    const { id } = await api.create({ model: MODELS[wire] });

    const first = await api.send(id, { text: "Hello?" });
    const asked = await fake.next();
    if (wire === "chat") await asked.send("<think>Between us</think>");
    await asked.reason("Between us, ");
    await asked.send("Yes");
    await asked.reason("and not to be told");
    await asked.send(".");
    await asked.end();
    const answer = await soon(api.finished(id, first.reply.messageId));
    assertEquals(answer.parts.map(({ type }) => type), ["reasoning", "text", "reasoning", "text"]);

    const second = await api.send(id, { text: "And?" });
    const again = await fake.next();
    await again.send("No.");
    await again.end();
    await soon(api.finished(id, second.reply.messageId));
    const sent = JSON.stringify(again.body);
    assertEquals(["Yes.", "Between us", "not to be told"].map((said) => sent.includes(said)), [
      true,
      false,
      false,
    ]);
  });
}
