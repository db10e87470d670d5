// The environment: every variable, its default, and what is said when it is wrong.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { STARTERS } from "../../../lib/chat/starters.ts";
import { type Config, ConfigError, readConfig } from "../../../lib/config.ts";

Deno.test("an empty environment is DESIGN 9's defaults", () => {
  const DEFAULTS: Config = {
    host: "localhost",
    port: 8000,
    parallel: false,
    kvPath: "./data/throughline.db",
    leaseMs: 10_000,
    flushMs: 0,
    streamsMax: 10_000,
    searchBytesMax: 64 * 1024 * 1024,
    pollMs: 200,
    sharedFile: true,
    titles: true,
    logLevel: "info",
    models: { demo: { tokensPerSecond: 50 } },
    variants: [],
    starters: STARTERS,
  };
  assertEquals(readConfig({}), DEFAULTS);
  const blank = Object.fromEntries(VARIABLES.map((name) => [name, "  "]));
  assertEquals(readConfig(blank), DEFAULTS, "a blank variable is not set");
});

Deno.test("on Deploy the platform's database, 50 ms between commits, watch that needs no fast poll, and streams that fit", () => {
  const deployed = readConfig({ DENO_DEPLOYMENT_ID: "abc" });
  const { kvPath, flushMs, pollMs, streamsMax, searchBytesMax } = deployed;
  assertEquals([kvPath, flushMs, pollMs, streamsMax], [undefined, 50, 10_000, 3_000]);
  assertEquals(searchBytesMax, 20 * 1024 * 1024);
  const own = readConfig({ DENO_DEPLOYMENT_ID: "abc", FLUSH_MS: "0", KV_PATH: "https://kv.example" });
  assertEquals([own.kvPath, own.flushMs, own.pollMs], ["https://kv.example", 0, 10_000]);
});

Deno.test("every variable is read", () => {
  const config = readConfig({
    HOST: "0.0.0.0",
    PORT: " 9000 ",
    PARALLEL: "1",
    KV_PATH: "./other.db",
    LEASE_MS: "1000",
    FLUSH_MS: "20",
    STREAMS_MAX: "500",
    SEARCH_MB: "3",
    TITLES: "off",
    LOG_LEVEL: "debug",
    OPENAI_API_KEY: "key-o",
    OPENAI_BASE_URL: "https://o.example/v1/",
    OPENAI_BACKGROUND: "1",
    ANTHROPIC_API_KEY: "key-a",
    ANTHROPIC_BASE_URL: "http://a.example",
    COMPATIBLE_BASE_URL: "http://localhost:11434/v1",
    COMPATIBLE_API_KEY: "key-c",
    COMPATIBLE_MODELS: " llama3.3, ,qwen3 ",
    COMPATIBLE_CONTINUES: "qwen3, ",
    DEFAULT_MODEL: "compatible/llama3.3",
    DEMO_TOKENS_PER_SECOND: "7",
    SUMMARY_MODEL: "openai/gpt-6-luna",
    FALLBACK_MODELS: " openai/gpt-6.1-sol, ,anthropic/claude-opus-5-5,openai/gpt-6.1-sol",
    MODELS_FILE: "./models.json",
    PROMPT_VARIANTS: "./variants.json",
    STARTERS: `[{"text":"Say hello","promise":"A word"},{"text":"Ask me"}]`,
  }, (path) => JSON.stringify(path === "./models.json" ? { models: [ROW] } : { variants: VARIANTS }));
  assertEquals(config, {
    host: "0.0.0.0",
    port: 9000,
    parallel: true,
    kvPath: "./other.db",
    leaseMs: 1000,
    flushMs: 20,
    streamsMax: 500,
    searchBytesMax: 3 * 1024 * 1024,
    pollMs: 200,
    sharedFile: true,
    titles: false,
    logLevel: "debug",
    models: {
      openai: { apiKey: "key-o", baseURL: "https://o.example/v1", background: true },
      anthropic: { apiKey: "key-a", baseURL: "http://a.example" },
      compatible: {
        baseURL: "http://localhost:11434/v1",
        apiKey: "key-c",
        models: ["llama3.3", "qwen3"],
        continues: ["qwen3"],
      },
      demo: { tokensPerSecond: 7 },
      defaultModel: "compatible/llama3.3",
      summaryModel: "openai/gpt-6-luna",
      fallbackModels: ["openai/gpt-6.1-sol", "anthropic/claude-opus-5-5"],
      list: [ROW],
    },
    variants: VARIANTS,
    starters: [{ text: "Say hello", promise: "A word" }, { text: "Ask me" }],
  });
});

