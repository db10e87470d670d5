import { UNKNOWN_ABILITIES } from "@/lib/protocol/model.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { catalog, defaultModel, splitId } from "@/lib/models/catalog.ts";
import { LIST, listed } from "@/lib/models/list.ts";
import { costMicroUsd } from "@/lib/models/price.ts";

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
  const found = [{ model: "meta/llama", contextTokens: 8192 }];
  const all = new Set(["demo", "anthropic", "openai", "compatible"]);
  const choose = (configured: Iterable<string>, wanted?: string) =>
    defaultModel(
      catalog({ configured: new Set(configured), compatible: found, defaultModel: wanted }),
      wanted,
    );
  assertEquals(choose(all), "anthropic/claude-sonnet-5-5");
  assertEquals(choose(["demo", "openai"]), "openai/gpt-6.1-sol");
  assertEquals(
    defaultModel(catalog({ configured: new Set(["demo", "compatible"]), compatible: found })),
    "compatible/meta/llama",
  );
  assertEquals(choose(all, "demo/tour"), "demo/tour");
  assertEquals(choose(["demo", "openai"], "anthropic/claude-opus-5-5"), "openai/gpt-6.1-sol");
  assertEquals(choose(all, "demo/other"), "anthropic/claude-sonnet-5-5");
});

Deno.test("a default that nobody lists is a model whose figures are unknown, if its provider is configured", () => {
  const wanted = "openai/gpt-next";
  const models = catalog({ configured: new Set(["demo", "openai"]), compatible: [], defaultModel: wanted });
  assertEquals(models[0], {
    id: wanted,
    provider: "openai",
    name: "gpt-next",
    contextTokens: null,
    outputTokensMax: null,
    price: null,
    abilities: UNKNOWN_ABILITIES,
    available: true,
  });
  assert(!catalog({ ...NONE, defaultModel: wanted }).some((model) => model.id === wanted));
});

Deno.test("an id is split at its first slash", () => {
  assertEquals(splitId("compatible/meta/llama"), { provider: "compatible", model: "meta/llama" });
  for (const bad of ["", "openai", "/x", "x/", "/"]) assertEquals(splitId(bad), null);
});

Deno.test("the list has whole prices, a date and a source for every model, and no model twice", () => {
  for (const model of LIST) {
    const { aboveTokens, ...tier } = model.prices!;
    for (const tiers of [tier, aboveTokens ?? tier]) {
      for (const price of Object.values(tiers)) {
        assert(price === null || Number.isSafeInteger(price) && price > 0, model.id);
      }
    }
    assert(tier.cachedInput < tier.input && tier.input < tier.output, model.id);
    assert(
      aboveTokens === undefined ||
        aboveTokens.input >= tier.input && aboveTokens.tokens < model.contextTokens,
    );
    assertMatch(model.asOf, /^\d{4}-\d\d-\d\d$/);
    assert(model.source.length > 0 && model.outputTokensMax < model.contextTokens);
  }
  assertEquals(new Set(LIST.map(({ provider, id }) => `${provider}/${id}`)).size, LIST.length);
});

Deno.test("a cost charges each token once, at its own price", () => {
  const haiku = listed("anthropic", "claude-haiku-5-5")!.prices!;
  const sonnet = listed("anthropic", "claude-sonnet-5-5")!.prices!;
  assertEquals(costMicroUsd(sonnet, { inputTokens: 1000, outputTokens: 100 }), 2000 + 1000);
  const cached = { inputTokens: 1000, cachedInputTokens: 600, cacheWriteTokens: 300, outputTokens: 0 };
  assertEquals(costMicroUsd(sonnet, cached), 200 + 60 + 750);
  assertEquals(costMicroUsd(haiku, { inputTokens: 100_000, outputTokens: 1000 }), 10_000 + 500);
  assertEquals(costMicroUsd(haiku, { inputTokens: 100_001, outputTokens: 1000 }), 50_001 + 2500); // all of it
  const mini = listed("openai", "gpt-4.1-mini")!.prices!;
  assertEquals(costMicroUsd(mini, { inputTokens: 1000, cacheWriteTokens: 1000, outputTokens: 0 }), 400);
});
