// How a model is asked: what each wire says of a person's parameters, and of thoughts.
import { assertEquals } from "@std/assert";
import { openai } from "@/lib/models/openai.ts";
import type { ModelRequest, Provider } from "@/lib/models/provider.ts";
import { FakeClock } from "../../support/clock.ts";
import { type Api, type FakeProvider, startFakeProvider } from "../../support/fake_provider/mod.ts";
import { type Adapter, ADAPTERS, KEY } from "../../support/adapters.ts";
import { call, errorOf, type Heard, REQUEST, soon } from "../../support/hearing.ts";

interface Scene {
  api: Api;
  fake: FakeProvider;
  provider: Provider;
  make: Adapter["make"];
  clock: FakeClock;
}

/** One test for each wire, or for those of `apis`. */
function forEachVendor(
  name: string,
  test: (scene: Scene) => Promise<void>,
  { apis }: { apis?: readonly Api[] } = {},
): void {
  for (const { name: adapter, api, make } of ADAPTERS) {
    if (adapter === "background" || (apis !== undefined && !apis.includes(api))) continue;
    Deno.test(`${name} (${api})`, async () => {
      await using fake = startFakeProvider();
      const clock = new FakeClock();
      await test({ api, fake, make, clock, provider: make({ baseURL: fake.baseURL(api), clock }) });
    });
  }
}

type Body = Record<string, unknown>;
const ALWAYS: Record<Api, readonly string[]> = {
  responses: ["model", "input", "instructions", "stream", "store"],
  messages: ["model", "messages", "system", "stream"],
  chat: ["model", "messages", "stream", "stream_options"],
};

/** What the request has beyond what every request has. */
function beyond(api: Api, body: unknown): Body {
  return Object.fromEntries(Object.entries(body as Body).filter(([name]) => !ALWAYS[api].includes(name)));
}

/** Asks, is answered "x", and says what was sent. */
async function sent(fake: FakeProvider, heard: Promise<Heard>): Promise<unknown> {
  const exchange = await fake.next();
  await exchange.send("x");
  await exchange.end();
  assertEquals((await heard).text, "x");
  return exchange.body;
}

const CASES: readonly { what: string; asked: Partial<ModelRequest>; wire: Record<Api, Body> }[] = [
  {
    what: "everything a person can choose",
    asked: {
      outputTokensMax: 900,
      params: { temperature: 0.3, outputTokensMax: 200, effort: "high", stop: ["END", "\n\n"] },
      reasoning: true,
    },
    wire: {
      responses: { max_output_tokens: 200, temperature: 0.3, reasoning: { effort: "high", summary: "auto" } },
      messages: {
        max_tokens: 200,
        temperature: 0.3,
        stop_sequences: ["END"], // the API refuses blank ones
        output_config: { effort: "high" },
        thinking: { type: "adaptive", display: "summarized" },
      },
      chat: { max_tokens: 200, temperature: 0.3, reasoning_effort: "high", stop: ["END", "\n\n"] },
    },
  },
  {
    what: "nothing chosen",
    asked: { params: {} },
    wire: { responses: {}, messages: { max_tokens: 8192 }, chat: {} },
  },
  {
    what: "a temperature of 0, and no thoughts",
    asked: { outputTokensMax: 900, params: { temperature: 0 }, reasoning: false },
    wire: {
      responses: { max_output_tokens: 900, temperature: 0 },
      messages: { max_tokens: 900, temperature: 0 },
      chat: { temperature: 0 },
    },
  },
  {
    what: "thoughts, as deep as the model likes",
    asked: { outputTokensMax: 900, reasoning: true },
    wire: {
      responses: { max_output_tokens: 900, reasoning: { summary: "auto" } },
      messages: { max_tokens: 900, thinking: { type: "adaptive", display: "summarized" } },
      chat: {}, // what its model can say at most is its own affair
    },
  },
  {
    what: "no effort, which not every API has a word for",
    asked: { outputTokensMax: 900, params: { effort: "none" }, reasoning: true },
    wire: {
      responses: { max_output_tokens: 900, reasoning: { effort: "none" } },
      messages: { max_tokens: 900, thinking: { type: "adaptive", display: "summarized" } },
      chat: { reasoning_effort: "none" },
    },
  },
  {
    what: "an effort of a model of which nobody knows whether it thinks",
    asked: { outputTokensMax: 900, params: { effort: "xhigh" } },
    wire: {
      responses: { max_output_tokens: 900, reasoning: { effort: "xhigh" } },
      messages: { max_tokens: 900, output_config: { effort: "xhigh" } },
      chat: { reasoning_effort: "xhigh" },
    },
  },
  {
    what: "an answer shorter than Responses can be told, and only blanks to stop at",
    asked: { params: { outputTokensMax: 5, stop: [" "] } },
    wire: {
      responses: { max_output_tokens: 16 },
      messages: { max_tokens: 5 },
      chat: { max_tokens: 5, stop: [" "] },
    },
  },
];
for (const { what, asked, wire } of CASES) {
  forEachVendor(`the wire says what was asked: ${what}`, async ({ api, fake, provider }) => {
    const body = await sent(fake, call(provider, { ...REQUEST, ...asked }));
    assertEquals(beyond(api, body), wire[api]);
  });
}

