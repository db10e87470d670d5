// What a person sets for a conversation is what the provider is sent, and what the answer says it was asked with.
import { assertEquals } from "@std/assert";
import type { Params } from "@/lib/protocol/params.ts";
import { Api } from "../../support/api.ts";
import { startApp } from "../../support/app.ts";
import { startFakeProvider } from "../../support/fake_provider/mod.ts";
import { FAKE_KEY, MODELS } from "../../support/server_with_provider.ts";

const PARAMS: Params = { temperature: 0.4, outputTokensMax: 200, effort: "high", stop: ["END"] };

const CASES: [model: string, wire: Record<string, unknown>, asked: Params][] = [
  [
    MODELS.chat,
    { temperature: 0.4, max_tokens: 200, reasoning_effort: "high", stop: ["END"] },
    PARAMS,
  ],
  // It thinks, and takes neither a temperature nor stop sequences.
  [
    "openai/gpt-6.1-sol",
    {
      temperature: undefined,
      max_output_tokens: 200,
      reasoning: { effort: "high", summary: "auto" },
      stop: undefined,
    },
    { outputTokensMax: 200, effort: "high" },
  ],
  [
    "anthropic/claude-sonnet-5-5",
    {
      temperature: undefined,
      max_tokens: 200,
      output_config: { effort: "high" },
      thinking: { type: "adaptive", display: "summarized" },
      stop_sequences: ["END"],
    },
    { outputTokensMax: 200, effort: "high", stop: ["END"] },
  ],
];

for (const [model, wire, asked] of CASES) {
  Deno.test(`what is set for a conversation is on the wire of ${model}, less what it refuses, and on the answer`, async () => {
    await using fake = startFakeProvider({ auto: { tokens: ["Yes."] } });
    await using app = await startApp({
      env: {
        OPENAI_API_KEY: FAKE_KEY,
        OPENAI_BASE_URL: fake.baseURL("responses"),
        ANTHROPIC_API_KEY: FAKE_KEY,
        ANTHROPIC_BASE_URL: fake.baseURL("messages"),
        COMPATIBLE_BASE_URL: fake.baseURL("chat"),
        COMPATIBLE_MODELS: "fake-small",
      },
    });
    const api = await Api.session(app.url);
    const { id } = await api.create({ model, params: PARAMS });
    const { reply } = await api.send(id, { text: "Hello?" });
    const answer = await api.finished(id, reply.messageId);
    const body = fake.exchanges[0]!.body as Record<string, unknown>;
    assertEquals(Object.fromEntries(Object.keys(wire).map((name) => [name, body[name]])), wire);
    assertEquals(answer.asked?.params, asked);
  });
}
