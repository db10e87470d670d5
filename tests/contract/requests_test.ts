// What is sent: the whole body, in each vendor's words, and nothing beside it.
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { ModelRequest } from "@/lib/models/provider.ts";
import { ADAPTERS, KEY } from "../support/adapters.ts";
import { FakeClock } from "../support/clock.ts";
import { startFakeProvider } from "../support/fake_provider/mod.ts";
import { call, REQUEST } from "../support/hearing.ts";
import { Absent, type Each, each, valueOf, watched } from "./contract.ts";

interface Sent {
  what: string;
  asked: Partial<ModelRequest>;
  /** The body's members beside, or in place of, those of `PLAIN`; undefined takes one away. */
  body: Each<Record<string, unknown>>;
}

/** What `REQUEST` alone is. */
const PLAIN = each<Record<string, unknown>>({
  openai: {
    model: "fake-small",
    instructions: "Be concise.",
    input: [{ role: "user", content: "Hello" }],
    stream: true,
    store: false,
  },
  background: {
    model: "fake-small",
    instructions: "Be concise.",
    input: [{ role: "user", content: "Hello" }],
    stream: true,
    store: true,
    background: true,
  },
  anthropic: {
    model: "fake-small",
    system: "Be concise.",
    messages: [{ role: "user", content: "Hello" }],
    max_tokens: 8192, // which the API insists on
    stream: true,
  },
  compatible: {
    model: "fake-small",
    messages: [{ role: "system", content: "Be concise." }, { role: "user", content: "Hello" }],
    stream: true,
    stream_options: { include_usage: true },
  },
});

const TURNS = [
  { role: "user", content: "One\n\nTwo" },
  { role: "assistant", content: "Three" },
  { role: "user", content: "Four" },
];

const SENT: readonly Sent[] = [
  { what: "a prompt and a question", asked: {}, body: {} },
  {
    what: "turns: a blank one, as a stop before the first word leaves it, parts nothing",
    asked: {
      turns: [
        { role: "user", text: "One" },
        { role: "assistant", text: "" },
        { role: "user", text: "Two" },
        { role: "assistant", text: "Three" },
        { role: "user", text: "Four" },
      ],
    },
    body: each({
      openai: { input: TURNS },
      anthropic: { messages: TURNS },
      compatible: { messages: [{ role: "system", content: "Be concise." }, ...TURNS] },
    }),
  },
  {
    what: "a blank prompt, which is not sent",
    asked: { systemPrompt: " \n" },
    body: each({
      openai: { instructions: undefined },
      anthropic: { system: undefined },
      compatible: { messages: [{ role: "user", content: "Hello" }] },
    }),
  },
  {
    what: "half a surrogate pair, which some servers refuse as no JSON",
    asked: { systemPrompt: "a\ud83d", turns: [{ role: "user", text: "b\ude80" }] },
    body: each({
      openai: { instructions: "a\ufffd", input: [{ role: "user", content: "b\ufffd" }] },
      anthropic: { system: "a\ufffd", messages: [{ role: "user", content: "b\ufffd" }] },
      compatible: {
        messages: [{ role: "system", content: "a\ufffd" }, { role: "user", content: "b\ufffd" }],
      },
    }),
  },
  {
    what: "the answer's limit",
    asked: { outputTokensMax: 99 },
    body: each({
      openai: { max_output_tokens: 99 },
      anthropic: { max_tokens: 99 },
      compatible: {}, // what its model can say at most is its own affair
    }),
  },
];

const PATHS = { responses: "/v1/responses", messages: "/v1/messages", chat: "/v1/chat/completions" };

/** What the SDKs would take from the environment. */
const NAMES = ["OPENAI_CUSTOM_HEADERS", "ANTHROPIC_CUSTOM_HEADERS", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"];

for (const { what, asked, body } of SENT) {
  for (const { name, api, make } of ADAPTERS) {
    const [plain, changed] = [valueOf(PLAIN, name), valueOf(body, name)];
    if (plain instanceof Absent || changed instanceof Absent) continue;
    watched(`sent: ${what} (${name})`, async () => {
      await using fake = startFakeProvider({ auto: { tokens: 1 } });
      await call(make({ baseURL: fake.baseURL(api), clock: new FakeClock() }), { ...REQUEST, ...asked });
      const [exchange] = fake.exchanges;
      // Through JSON, as it is sent: a member that is undefined is none.
      assertEquals(exchange!.body, JSON.parse(JSON.stringify({ ...plain, ...changed })));
    });
  }
}

for (const { name, api, make } of ADAPTERS) {
  watched(
    `W1: sent to the API's address, with the key, and with nothing from the environment (${name})`,
    async () => {
      const before = NAMES.map((name) => Deno.env.get(name));
      NAMES.forEach((name) => Deno.env.set(name, "x-from-environment: yes"));
      try {
        await using fake = startFakeProvider({ auto: { tokens: 1 } });
        await call(make({ baseURL: fake.baseURL(api), clock: new FakeClock() }));
        const { method, path, headers } = fake.exchanges[0]!;
        assertEquals([method, path], ["POST", PATHS[api]]);
        assertMatch(headers.get("authorization") ?? headers.get("x-api-key") ?? "", new RegExp(KEY));
        for (const [name] of headers) {
          assert(!/^(x-from|openai-|x-stainless)/.test(name), `sent the header ${name}`);
        }
      } finally {
        NAMES.forEach((name, i) =>
          before[i] === undefined ? Deno.env.delete(name) : Deno.env.set(name, before[i]!)
        );
      }
    },
  );
}
