// The registry against a compatible server that lists its models, well or badly.
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { AppError } from "@/lib/core/errors.ts";
import { DISCOVER_BYTES_MAX, DISCOVER_CACHE_MS, DISCOVER_MS_MAX } from "@/lib/models/discover.ts";
import { type Models, models, type ModelsConfig } from "@/lib/models/registry.ts";
import { FakeClock } from "../../support/clock.ts";
import { type FakeProvider, startFakeProvider } from "../../support/fake_provider/mod.ts";
import { KEY } from "../../support/adapters.ts";
import { call, soon } from "../../support/hearing.ts";

const DEMO = { demo: { tokensPerSecond: Infinity } };

function registry(
  config: Partial<ModelsConfig>,
  clock = new FakeClock(),
): { registry: Models; problems: string[] } {
  const problems: string[] = [];
  return {
    registry: models({ ...DEMO, ...config }, { clock, report: (problem) => problems.push(problem) }),
    problems,
  };
}

function listing(fake: FakeProvider, clock = new FakeClock()) {
  return registry({ compatible: { baseURL: fake.baseURL("chat"), apiKey: KEY, models: [] } }, clock);
}

async function compatibleIds(registry: Models): Promise<string[]> {
  return (await registry.list()).filter((model) => model.provider === "compatible").map((model) => model.id);
}

Deno.test("a model is resolved to its provider, and answers", async () => {
  await using fake = startFakeProvider({ auto: { tokens: 3 } });
  const { registry: all } = registry({
    openai: { apiKey: KEY, baseURL: fake.baseURL("responses") },
    anthropic: { apiKey: KEY, baseURL: fake.baseURL("messages") },
    compatible: { baseURL: fake.baseURL("chat"), models: ["meta/llama"] },
  });
  for (const id of ["openai/gpt-6.1-sol", "anthropic/claude-haiku-5-5", "compatible/meta/llama"]) {
    const { provider, model, name } = await all.resolve(id);
    const { text } = await call(provider, { model, systemPrompt: "", turns: [{ role: "user", text: "Hi" }] });
    assertEquals([text, `${provider.name}/${model}`], ["1 2 3", id]);
    assert(name.length > 0);
  }
  assertEquals(fake.exchanges.map(({ model }) => model), ["gpt-6.1-sol", "claude-haiku-5-5", "meta/llama"]);
  const anthropic = fake.exchanges[1]!.body as { max_tokens: number };
  assertEquals(anthropic.max_tokens, 128_000, "the limit of the catalogue");
});

Deno.test("the demo needs nothing, and is the default when there is nothing", async () => {
  const { registry: all } = registry({});
  assertEquals(await all.defaultModel(), "demo/tour");
  const { provider, model } = await all.resolve("demo/tour");
  const { text } = await call(provider, {
    model,
    systemPrompt: "",
    turns: [{ role: "user", text: "count to 4" }],
  });
  assertEquals(text, "1 2 3 4");
});

Deno.test("an unknown model, and one that is not configured, name the usable ones", async () => {
  const { registry: all } = registry({ compatible: { baseURL: "http://127.0.0.1:9", models: ["a"] } });
  for (const id of ["nope", "demo/nope", "openai/gpt-6.1-sol", "constructor/x", "", "x".repeat(10_000)]) {
    const error = await assertRejects(() => all.resolve(id), AppError);
    assertEquals([error.code, error.extra.available], ["unknown_model", ["compatible/a", "demo/tour"]]);
    assert(error.message.length < 500);
  }
  const error = await assertRejects(() => all.resolve("openai/gpt-6.1-sol"), AppError);
  assertStringIncludes(error.message, "OPENAI_API_KEY");
});

Deno.test("a price is known, zero for the demo, or undefined", () => {
  const { registry: all } = registry({});
  const usage = { inputTokens: 1000, outputTokens: 100 };
  const IDS = ["anthropic/claude-sonnet-5-5", "demo/tour", "compatible/a", "openai/gpt-next", "nope"];
  assertEquals(IDS.map((id) => all.costMicroUsd(id, usage)), [3000, 0, undefined, undefined, undefined]);
});

Deno.test("a compatible server without a list of ours is asked for its own, once a minute", async () => {
  await using fake = startFakeProvider({ models: null });
  const clock = new FakeClock();
  const { registry: all, problems } = listing(fake, clock);
  const asked = Promise.all([all.list(), all.list(), compatibleIds(all)]);
  const exchange = await fake.next();
  assertEquals([exchange.path, exchange.headers.get("authorization")], ["/v1/models", `Bearer ${KEY}`]);
  const entries = [{ id: "a", context_length: 4096 }, { id: "b/c", max_model_len: 10 }, { id: 7 }, null, {
    id: "x y",
  }, { id: "a" }];
  await exchange.respond(200, {}, JSON.stringify({ data: entries }));
  const [list, , ids] = await asked;
  assertEquals(ids, ["compatible/a", "compatible/b/c"]);
  assertEquals(list.find((model) => model.id === "compatible/a")?.contextTokens, 4096);
  await clock.advance(DISCOVER_CACHE_MS - 1);
  assertEquals(await compatibleIds(all), ids);
  await clock.advance(1);
  const again = compatibleIds(all);
  await (await fake.next()).respond(200, {}, JSON.stringify({ data: [{ id: "d" }] }));
  assertEquals([await again, problems, fake.exchanges.length], [["compatible/d"], [], 2]);
});

const BAD: readonly { what: string; answer: (fake: FakeProvider) => Promise<void> }[] = [
  { what: "an error", answer: async (fake) => await (await fake.next()).respond(500, {}, KEY) },
  { what: "a web page", answer: async (fake) => await (await fake.next()).respond(200, {}, "<html>") },
  { what: "no list", answer: async (fake) => await (await fake.next()).respond(200, {}, `{"data":{}}`) },
  { what: "null", answer: async (fake) => await (await fake.next()).respond(200, {}, "null") },
  {
    what: "a redirect",
    answer: async (fake) => await (await fake.next()).respond(302, { location: "/v1/other" }),
  },
  { what: "a broken connection", answer: async (fake) => await (await fake.next()).cut() },
  {
    what: "a list that is too long",
    answer: async (fake) => await (await fake.next()).respond(200, {}, " ".repeat(DISCOVER_BYTES_MAX + 1)),
  },
];
for (const { what, answer } of BAD) {
  Deno.test(`a server that answers with ${what} has no models, which is reported and not thrown`, async () => {
    await using fake = startFakeProvider({ models: null });
    const { registry: all, problems } = listing(fake);
    const ids = compatibleIds(all);
    await answer(fake);
    assertEquals([await ids, problems.length], [[], 1]);
    assertStringIncludes(problems[0]!, new URL(fake.url).host);
    assert(!problems[0]!.includes("recognisable"));
  });
}

Deno.test("a server that hangs over its list is given up, and delays no model of another provider", async () => {
  await using fake = startFakeProvider({ models: null });
  const clock = new FakeClock();
  const { registry: all, problems } = listing(fake, clock);
  const ids = compatibleIds(all);
  const exchange = await fake.next();
  assertEquals((await all.resolve("demo/tour")).model, "tour"); // while the list is outstanding
  await clock.advance(DISCOVER_MS_MAX);
  assertEquals([await ids, problems.length], [[], 1]);
  await soon(exchange.closed);
});

Deno.test("of a very long list the first 500 are kept", async () => {
  await using fake = startFakeProvider({ models: Array.from({ length: 600 }, (_, i) => `m${i}`) });
  assertEquals((await compatibleIds(listing(fake).registry)).length, 500);
});
