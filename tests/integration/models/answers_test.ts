// What the adapters make of a provider that answers.
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { ErrorCode } from "@/lib/core/errors.ts";
import type { Api, FakeStop } from "../../support/fake_provider/mod.ts";
import { call, errorOf, forEachVendor, REQUEST } from "./vendors.ts";

forEachVendor("M1: an answer is its text, its usage and one end", async ({ fake, provider }) => {
  const heard = call(provider);
  const exchange = await fake.next();
  exchange.usage({ fresh: 7, output: 5 });
  for (const token of ["Good", " day", "\r\n\n", "data: [DONE]", "\u2028", "</script>", "\0"]) {
    await exchange.send(token);
  }
  await exchange.end();
  const { text, usage, end } = await heard;
  assertEquals(text, "Good day\r\n\ndata: [DONE]\u2028</script>\0");
  assertEquals(usage, { inputTokens: 7, outputTokens: 5 });
  assertEquals(end, { type: "end" });
});

forEachVendor(
  "usage means the same for every vendor: the input includes what was cached",
  async ({ api, fake, provider }) => {
    const heard = call(provider);
    const exchange = await fake.next();
    const written = api === "chat" ? {} : { written: 200 }; // Chat Completions does not count it
    exchange.usage({ fresh: 10, cached: 1000, output: 50, reasoning: 30, ...written });
    await exchange.send("x");
    await exchange.end();
    assertEquals((await heard).usage, {
      inputTokens: api === "chat" ? 1010 : 1210,
      outputTokens: 50,
      cachedInputTokens: 1000,
      ...(api === "chat" ? {} : { cacheWriteTokens: 200 }),
      reasoningTokens: 30,
    });
  },
);

forEachVendor("reasoning is told apart from the answer", async ({ fake, provider }) => {
  const heard = call(provider);
  const exchange = await fake.next();
  await exchange.reason("Hmm, ");
  await exchange.reason("well.");
  await exchange.ping();
  await exchange.send("Yes.");
  await exchange.end();
  const { text, reasoning } = await heard;
  assertEquals({ text, reasoning }, { text: "Yes.", reasoning: "Hmm, well." });
});

forEachVendor("a surrogate pair split between two deltas arrives whole", async ({ fake, provider }) => {
  const heard = call(provider);
  const exchange = await fake.next();
  for (const half of ["a\ud83d", "\ude80", "\ud83d", "\ude80b"]) await exchange.send(half);
  await exchange.end();
  assertEquals((await heard).text, "a🚀🚀b");
});

forEachVendor(
  "the request carries the key, the prompt and the turns, and nothing from the environment",
  async ({ api, fake, provider }) => {
    const NAMES = ["OPENAI_CUSTOM_HEADERS", "ANTHROPIC_CUSTOM_HEADERS", "OPENAI_ORG_ID"];
    const before = NAMES.map((name) => Deno.env.get(name));
    NAMES.forEach((name) => Deno.env.set(name, "x-from-environment: yes"));
    try {
      const heard = call(provider, {
        ...REQUEST,
        turns: [
          { role: "user", text: "One" },
          { role: "assistant", text: "" }, // stopped before its first word
          { role: "user", text: "Two" },
          { role: "assistant", text: "Three" },
          { role: "user", text: "Four" },
        ],
        outputTokensMax: 99,
      });
      const exchange = await fake.next();
      await exchange.send("x");
      await exchange.end();
      await heard;
      const body = exchange.body as Record<string, unknown>;
      const turns = [
        { role: "user", content: "One\n\nTwo" },
        { role: "assistant", content: "Three" },
        { role: "user", content: "Four" },
      ];
      const system = { role: "system", content: "Be concise." };
      assertEquals(
        body,
        {
          responses: {
            model: "fake-small",
            input: turns,
            instructions: "Be concise.",
            max_output_tokens: 99,
            stream: true,
            store: false,
          },
          messages: {
            model: "fake-small",
            messages: turns,
            system: "Be concise.",
            max_tokens: 99,
            stream: true,
          },
          chat: {
            model: "fake-small",
            messages: [system, ...turns],
            max_tokens: 99,
            stream: true,
            stream_options: { include_usage: true },
          },
        }[api],
      );
      assertEquals(
        exchange.path,
        { responses: "/v1/responses", messages: "/v1/messages", chat: "/v1/chat/completions" }[api],
      );
      assertMatch(
        exchange.headers.get("authorization") ?? exchange.headers.get("x-api-key") ?? "",
        /sk-recognisable/,
      );
      for (const [name] of exchange.headers) {
        assert(
          !/^(x-from|openai-|x-stainless)/.test(name),
          `sent the header ${name}`,
        );
      }
    } finally {
      NAMES.forEach((name, i) =>
        before[i] === undefined ? Deno.env.delete(name) : Deno.env.set(name, before[i]!)
      );
    }
  },
);

const STOPS: readonly { stop: FakeStop; reason: "length" | "content_filter"; apis?: readonly Api[] }[] = [
  { stop: "length", reason: "length" },
  { stop: "context", reason: "length" },
  { stop: "content_filter", reason: "content_filter", apis: ["responses", "chat"] }, // Messages has only the refusal
];
for (const { stop, reason, apis } of STOPS) {
  forEachVendor(
    `"${stop}" is an end with the reason ${reason}, with or without text`,
    async ({ fake, provider }) => {
      for (const text of ["Half", ""]) {
        const heard = call(provider);
        const exchange = await fake.next();
        if (text !== "") await exchange.send(text);
        await exchange.end(stop);
        const { end, ...rest } = await heard;
        assertEquals([rest.text, end], [text, { type: "end", stopReason: reason }]);
      }
    },
    { apis },
  );
}

const ENDINGS: readonly { stop: FakeStop; code: ErrorCode; apis?: readonly Api[] }[] = [
  { stop: "refusal", code: "provider_refused" },
  { stop: "pause", code: "provider_truncated" },
  { stop: "tool", code: "provider_protocol", apis: ["messages", "chat"] },
];
for (const { stop, code, apis } of ENDINGS) {
  forEachVendor(`"${stop}" is ${code}`, async ({ fake, provider }) => {
    const heard = call(provider);
    const exchange = await fake.next();
    await exchange.send("Well");
    await exchange.end(stop);
    assertEquals(errorOf(await heard).code, code);
  }, { apis });
}

forEachVendor("an empty completion is provider_empty, whatever was reasoned", async ({ fake, provider }) => {
  for (const reasoning of ["", "Hmm."]) {
    const heard = call(provider);
    const exchange = await fake.next();
    if (reasoning !== "") await exchange.reason(reasoning);
    await exchange.end();
    assertEquals(errorOf(await heard).code, "provider_empty");
  }
});

forEachVendor("many calls run at once, each with its own answer", async ({ provider }) => {
  const all = await Promise.all([1, 2, 3, 4, 5].map(() => call(provider)));
  for (const { text, usage } of all) assertEquals([text, usage?.outputTokens], ["1 2 3 4 5", 5]);
}, { auto: { tokens: 5 } });
