// The list of models, ours and an operator's: what it may say, and what is said of one that is wrong.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { catalog, fallbacks } from "@/lib/models/catalog.ts";
import { LIST } from "@/lib/models/list.ts";
import { LISTED_MAX, parseModels } from "@/lib/models/models_file.ts";
import { UNKNOWN_ABILITIES } from "@/lib/protocol/model.ts";

const ours = await Deno.readTextFile(new URL("../../../lib/models/models.json", import.meta.url));

Deno.test("our own list is a file without a fault, and says all there is to say, when, and who says so", () => {
  const { rows, faults } = parseModels(ours);
  assertEquals(faults, []);
  assertEquals(rows, LIST as typeof rows);
  for (const model of JSON.parse(ours).models) {
    assertEquals(Object.keys(model), [
      "id",
      "provider",
      "name",
      "contextTokens",
      "outputTokensMax",
      "prices",
      "abilities",
      "tokenFactor",
      "asOf",
      "source",
    ]);
    assertEquals(Object.keys(model.abilities), Object.keys(UNKNOWN_ABILITIES), model.id);
    const { aboveTokens, ...tier } = model.prices;
    for (const figure of [...Object.values(tier), ...Object.values(aboveTokens ?? {})]) {
      assert(figure === null || Number.isSafeInteger(figure) && figure as number > 0, model.id);
    }
    assert(tier.cachedInput < tier.input && tier.input < tier.output, model.id);
    assert(aboveTokens === undefined || aboveTokens.input >= tier.input, model.id);
    assertMatch(model.asOf, /^\d{4}-\d\d-\d\d$/);
    // The vendors' own counts: Claude's tokenizer since 4.7 takes 1.3 tokens where others take one.
    assertEquals(model.tokenFactor, /^claude-\w+-5/.test(model.id) ? 1.3 : 1, model.id);
  }
});

Deno.test("the models that are chosen by themselves are in the list", () => {
  const models = catalog({ configured: new Set(["anthropic", "openai"]), compatible: [], list: [] });
  assertEquals(fallbacks(models), []);
  const listed = catalog({ configured: new Set(["anthropic", "openai"]), compatible: [] });
  assertEquals(fallbacks(listed), ["anthropic/claude-sonnet-5-5", "openai/gpt-6.1-sol"]);
});

Deno.test("a row needs a provider and a name; what it leaves out is unknown", () => {
  const text = JSON.stringify({
    models: [
      { provider: "compatible", id: "meta/llama" },
      { provider: "openai", id: "x", prices: { input: 0, cachedInput: 0, cacheWrite: null, output: 0 } },
      {
        provider: "anthropic",
        id: "y",
        contextTokens: 9,
        outputTokensMax: 9,
        abilities: { temperatureMax: 1, stop: false },
      },
    ],
  });
  const { rows, faults } = parseModels(text);
  assertEquals(faults, []);
  const unknown = { contextTokens: null, outputTokensMax: null, prices: null, abilities: UNKNOWN_ABILITIES };
  const plain = { ...unknown, tokenFactor: 1, asOf: "", source: "" };
  assertEquals(rows, [
    { ...plain, provider: "compatible", id: "meta/llama", name: "meta/llama" },
    {
      ...plain,
      provider: "openai",
      id: "x",
      name: "x",
      prices: { input: 0, cachedInput: 0, cacheWrite: null, output: 0 },
    },
    {
      ...plain,
      provider: "anthropic",
      id: "y",
      name: "y",
      contextTokens: 9,
      outputTokensMax: 9,
      abilities: { ...UNKNOWN_ABILITIES, temperatureMax: 1, stop: false },
    },
  ]);
});

const PRICES = { input: 2, cachedInput: 1, cacheWrite: null, output: 3 };

