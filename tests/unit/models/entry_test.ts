// What compatible servers say of their models, in entries as those servers write them.
import { assertEquals } from "@std/assert";
import { microUsd, named, readEntry } from "@/lib/models/entry.ts";
import { UNKNOWN_ABILITIES } from "@/lib/protocol/model.ts";

const ROUTED = {
  id: "vendor/model",
  name: "Vendor: Model",
  created: 1790000000,
  context_length: 262144,
  architecture: { modality: "text+image->text", input_modalities: ["text", "image"], tokenizer: "Other" },
  pricing: {
    prompt: "0.00000125",
    completion: "0.00001",
    request: "0",
    image: "0.00255",
    web_search: "0.01",
    internal_reasoning: "0",
    input_cache_read: "0.000000125",
    input_cache_write: "0.0000015625",
  },
  top_provider: { context_length: 262144, max_completion_tokens: 65536, is_moderated: false },
  supported_parameters: ["max_tokens", "reasoning", "include_reasoning", "stop", "tools", "tool_choice"],
};

Deno.test("OpenRouter says nearly all: context, output, prices, what the model takes", () => {
  assertEquals(readEntry(ROUTED), {
    model: "vendor/model",
    contextTokens: 262_144,
    outputTokensMax: 65_536,
    price: { input: 1_250_000, cachedInput: 125_000, cacheWrite: 1_562_500, output: 10_000_000 },
    abilities: { temperature: false, efforts: null, stop: true, reasoning: true, tools: true, vision: true },
  });
  const plain = readEntry({ ...ROUTED, supported_parameters: ["temperature"], architecture: null });
  assertEquals(plain?.abilities, {
    temperature: true,
    efforts: [],
    stop: false,
    reasoning: false,
    tools: false,
    vision: null,
  });
});

Deno.test("vLLM and llama.cpp say their window; who says nothing is known by name alone", () => {
  const vllm = {
    id: "Qwen/Qwen3-32B",
    object: "model",
    owned_by: "vllm",
    max_model_len: 32768,
    permission: [{}],
  };
  assertEquals(readEntry(vllm), { ...named("Qwen/Qwen3-32B"), contextTokens: 32_768 });
  const trained = {
    id: "/models/a.gguf",
    owned_by: "llamacpp",
    meta: { vocab_type: 1, n_ctx_train: 131072 },
  };
  assertEquals(readEntry(trained), { ...named("/models/a.gguf"), contextTokens: 131_072 });
  const started = { ...trained, meta: { n_ctx: 8192, n_ctx_train: 131072 } };
  assertEquals(readEntry(started)?.contextTokens, 8192, "it was started with less");
  assertEquals(readEntry({ id: "llama3.3:latest", object: "model" }), named("llama3.3:latest"));
  assertEquals(named("a").abilities, UNKNOWN_ABILITIES);
});

Deno.test("what is no entry has no name, and figures that are none are null", () => {
  for (
    const entry of [null, undefined, 7, "a", [], {}, { id: 7 }, { id: "" }, { id: "a b" }, { id: "\ud800" }]
  ) {
    assertEquals(readEntry(entry), null);
  }
  assertEquals(readEntry({ id: "x".repeat(201) }), null);
  for (const bad of [0, -1, 1.5, "8192", null, NaN, 2 ** 53, {}]) {
    const entry = { id: "a", context_length: bad, top_provider: { max_completion_tokens: bad } };
    assertEquals(readEntry(entry), named("a"), String(bad));
  }
  const twisted = {
    id: "a",
    meta: 7,
    top_provider: "x",
    pricing: [],
    architecture: 1,
    supported_parameters: {},
  };
  assertEquals(readEntry(twisted), named("a"));
  // A limit as long as the window is none.
  const whole = { id: "a", context_length: 8192, top_provider: { max_completion_tokens: 8192 } };
  assertEquals(readEntry(whole), { ...named("a"), contextTokens: 8192 });
});

Deno.test("L1: a price is exact in micro-USD for a million tokens, or null", () => {
  const EXACT: readonly [unknown, number][] = [
    ["0.0000004", 400_000],
    ["0.00000006", 60_000],
    ["0.000002000000000000", 2_000_000],
    ["0.000000000001", 1],
    ["0", 0],
    ["0.000", 0],
    ["0.01", 10_000_000_000],
    ["1e-7", 100_000],
    ["7.5E-8", 75_000],
    ["1500e-9", 1_500_000],
    ["0.0000041", 4_100_000], // as a float it is 4,099,999.9999999995
    [0.0000011, 1_100_000],
    [1e-7, 100_000],
  ];
  for (const [usd, micro] of EXACT) assertEquals(microUsd(usd), micro, String(usd));
  const NONE = [
    "-1",
    "-0.0000004",
    "+1",
    "",
    " ",
    "free",
    "0x10",
    "NaN",
    "Infinity",
    "1,5",
    ".5",
    "1.",
    "1e",
    "1e-400",
    "1e999",
    "0.0000000000001", // a tenth of our unit: neither 0 nor 1
    "0.00000009999999999999999",
    "0.010000000001", // more than any model costs
    "9999999999",
    "0".repeat(51),
    null,
    undefined,
    true,
    {},
    -1,
    NaN,
  ];
  for (const usd of NONE) assertEquals(microUsd(usd), null, String(usd));
});

Deno.test("L1: a price that does not tell all that tokens cost is unknown, and never 0", () => {
  const price = (change: Record<string, unknown>) =>
    readEntry({ ...ROUTED, pricing: { ...ROUTED.pricing, ...change } })?.price;
  const whole = price({});
  for (const name of ["prompt", "completion"]) {
    for (const bad of [undefined, null, "-1", "", "free"]) assertEquals(price({ [name]: bad }), null, name);
  }
  for (const name of ["input_cache_read", "input_cache_write", "request", "internal_reasoning"]) {
    for (const bad of ["-1", "", "free"]) assertEquals(price({ [name]: bad }), null, name);
  }
  assertEquals(price({ request: "0.005" }), null, "a fee for each request");
  assertEquals(price({ internal_reasoning: "0.00002" }), null, "thoughts at another price than words");
  assertEquals(price({ internal_reasoning: "0.00001", request: undefined }), whole);
  assertEquals(price({ input_cache_read: undefined, input_cache_write: undefined }), {
    input: 1_250_000,
    cachedInput: 1_250_000,
    cacheWrite: null,
    output: 10_000_000,
  });
  const free = Object.fromEntries(Object.keys(ROUTED.pricing).map((name) => [name, "0"]));
  assertEquals(price(free), { input: 0, cachedInput: 0, cacheWrite: null, output: 0 }, "said to be free");
  assertEquals(readEntry({ id: "a", context_length: 8 })?.price, null, "not said to be free");
});
