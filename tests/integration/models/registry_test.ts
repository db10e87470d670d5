// The registry against a compatible server that lists its models, well or badly.
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { readConfig } from "@/lib/config.ts";
import { AppError } from "@/lib/core/errors.ts";
import { DISCOVER_BYTES_MAX, DISCOVER_CACHE_MS, DISCOVER_MS_MAX } from "@/lib/models/discover.ts";
import { parseModels } from "@/lib/models/models_file.ts";
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
  const { registry: all, problems } = registry({
    compatible: { baseURL: "http://127.0.0.1:9", models: ["a"] },
  });
  for (const id of ["nope", "demo/nope", "openai/gpt-6.1-sol", "constructor/x", "", "x".repeat(10_000)]) {
    const error = await assertRejects(() => all.resolve(id), AppError);
    assertEquals([error.code, error.extra.available], ["unknown_model", ["compatible/a", "demo/tour"]]);
    assert(error.message.length < 500);
  }
  const error = await assertRejects(() => all.resolve("openai/gpt-6.1-sol"), AppError);
  assertStringIncludes(error.message, "OPENAI_API_KEY");
  await until(() => problems.length > 0); // nobody is there to list its models
});

Deno.test("a price is known, zero for the demo, or undefined", () => {
  const { registry: all } = registry({});
  const usage = { inputTokens: 1000, outputTokens: 100 };
  const IDS = ["anthropic/claude-sonnet-5-5", "demo/tour", "compatible/a", "openai/gpt-next", "nope"];
  assertEquals(IDS.map((id) => all.costMicroUsd(id, usage)), [3000, 0, undefined, undefined, undefined]);
});

Deno.test("who is resolved comes with what it takes, and how its vendor counts", async () => {
  const own = { provider: "openai", id: "own", tokenFactor: 2, contextTokens: 99 };
  const { rows: list, faults } = parseModels(JSON.stringify({ models: [own] }));
  assertEquals(faults, []);
  const openai = { apiKey: KEY, baseURL: "http://127.0.0.1:9" };
  const { registry: all } = registry({ openai, anthropic: openai, list, defaultModel: "openai/gpt-next" });
  const shown = async (id: string) => {
    const { abilities, tokenFactor, contextTokens } = await all.resolve(id);
    return [abilities.temperature, abilities.efforts?.[0], tokenFactor, contextTokens];
  };
  assertEquals(await shown("anthropic/claude-opus-5-5"), [false, "low", 1.3, 1_000_000]);
  assertEquals(await shown("openai/gpt-4.1-mini"), [true, undefined, 1, 1_047_576]);
  assertEquals(await shown("openai/own"), [null, undefined, 2, 99]);
  assertEquals(await shown("openai/gpt-next"), [null, undefined, 1, null]);
  assertEquals(await shown("demo/tour"), [false, undefined, 1, null]);
});

Deno.test("DEFAULT_MODEL switches everything: who answers, and by which provider", async () => {
  await using fake = startFakeProvider({ auto: { tokens: 3 } });
  const env = {
    OPENAI_API_KEY: KEY,
    OPENAI_BASE_URL: fake.baseURL("responses"),
    ANTHROPIC_API_KEY: KEY,
    ANTHROPIC_BASE_URL: fake.baseURL("messages"),
  };
  for (const [wanted, path] of Object.entries(SWITCHED)) {
    const { registry: all } = registry(readConfig({ ...env, DEFAULT_MODEL: wanted }).models);
    assertEquals([await all.defaultModel(), (await all.all()).defaultModel], [wanted, wanted]);
    const { provider, model } = await all.resolve(await all.defaultModel());
    await call(provider, { model, systemPrompt: "", turns: [{ role: "user", text: "Hi" }] });
    const asked = fake.exchanges.at(-1)!;
    assertEquals([asked.path, `${provider.name}/${asked.model}`], [path, wanted]);
  }
});

const SWITCHED = {
  "anthropic/claude-haiku-5-5": "/v1/messages",
  "openai/gpt-6-luna": "/v1/responses",
};

