// What is sent: the whole body, in each vendor's words, and nothing beside it. Of what a person chose, what the model takes.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { accepted } from "@/lib/models/accepted.ts";
import type { ModelRequest } from "@/lib/models/provider.ts";
import { type Abilities, UNKNOWN_ABILITIES } from "@/lib/protocol/model.ts";
import type { Params } from "@/lib/protocol/params.ts";
import { ADAPTERS, KEY } from "../support/adapters.ts";
import { FakeClock } from "../support/clock.ts";
import { startFakeProvider } from "../support/fake_provider/mod.ts";
import { call, REQUEST } from "../support/hearing.ts";
import { Absent, type Each, each, valueOf, watched } from "./contract.ts";

interface Sent {
  what: string;
  asked: Partial<ModelRequest>;
  /** What the model is known to take; absent: nothing is known of it. */
  model?: Partial<Abilities> & { longest?: number };
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

/** Unasked, Claude keeps its thoughts to itself. */
const THINKING = { type: "adaptive", display: "summarized" };

const EVERYTHING: Params = { temperature: 0.3, outputTokensMax: 99, effort: "high", stop: ["END"] };

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
    what: "the provider's own limit of the answer",
    asked: { outputTokensMax: 99 },
    // What a compatible server's model can say at most is its own affair.
    body: each({ openai: { max_output_tokens: 99 }, anthropic: { max_tokens: 99 }, compatible: {} }),
  },
  {
    what: "a person's limit of the answer, which goes before the provider's own",
    asked: { outputTokensMax: 900, params: { outputTokensMax: 99 } },
    body: limit(99),
  },
  {
    what: "a person's limit, no longer than the model's longest answer",
    asked: { params: { outputTokensMax: 900 } },
    model: { longest: 99 },
    body: limit(99),
  },
  {
    what: "a limit lower than Responses can be told",
    asked: { params: { outputTokensMax: 5 } },
    body: each({ openai: { max_output_tokens: 16 }, others: { max_tokens: 5 } }),
  },
  { what: "a temperature", asked: { params: { temperature: 0.3 } }, body: { temperature: 0.3 } },
  { what: "a temperature of 0", asked: { params: { temperature: 0 } }, body: { temperature: 0 } },
  {
    what: "a temperature beyond the model's scale, which is its highest",
    asked: { params: { temperature: 1.5 } },
    model: { temperature: true, temperatureMax: 1 },
    body: { temperature: 1 },
  },
  {
    what: "texts to stop at, where the API has a word for them and takes a blank one",
    asked: { params: { stop: ["END", "\n\n"] } },
    body: each({
      openai: {},
      anthropic: { stop_sequences: ["END"] },
      compatible: { stop: ["END", "\n\n"] },
    }),
  },
  {
    what: "only a blank text to stop at",
    asked: { params: { stop: [" "] } },
    body: each({ others: {}, compatible: { stop: [" "] } }),
  },
  { what: "no text to stop at", asked: { params: { stop: [] } }, body: {} },
  {
    what: "an effort, whether or not the model is known to think",
    asked: { params: { effort: "xhigh" } },
    body: each({
      openai: { reasoning: { effort: "xhigh" } },
      anthropic: { output_config: { effort: "xhigh" } },
      compatible: { reasoning_effort: "xhigh" },
    }),
  },
  {
    what: "an effort that the model takes",
    asked: { params: { effort: "low" } },
    model: { efforts: ["low", "medium"] },
    body: each({
      openai: { reasoning: { effort: "low" } },
      anthropic: { output_config: { effort: "low" } },
      compatible: { reasoning_effort: "low" },
    }),
  },
  {
    what: "thoughts that are to be seen, as deep as the model likes",
    asked: { reasoning: true },
    body: each({
      openai: { reasoning: { summary: "auto" } },
      anthropic: { thinking: THINKING },
      compatible: {},
    }),
  },
  {
    what: "thoughts that are to be seen, of no effort, for which Messages has no word",
    asked: { params: { effort: "none" }, reasoning: true },
    body: each({
      openai: { reasoning: { effort: "none" } },
      anthropic: { thinking: THINKING },
      compatible: { reasoning_effort: "none" },
    }),
  },
  { what: "no thoughts", asked: { reasoning: false }, body: {} },
  {
    what: "everything that can be chosen",
    asked: { params: EVERYTHING, reasoning: true },
    body: each({
      openai: { max_output_tokens: 99, temperature: 0.3, reasoning: { effort: "high", summary: "auto" } },
      anthropic: {
        max_tokens: 99,
        temperature: 0.3,
        stop_sequences: ["END"],
        output_config: { effort: "high" },
        thinking: THINKING,
      },
      compatible: { max_tokens: 99, temperature: 0.3, stop: ["END"], reasoning_effort: "high" },
    }),
  },
  {
    what: "of everything that can be chosen, nothing that the model refuses",
    asked: { params: EVERYTHING },
    model: { temperature: false, efforts: ["low"], stop: false },
    body: limit(99),
  },
];

function limit(tokens: number) {
  return each({ openai: { max_output_tokens: tokens }, others: { max_tokens: tokens } });
}

const PATHS = { responses: "/v1/responses", messages: "/v1/messages", chat: "/v1/chat/completions" };

/** What the SDKs would take from the environment. */
const NAMES = ["OPENAI_CUSTOM_HEADERS", "ANTHROPIC_CUSTOM_HEADERS", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"];

for (const { what, asked, model = {}, body } of SENT) {
  for (const { name, api, make } of ADAPTERS) {
    const [plain, changed] = [valueOf(PLAIN, name), valueOf(body, name)];
    if (plain instanceof Absent || changed instanceof Absent) continue;
    watched(`sent: ${what} (${name})`, async () => {
      await using fake = startFakeProvider({ auto: { tokens: 1 } });
      const { longest = null, ...abilities } = model;
      const params = accepted(asked.params ?? {}, { ...UNKNOWN_ABILITIES, ...abilities }, longest);
      const provider = make({ baseURL: fake.baseURL(api), clock: new FakeClock() });
      await call(provider, { ...REQUEST, ...asked, params });
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