const ROW = {
  provider: "compatible",
  id: "llama3.3",
  name: "Llama",
  contextTokens: 131_072,
  outputTokensMax: 8192,
  prices: { input: 0, cachedInput: 0, cacheWrite: null, output: 0 },
  abilities: { temperature: true, efforts: [], stop: true, reasoning: false, tools: null, vision: null },
  tokenFactor: 1,
  asOf: "2026-11-25",
  source: "the server's own page",
};

const VARIANTS = [
  { name: "plain", weight: 3, systemPrompt: "" },
  { name: "brief", weight: 0.5, systemPrompt: "Answer in one sentence." },
];

const VARIABLES = [
  "HOST",
  "PORT",
  "PARALLEL",
  "KV_PATH",
  "LEASE_MS",
  "FLUSH_MS",
  "STREAMS_MAX",
  "SEARCH_MB",
  "TITLES",
  "LOG_LEVEL",
  "OPENAI_API_KEY",
  "OPENAI_BASE_URL",
  "OPENAI_BACKGROUND",
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_BASE_URL",
  "COMPATIBLE_BASE_URL",
  "COMPATIBLE_API_KEY",
  "COMPATIBLE_MODELS",
  "COMPATIBLE_CONTINUES",
  "DEFAULT_MODEL",
  "DEMO_TOKENS_PER_SECOND",
  "SUMMARY_MODEL",
  "FALLBACK_MODELS",
  "MODELS_FILE",
  "PROMPT_VARIANTS",
  "STARTERS",
];

/** For each variable, values that it must not have. */
const WRONG: Record<string, readonly string[]> = {
  PORT: ["eighty", "-1", "65536", "80.5", "0x50", "1e3", "９０００"],
  PARALLEL: ["yes", "true", "2", "-1"],
  LEASE_MS: ["0", "999", "600001", "10s"],
  FLUSH_MS: ["-1", "5001", "NaN"],
  STREAMS_MAX: ["0", "100001", "many"],
  TITLES: ["yes", "1", "Off"],
  SEARCH_MB: ["0", "4097", "64 MB"],
  LOG_LEVEL: ["loud", "INFO", "__proto__"],
  OPENAI_BACKGROUND: ["yes", "true", "01", "2"],
  OPENAI_BASE_URL: ["o.example", "file:///etc/passwd", "javascript:1", "//o.example"],
  ANTHROPIC_BASE_URL: ["ftp://a.example"],
  COMPATIBLE_BASE_URL: ["localhost:11434"],
  DEFAULT_MODEL: ["llama3.3", "/x", "Demo/tour", "demo/"],
  SUMMARY_MODEL: ["llama3.3", "/x", "Demo/tour"],
  FALLBACK_MODELS: [
    "llama3.3",
    "openai/a,b",
    ",",
    "none,openai/a",
    "openai/a,openai/b,openai/c,openai/d,openai/e,openai/f",
  ],
  MODELS_FILE: ["/nowhere/models.json", "."],
  DEMO_TOKENS_PER_SECOND: ["0", "10001", "Infinity"],
  PROMPT_VARIANTS: ["/nowhere/variants.json", "."],
  STARTERS: ["/nowhere/starters.json", ".", "{}", "[1,2,3,4,5,6,7,8,9]"],
};

Deno.test("each wrong value is one fault, by the name of its variable", () => {
  for (const [name, values] of Object.entries(WRONG)) {
    for (const value of values) {
      const { faults } = assertThrows(() => readConfig({ [name]: value }), ConfigError);
      assertEquals(faults.length, 1, `${name}=${value}: ${faults.join("; ")}`);
      assert(faults[0]!.startsWith(`${name} must be `), faults[0]);
    }
  }
  for (const alone of ["COMPATIBLE_API_KEY", "COMPATIBLE_MODELS", "COMPATIBLE_CONTINUES"]) {
    const { faults } = assertThrows(() => readConfig({ [alone]: "x" }), ConfigError);
    assertEquals(faults.length, 1);
    assert(faults[0]!.includes(alone));
  }
});

Deno.test("workers are refused where each would have a store of its own, and where the platform has its own way", () => {
  for (const env of [{ KV_PATH: ":memory:" }, { DENO_DEPLOYMENT_ID: "abc" }]) {
    assertEquals(readConfig({ ...env, PARALLEL: "0" }).parallel, false);
    const { faults } = assertThrows(() => readConfig({ ...env, PARALLEL: "1" }), ConfigError);
    assertEquals(faults.length, 1);
    assert(faults[0]!.startsWith("PARALLEL must be 0 "), faults[0]);
  }
});