Deno.test("FALLBACK_MODELS and SUMMARY_MODEL choose among what can be used; MODELS_FILE sets the price", async () => {
  const file = JSON.stringify({
    models: [{
      provider: "anthropic",
      id: "claude-haiku-5-5",
      prices: { input: 7_000_000, cachedInput: 0, cacheWrite: null, output: 1_000_000 },
    }],
  });
  const read = (env: Record<string, string>) => registry(readConfig(env, () => file).models).registry;
  const openai = { OPENAI_API_KEY: KEY };
  const chosen = read({
    ...openai,
    FALLBACK_MODELS: "anthropic/claude-haiku-5-5,openai/gpt-next,openai/gpt-6-sol",
    SUMMARY_MODEL: "openai/gpt-sum",
    MODELS_FILE: "models.json",
  });
  assertEquals((await chosen.all()).fallbacks, ["openai/gpt-next", "openai/gpt-6-sol"]);
  assertEquals(await chosen.cheap("openai/gpt-6-astra"), "openai/gpt-sum");
  assertEquals((await chosen.resolve("openai/gpt-sum")).model, "gpt-sum");
  const usage = { inputTokens: 10, outputTokens: 4 };
  assertEquals(chosen.costMicroUsd("anthropic/claude-haiku-5-5", usage), 74);
  const silent = read(openai);
  assertEquals((await silent.all()).fallbacks, ["openai/gpt-6.1-sol"]);
  assertEquals(await silent.cheap("openai/gpt-6-astra"), "openai/gpt-6-luna");
  assertEquals((await read({ ...openai, FALLBACK_MODELS: "none" }).all()).fallbacks, []);
});

Deno.test("what the server says of a model is shown, and is what it costs", async () => {
  await using fake = startFakeProvider({ models: null });
  const { registry: all } = listing(fake);
  const ids = compatibleIds(all);
  await (await fake.next()).respond(200, {}, PRICED);
  assertEquals(await ids, ["compatible/a", "compatible/b"]);
  const one = (await all.list()).find((model) => model.id === "compatible/a");
  assertEquals(one?.price, { input: 1_000_000, cachedInput: 1_000_000, cacheWrite: null, output: 2_000_000 });
  const { contextTokens, outputTokensMax, abilities } = await all.resolve("compatible/a");
  assertEquals([contextTokens, outputTokensMax, abilities.tools], [4096, 512, true]);
  const usage = { inputTokens: 5, outputTokens: 3 };
  assertEquals(["a", "b", "c"].map((name) => all.costMicroUsd(`compatible/${name}`, usage)), [
    11,
    undefined,
    undefined,
  ]);
});

const PRICED = JSON.stringify({
  data: [{
    id: "a",
    context_length: 4096,
    top_provider: { max_completion_tokens: 512 },
    pricing: { prompt: "0.000001", completion: "0.000002" },
    supported_parameters: ["tools"],
  }, { id: "b" }],
});

Deno.test("models that were named wait for nobody's list, and show what it says once it came", async () => {
  await using fake = startFakeProvider({ models: null });
  const named = { compatible: { baseURL: fake.baseURL("chat"), models: ["a", "z"] } };
  const { registry: all, problems } = registry(named);
  assertEquals(await compatibleIds(all), ["compatible/a", "compatible/z"]);
  const exchange = await fake.next(); // the list is outstanding
  assertEquals((await all.resolve("compatible/a")).contextTokens, null);
  const usage = { inputTokens: 5, outputTokens: 3 };
  assertEquals(all.costMicroUsd("compatible/a", usage), undefined, "not 0");
  await exchange.respond(200, {}, PRICED);
  await until(() => all.costMicroUsd("compatible/a", usage) !== undefined); // it comes when it comes
  assertEquals(all.costMicroUsd("compatible/a", usage), 11);
  assertEquals((await all.resolve("compatible/a")).contextTokens, 4096);
  assertEquals(await compatibleIds(all), ["compatible/a", "compatible/z"], "what was not named is not shown");
  assertEquals(problems, []);
});

Deno.test("a model that was named is found in a list that is longer than what is shown", async () => {
  await using fake = startFakeProvider({ models: null });
  const { registry: all } = registry({ compatible: { baseURL: fake.baseURL("chat"), models: ["m599"] } });
  await all.list();
  const data = Array.from({ length: 600 }, (_, at) => ({ id: `m${at}`, context_length: at + 1 }));
  await (await fake.next()).respond(200, {}, JSON.stringify({ data }));
  await until(async () => (await all.resolve("compatible/m599")).contextTokens !== null);
  assertEquals((await all.resolve("compatible/m599")).contextTokens, 600);
});

Deno.test("a server of named models that has no list is complained of once, and they stay", async () => {
  await using fake = startFakeProvider({ models: null });
  const clock = new FakeClock();
  const { registry: all, problems } = registry(
    { compatible: { baseURL: fake.baseURL("chat"), models: ["a"] } },
    clock,
  );
  for (let minute = 0; minute < 2; minute++) {
    assertEquals(await compatibleIds(all), ["compatible/a"]);
    await (await fake.next()).respond(404, {}, "");
    await until(() => clock.sleeping === 0);
    await clock.advance(DISCOVER_CACHE_MS);
  }
  assertEquals([problems.length, fake.exchanges.length], [1, 2]);
  assertStringIncludes(problems[0]!, "status 404. What its models take and cost is unknown.");
  assertEquals((await all.resolve("compatible/a")).model, "a");
});

/** Waits, turn by turn, for what nobody can be awaited for. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let turns = 0; turns < 5_000; turns++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  throw new Error("It did not come about");
}

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
