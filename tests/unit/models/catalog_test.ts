import { UNKNOWN_ABILITIES } from "@/lib/protocol/model.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { catalog, cheapest, defaultModel, fallbacks, splitId } from "@/lib/models/catalog.ts";
import { type Discovered, named } from "@/lib/models/entry.ts";
import { LIST, listed, type ListedModel, withRows } from "@/lib/models/list.ts";

const ALL = new Set(["demo", "anthropic", "openai", "compatible"]);
const NONE = { configured: new Set(["demo"]), compatible: [] };

Deno.test("without a key only the demo is usable, and the others name the variable to set", () => {
  const models = catalog(NONE);
  assertEquals(models.filter((model) => model.available).map((model) => model.id), ["demo/tour"]);
  for (const model of models.filter((model) => !model.available)) {
    assertMatch(model.unavailableBecause ?? "", new RegExp(`Set ${model.provider.toUpperCase()}_API_KEY`));
  }
  assertEquals(defaultModel(models), "demo/tour");
});

Deno.test("the default is the wanted model if it is usable, else the best that is", () => {
  const found = [named("meta/llama")];
  const choose = (configured: Iterable<string>, wanted?: string) =>
    defaultModel(
      catalog({
        configured: new Set(configured),
        compatible: found,
        asked: wanted === undefined ? [] : [wanted],
      }),
      wanted,
    );
  assertEquals(choose(ALL), "anthropic/claude-sonnet-5-5");
  assertEquals(choose(["demo", "openai"]), "openai/gpt-6.1-sol");
  assertEquals(
    defaultModel(catalog({ configured: new Set(["demo", "compatible"]), compatible: found })),
    "compatible/meta/llama",
  );
  assertEquals(choose(ALL, "demo/tour"), "demo/tour");
  assertEquals(choose(["demo", "openai"], "anthropic/claude-opus-5-5"), "openai/gpt-6.1-sol");
  assertEquals(choose(ALL, "demo/other"), "anthropic/claude-sonnet-5-5");
});

Deno.test("a default that nobody lists is a model whose figures are unknown, if its provider is configured", () => {
  const wanted = "openai/gpt-next";
  const models = catalog({
    configured: new Set(["demo", "openai"]),
    compatible: [],
    asked: [wanted, wanted],
  });
  assertEquals(models.filter((model) => model.id === wanted).length, 1);
  assertEquals(models[0], {
    id: wanted,
    provider: "openai",
    name: "gpt-next",
    contextTokens: null,
    outputTokensMax: null,
    price: null,
    abilities: { ...UNKNOWN_ABILITIES, stop: false },
    available: true,
  });
  assert(!catalog({ ...NONE, asked: [wanted] }).some((model) => model.id === wanted));
});

Deno.test("an id is split at its first slash", () => {
  assertEquals(splitId("compatible/meta/llama"), { provider: "compatible", model: "meta/llama" });
  for (const bad of ["", "openai", "/x", "x/", "/"]) assertEquals(splitId(bad), null);
});

/** A row of an operator. */
function row(provider: string, id: string, more: Partial<ListedModel> = {}): ListedModel {
  return {
    id,
    provider,
    name: `Own ${id}`,
    contextTokens: null,
    outputTokensMax: null,
    prices: null,
    abilities: UNKNOWN_ABILITIES,
    tokenFactor: 1,
    asOf: "",
    source: "",
    ...more,
  };
}

const price = (input: number, output: number) => ({ input, cachedInput: input, cacheWrite: null, output });

Deno.test("a model shows what it takes and all that it costs; the demo takes nothing", () => {
  const models = catalog({ configured: ALL, compatible: [] });
  const by = (id: string) => models.find((model) => model.id === id)!;
  const haiku = by("anthropic/claude-haiku-5-5");
  assertEquals(haiku.price, {
    input: 100_000,
    cachedInput: 10_000,
    cacheWrite: 125_000,
    output: 500_000,
    aboveTokens: {
      tokens: 100_000,
      input: 500_000,
      cachedInput: 50_000,
      cacheWrite: 625_000,
      output: 2_500_000,
    },
  });
  const shown = (id: string) => {
    const { temperature, efforts, stop, reasoning, tools, vision } = by(id).abilities;
    return [temperature, efforts?.join(" "), stop, reasoning, tools, vision];
  };
  assertEquals(shown(haiku.id), [false, "low medium high xhigh max", true, true, true, true]);
  assertEquals(shown("anthropic/claude-haiku-4-5"), [true, "", true, false, true, true]);
  const gpt = (efforts: string) => [false, efforts, false, true, true, true];
  // These two refuse to be told not to think.
  assertEquals(shown("openai/gpt-6-astra"), gpt("low medium high xhigh max"));
  assertEquals(shown("openai/gpt-6.1-sol"), gpt("low medium high xhigh max"));
  for (const id of ["openai/gpt-6-sol", "openai/gpt-6.1-terra", "openai/gpt-6-luna"]) {
    assertEquals(shown(id), gpt("none low medium high xhigh max"), id);
  }
  assertEquals(shown("openai/gpt-4.1-mini"), [true, "", false, false, true, true]);
  assertEquals(shown("demo/tour"), [false, "", false, false, false, false]);
});

Deno.test("what no model of a provider takes is known of those that nobody lists, or an operator does", () => {
  const asked = ["openai/gpt-next", "anthropic/claude-next", "compatible/next"];
  const list = withRows([row("anthropic", "own"), row("openai", "own")]);
  const models = catalog({ configured: ALL, compatible: [], asked, list });
  const shown = (id: string) => {
    const { temperature, temperatureMax, stop } = models.find((model) => model.id === id)!.abilities;
    return [temperature, temperatureMax, stop];
  };
  assertEquals(shown("openai/gpt-next"), [null, undefined, false]);
  assertEquals(shown("anthropic/claude-next"), [null, 1, null]);
  assertEquals(shown("compatible/next"), [null, undefined, null]);
  assertEquals([shown("openai/own"), shown("anthropic/own")], [[null, undefined, false], [null, 1, null]]);
  assertEquals(shown("anthropic/claude-haiku-4-5"), [true, 1, true]);
});