Deno.test("all faults are reported at once", () => {
  const all = Object.fromEntries(Object.entries(WRONG).map(([name, [value]]) => [name, value]));
  const error = assertThrows(() => readConfig({ ...all, COMPATIBLE_API_KEY: "x" }), ConfigError);
  const named = error.faults.map((fault) => fault.split(" ", 1)[0]!);
  assertEquals(named.toSorted(), Object.keys(WRONG).toSorted());
  for (const fault of error.faults) assert(error.message.includes(fault));
});

Deno.test("what is wrong with a file of variants is said at once, by the name of its variable and of the file", () => {
  const file =
    `{"variants":[{"name":"","weight":0,"systemPrompt":"x"},{"name":"b","weight":1,"systemprompt":"x"}]}`;
  const read = (path: string) => path === "v.json" ? file : "";
  const { faults } = assertThrows(
    () => readConfig({ PROMPT_VARIANTS: "v.json", PORT: "x" }, read),
    ConfigError,
  );
  assertEquals(faults, [
    'PORT must be a whole number from 0 to 65535, and is "x"',
    "PROMPT_VARIANTS (v.json) variants[0] must have a name of 1 to 60 characters",
    "PROMPT_VARIANTS (v.json) variants[0] must have a weight above 0",
    'PROMPT_VARIANTS (v.json) variants[1] must have a systemPrompt of at most 16000 characters, or ""',
    'PROMPT_VARIANTS (v.json) variants[1] has a member "systemprompt", which means nothing',
  ]);
});

Deno.test("what is wrong with a file of models is said at once, by variable, file, path and member", () => {
  const file =
    `{"models":[{"provider":"compatible","id":"a","contextTokens":"8k"},{"provider":"ollama","id":"b"}]}`;
  const { faults } = assertThrows(
    () =>
      readConfig({ MODELS_FILE: "m.json", PROMPT_VARIANTS: "v.json" }, (p) => p === "m.json" ? file : "{"),
    ConfigError,
  );
  assertEquals(faults.slice(0, 2), [
    "MODELS_FILE (m.json) models[0].contextTokens must be a whole number of tokens from 1 to 100000000",
    "MODELS_FILE (m.json) models[1].provider must be anthropic, openai or compatible",
  ]);
  assertEquals(faults.length, 3);
  assert(faults[2]!.startsWith("PROMPT_VARIANTS (v.json) is not JSON"), faults[2]);
});

Deno.test("C10: starters come from the variable itself or from its file, may be none, and every fault in them is said", () => {
  const file = `{"starters":[{"text":"From a file"}]}`;
  assertEquals(readConfig({ STARTERS: "s.json" }, () => file).starters, [{ text: "From a file" }]);
  assertEquals(readConfig({ STARTERS: "[]" }).starters, []);
  const long = "x".repeat(32_001);
  const wrong = [{ text: " ", promise: "x".repeat(121) }, { text: "a" }, { text: "a", title: "b" }, "c", {
    text: long,
  }];
  const { faults } = assertThrows(() => readConfig({ STARTERS: JSON.stringify(wrong) }), ConfigError);
  assertEquals(faults, [
    "STARTERS [0] must have a text of 1 to 32000 characters",
    "STARTERS [0] must have a promise of at most 120 characters, or none",
    'STARTERS [2] has a member "title", which means nothing',
    'STARTERS [3] must be { "text", "promise" }',
    "STARTERS [4] must have a text of 1 to 32000 characters",
    "STARTERS [2] has the text of [1]",
  ]);
});

Deno.test("FALLBACK_MODELS=none is another thing than nothing said", () => {
  assertEquals(readConfig({ FALLBACK_MODELS: "none" }).models.fallbackModels, []);
  assertEquals(readConfig({}).models.fallbackModels, undefined);
});

Deno.test("a fault never says a key", () => {
  const KEY = "sk-never-show-me";
  const error = assertThrows(
    () => readConfig({ PORT: "x", OPENAI_API_KEY: KEY, ANTHROPIC_API_KEY: KEY, COMPATIBLE_API_KEY: KEY }),
    ConfigError,
  );
  assert(!error.message.includes(KEY), error.message);
});

Deno.test("the configuration is frozen, to its last member", () => {
  const config = readConfig({ COMPATIBLE_BASE_URL: "http://c.example", COMPATIBLE_MODELS: "a" });
  const frozen = (value: unknown): boolean =>
    typeof value !== "object" || value === null ||
    (Object.isFrozen(value) && Object.values(value).every(frozen));
  assert(frozen(config));
  assertThrows(() => (config.models.compatible!.models as string[]).push("b"), TypeError);
});