/** What a row says that is wrong, and of which member it is said. */
const WRONG: readonly [Record<string, unknown>, string][] = [
  [{ id: "a b" }, "models[0].id must "],
  [{ id: "" }, "models[0].id must "],
  [{ id: "x".repeat(201) }, "models[0].id must "],
  [{ provider: "demo" }, "models[0].provider must "],
  [{ provider: undefined }, "models[0].provider must "],
  [{ name: " " }, "models[0].name must "],
  [{ name: "\ud800" }, "models[0].name must "],
  [{ contextTokens: 0 }, "models[0].contextTokens must "],
  [{ contextTokens: 1.5 }, "models[0].contextTokens must "],
  [{ contextTokens: "8192" }, "models[0].contextTokens must "],
  [{ outputTokensMax: -1 }, "models[0].outputTokensMax must "],
  [{ contextTokens: 8, outputTokensMax: 9 }, "models[0].outputTokensMax must be at most contextTokens, 8"],
  [{ prices: { ...PRICES, input: 2.5 } }, "models[0].prices.input must "],
  [{ prices: { ...PRICES, output: -1 } }, "models[0].prices.output must "],
  [{ prices: { ...PRICES, output: 1e11 } }, "models[0].prices.output must "],
  [{ prices: { ...PRICES, cacheWrite: undefined } }, "models[0].prices.cacheWrite must "],
  [{ prices: { ...PRICES, cachedInput: 3 } }, "models[0].prices.cachedInput must be at most prices.input, 2"],
  [{ prices: { ...PRICES, aboveTokens: PRICES } }, "models[0].prices.aboveTokens.tokens must "],
  [
    { prices: { ...PRICES, aboveTokens: { ...PRICES, tokens: 5, cachedInput: 9 } } },
    "models[0].prices.aboveTokens.cachedInput must be at most ",
  ],
  [
    { contextTokens: 4, prices: { ...PRICES, aboveTokens: { ...PRICES, tokens: 5 } } },
    "models[0].prices.aboveTokens.tokens must be at most contextTokens, 4",
  ],
  [{ abilities: { stop: 1 } }, "models[0].abilities.stop must "],
  [{ abilities: { temperatureMax: 2.1 } }, "models[0].abilities.temperatureMax must "],
  [{ abilities: { temperatureMax: null } }, "models[0].abilities.temperatureMax must "],
  [{ abilities: { efforts: ["lowest"] } }, "models[0].abilities.efforts[0] must be one of none, "],
  [{ abilities: { efforts: ["high", "low"] } }, "models[0].abilities.efforts must "],
  [{ abilities: { efforts: ["low", "low"] } }, "models[0].abilities.efforts must "],
  [{ abilities: { speed: true } }, 'models[0].abilities has a member "speed", which means nothing'],
  [{ tokenFactor: 0 }, "models[0].tokenFactor must "],
  [{ asOf: "2026-02-30" }, "models[0].asOf must "],
  [{ asOf: "25.11.2026" }, "models[0].asOf must "],
  [{ source: "" }, "models[0].source must "],
  [{ price: PRICES }, 'models[0] has a member "price", which means nothing'],
];

Deno.test("each wrong member is one fault, by its path", () => {
  for (const [members, begins] of WRONG) {
    const text = JSON.stringify({ models: [{ id: "a", provider: "openai", ...members }] });
    const { rows, faults } = parseModels(text);
    assertEquals([rows, faults.length], [[], 1], `${text}: ${faults.join("; ")}`);
    assert(faults[0]!.startsWith(begins), `${text}: ${faults[0]}`);
  }
});

Deno.test("all faults of all rows are said at once, also those between members of a row that has others", () => {
  const models = [
    { id: "a", provider: "openai", contextTokens: 8, outputTokensMax: 9, tokenFactor: "1" },
    { id: "a", provider: "openai", name: 7 },
    null,
    { id: "a", provider: "compatible" },
  ];
  const { rows, faults } = parseModels(JSON.stringify({ unit: "USD", models }));
  assertEquals(rows, []);
  assertEquals(faults.toSorted(), [
    "models[0].outputTokensMax must be at most contextTokens, 8, and is 9",
    "models[0].tokenFactor must be a number from 0.1 to 10",
    "models[1] is models[0] again, openai/a",
    "models[1].name must be a text of 1 to 200 characters",
    "models[2] must be an object",
    'unit must be "micro-USD per million tokens"',
  ]);
});

Deno.test("what is no list at all is one fault", () => {
  for (const text of ["", "{", "[]", "7", "null", "{}", '{"models":{}}', '{"modells":[],"models":[]}']) {
    assertEquals(parseModels(text).faults.length, 1, text);
  }
  const many = (n: number) =>
    JSON.stringify({ models: Array.from({ length: n }, (_, at) => ({ id: `m${at}`, provider: "openai" })) });
  assertEquals(parseModels(many(LISTED_MAX)).faults, []);
  assertEquals(parseModels(many(LISTED_MAX + 1)).faults.length, 1);
  const sly = '{"models":[{"__proto__":{},"id":"a","provider":"openai"}]}';
  assertEquals(parseModels(sly).faults, ['models[0] has a member "__proto__", which means nothing']);
});