forEachVendor("an answer that stopped where it was told to is whole", async ({ fake, provider }) => {
  const heard = call(provider, { ...REQUEST, params: { stop: ["END"] } });
  const exchange = await fake.next();
  await exchange.send("The ");
  await exchange.raw(
    `event: message_delta\ndata: ${
      JSON.stringify({
        type: "message_delta",
        delta: { stop_reason: "stop_sequence", stop_sequence: "END" },
        usage: { output_tokens: 2 },
      })
    }\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n`,
  );
  await exchange.eof();
  const { text, end } = await heard;
  assertEquals([text, end], ["The ", { type: "end" }]);
}, { apis: ["messages"] });

/** As OpenAI refuses summaries to an organisation that it does not know. */
const UNVERIFIED = JSON.stringify({
  error: {
    message: "Your organization must be verified to generate reasoning summaries.",
    type: "invalid_request_error",
    param: "reasoning.summary",
    code: "unsupported_value",
  },
});
const THINKING: ModelRequest = { ...REQUEST, params: { effort: "low" }, reasoning: true };
const reasoningIn = (body: unknown) => (body as Body).reasoning;

for (const background of [false, true]) {
  Deno.test(`who may see no summaries is answered without, and asked for none again (background: ${background})`, async () => {
    await using fake = startFakeProvider();
    const provider = openai({
      baseURL: fake.baseURL("responses"),
      apiKey: KEY,
      background,
      clock: new FakeClock(),
    });
    const [one, other] = [call(provider, THINKING), call(provider, THINKING)];
    const refused = [await fake.next(), await fake.next()]; // both asked before either learnt it
    for (const exchange of refused) await exchange.respond(400, {}, UNVERIFIED);
    for (const exchange of [await fake.next(), await fake.next()]) {
      await exchange.send("x");
      await exchange.end();
      assertEquals(reasoningIn(exchange.body), { effort: "low" });
    }
    assertEquals([(await one).text, (await other).text], ["x", "x"]);
    assertEquals(reasoningIn(refused[0]!.body), { effort: "low", summary: "auto" });
    assertEquals(reasoningIn(await sent(fake, call(provider, THINKING))), { effort: "low" });
  });
}

forEachVendor(
  "any other refusal is the vendor's own, and summaries are asked for again",
  async ({ fake, provider }) => {
    for (let i = 0; i < 2; i++) {
      const heard = call(provider, THINKING);
      const exchange = await fake.next();
      await exchange.refuse(400, "invalid_request_error", "Bad model");
      assertEquals(errorOf(await soon(heard)).code, "provider_rejected");
      assertEquals(reasoningIn(exchange.body), { effort: "low", summary: "auto" });
    }
  },
  { apis: ["responses"] },
);