Deno.test("an operator's row replaces ours as a whole, or adds a model, also of a compatible server", () => {
  const list = withRows([
    row("compatible", "claude-haiku-5-5"),
    row("anthropic", "claude-haiku-5-5"),
    row("compatible", "a"),
    row("openai", "new"),
  ]);
  assertEquals(list.length, LIST.length + 3);
  const shown = (configured: Set<string>, compatible: Discovered[] = []) =>
    new Map(catalog({ configured, compatible, list }).map((model) => [model.id, model]));
  const all = shown(ALL);
  assertEquals(all.get("anthropic/claude-haiku-5-5")?.name, "Own claude-haiku-5-5");
  assertEquals(all.get("anthropic/claude-haiku-5-5")?.price, null, "what a row leaves out is unknown");
  assertEquals(all.size, list.length + 1, "and each is shown once, with the demo");
  assert(all.get("openai/new")?.available && all.get("compatible/a")?.available);
  assertEquals(listed("openai", "new"), undefined, "our own list stays as it is");
  assertEquals(
    shown(new Set(["demo"])).get("compatible/a")?.unavailableBecause,
    "Set COMPATIBLE_BASE_URL to use it.",
  );
});

Deno.test("what a row leaves open is what the server says; what it says, stands", () => {
  const found = {
    model: "a",
    contextTokens: 8192,
    outputTokensMax: 512,
    price: price(5, 6),
    abilities: { ...UNKNOWN_ABILITIES, stop: true, tools: true },
  };
  const own = { ...UNKNOWN_ABILITIES, temperatureMax: 1.5, tools: false };
  const list = withRows([
    row("compatible", "a", { contextTokens: 4096, abilities: own }),
  ]);
  const models = catalog({ configured: ALL, compatible: [found], list });
  const shown = models.filter((model) => model.id === "compatible/a");
  assertEquals(shown, [{
    id: "compatible/a",
    provider: "compatible",
    name: "Own a",
    contextTokens: 4096,
    outputTokensMax: 512,
    price: price(5, 6),
    abilities: { ...UNKNOWN_ABILITIES, temperatureMax: 1.5, stop: true, tools: false },
    available: true,
  }]);
  const other = catalog({ configured: ALL, compatible: [found], list: [row("openai", "a")] });
  assertEquals(
    other.find((model) => model.id === "openai/a")?.price,
    null,
    "a server says nothing of another provider's model",
  );
});

Deno.test("fallbacks are the best of each provider, or those that are asked for and usable, in that order", () => {
  const models = catalog({ configured: ALL, compatible: [named("a")], asked: ["openai/gpt-next"] });
  assertEquals(fallbacks(models), ["anthropic/claude-sonnet-5-5", "openai/gpt-6.1-sol", "compatible/a"]);
  const wanted = ["demo/tour", "openai/gpt-next", "compatible/b", "anthropic/claude-haiku-5-5"];
  assertEquals(fallbacks(models, wanted), ["demo/tour", "openai/gpt-next", "anthropic/claude-haiku-5-5"]);
  assertEquals(fallbacks(models, []), []);
  assertEquals(fallbacks(catalog(NONE), wanted), ["demo/tour"]);
  assertEquals(fallbacks(catalog(NONE)), []);
});

Deno.test("summaries are made by the model that is asked for, else the cheapest of the provider, else the model itself", () => {
  const found = { ...named("b"), price: price(1, 1) };
  const all = catalog({ configured: ALL, compatible: [named("a"), found] });
  const cheap = (id: string, wanted?: string, models = all, list = LIST) =>
    cheapest(id, models, list, wanted);
  assertEquals(cheap("anthropic/claude-opus-5-5"), "anthropic/claude-haiku-5-5");
  assertEquals(cheap("openai/gpt-6-astra"), "openai/gpt-6-luna");
  assertEquals(cheap("openai/gpt-next"), "openai/gpt-6-luna");
  assertEquals(cheap("compatible/a"), "compatible/a", "not what a server merely has, however cheap");
  assertEquals(cheap("demo/tour"), "demo/tour");
  assertEquals(cheap("nope"), "nope");
  assertEquals(cheap("demo/tour", "openai/gpt-6-sol"), "openai/gpt-6-sol");
  assertEquals(cheap("openai/gpt-6-astra", "openai/nope"), "openai/gpt-6-luna");
  const openai = catalog({ configured: new Set(["demo", "openai"]), compatible: [] });
  assertEquals(cheap("openai/gpt-6-astra", "anthropic/claude-haiku-5-5", openai), "openai/gpt-6-luna");
  assertEquals(cheap("anthropic/claude-opus-5-5", undefined, openai), "anthropic/claude-opus-5-5");
  const list = withRows([
    row("compatible", "a", { prices: price(2, 8) }),
    row("compatible", "b", { prices: price(3, 7) }),
    row("compatible", "c", { prices: price(1, 10) }),
    row("compatible", "d"),
  ]);
  const own = catalog({ configured: ALL, compatible: [], list });
  assertEquals(cheap("compatible/c", undefined, own, list), "compatible/a");
  assertEquals(cheap("compatible/b", undefined, own, list), "compatible/b", "at one price, the model itself");
  assertEquals(
    cheap("compatible/d", undefined, own, list),
    "compatible/a",
    "an unknown price is not a low one",
  );
});
