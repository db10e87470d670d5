// What usages cost, as the vendors report them, beside sums made by hand. All figures are in micro-USD, and a price in
// micro-USD for a token is one in USD for a million.
import { assertEquals } from "@std/assert";
import { readEntry } from "@/lib/models/entry.ts";
import { listed } from "@/lib/models/list.ts";
import { parseModels } from "@/lib/models/models_file.ts";
import { costMicroUsd } from "@/lib/models/price.ts";
import { exclusiveUsage, inclusiveUsage } from "@/lib/models/usage.ts";
import type { Price } from "@/lib/protocol/model.ts";

/** What a vendor counts, under one name for all; `reasoning` is part of `output` with all of them. */
interface Counted {
  input: unknown;
  cached?: unknown;
  written?: unknown;
  output: unknown;
  reasoning?: unknown;
}

type Row = readonly [model: string, counted: Counted, cost: number];

const OPENAI: readonly Row[] = [
  // gpt-6.1-sol is 2, cached 0.1, written 2.5, output 10: 1000 × 2 + 100 × 10
  ["gpt-6.1-sol", { input: 1000, cached: 0, output: 100, reasoning: 0 }, 3000],
  // Of the 1000, 600 were cached: 400 × 2 + 600 × 0.1 + 100 × 10
  ["gpt-6.1-sol", { input: 1000, cached: 600, output: 100, reasoning: 64 }, 1860],
  // 1000 × 2 + 8000 × 0.1 + 3000 × 2.5 + 500 × 10 = 2000 + 800 + 7500 + 5000
  ["gpt-6.1-sol", { input: 12_000, cached: 8000, written: 3000, output: 500, reasoning: 300 }, 15_300],
  // As long as the threshold is not above it: 272,000 × 2 + 1000 × 10
  ["gpt-6.1-sol", { input: 272_000, output: 1000 }, 554_000],
  // One more, and all of it is dearer: 272,001 × 4 + 1000 × 15
  ["gpt-6.1-sol", { input: 272_001, output: 1000 }, 1_103_004],
  // Cached tokens count for the threshold: 10,000 × 4 + 290,000 × 0.2 + 2000 × 15 = 40,000 + 58,000 + 30,000
  ["gpt-6.1-sol", { input: 300_000, cached: 290_000, output: 2000 }, 128_000],
  // gpt-6-luna is 0.1 and 0.5: 1.7 + 4.5 = 6.2
  ["gpt-6-luna", { input: 17, output: 9 }, 6],
  // Stopped before a word: 15 × 0.1 = 1.5
  ["gpt-6-luna", { input: 15, output: 0 }, 2],
  // gpt-6.1-terra is 1, cached 0.05, output 5: 64 + 1996.8 + 6000 = 8060.8
  ["gpt-6.1-terra", { input: 40_000, cached: 39_936, output: 1200, reasoning: 1024 }, 8061],
  // gpt-4.1-mini is 0.4, cached 0.1, output 1.6, and writing costs nothing more: 204.8 + 102.4 + 204.8 + 409.6 = 921.6
  ["gpt-4.1-mini", { input: 2048, cached: 1024, written: 512, output: 256 }, 922],
];

const ANTHROPIC: readonly Row[] = [
  // claude-sonnet-5-5 is 2, cached 0.1, written 2.5, output 10: 1000 × 2 + 100 × 10
  ["claude-sonnet-5-5", { input: 1000, cached: 0, written: 0, output: 100 }, 3000],
  // The 600 come on top of the 1000: 1000 × 2 + 600 × 0.1 + 100 × 10
  ["claude-sonnet-5-5", { input: 1000, cached: 600, output: 100 }, 3060],
  // 12 × 2 + 5000 × 2.5 + 300 × 10 = 24 + 12,500 + 3000
  ["claude-sonnet-5-5", { input: 12, cached: null, written: 5000, output: 300 }, 15_524],
  // 12 × 2 + 5000 × 0.1 + 400 × 2.5 + 300 × 10 = 24 + 500 + 1000 + 3000
  ["claude-sonnet-5-5", { input: 12, cached: 5000, written: 400, output: 300 }, 4524],
  // claude-haiku-5-5 is 0.1 and 0.5 up to 100,000 tokens: 10,000 + 500
  ["claude-haiku-5-5", { input: 100_000, output: 1000 }, 10_500],
  // Above, it is 0.5 and 2.5: 50,000.5 + 2500 = 52,500.5
  ["claude-haiku-5-5", { input: 100_001, output: 1000 }, 52_501],
  // The sum of the three is what is above: 1 × 0.5 + 90,000 × 0.05 + 10,000 × 0.625 + 200 × 2.5 = 11,250.5
  ["claude-haiku-5-5", { input: 1, cached: 90_000, written: 10_000, output: 200 }, 11_251],
  // And here is not: 90,000 × 0.01 + 10,000 × 0.125 + 200 × 0.5 = 900 + 1250 + 100
  ["claude-haiku-5-5", { input: 0, cached: 90_000, written: 10_000, output: 200 }, 2250],
  // claude-opus-5-5 is 4 and 20, thoughts included: 10,000 + 81,920
  ["claude-opus-5-5", { input: 2500, output: 4096, reasoning: 3000 }, 91_920],
  // claude-haiku-4-5 is 1 and 5
  ["claude-haiku-4-5", { input: 3, output: 1 }, 8],
];

const COMPATIBLE: readonly Row[] = [
  // routed is 1.25, cached 0.125, written 1.5625, output 10: 1250 + 1000
  ["routed", { input: 1000, output: 100 }, 2250],
  // 400 × 1.25 + 600 × 0.125 + 100 × 10 = 500 + 75 + 1000
  ["routed", { input: 1000, cached: 600, output: 100 }, 1575],
  // 100 × 1.25 + 600 × 0.125 + 300 × 1.5625 = 125 + 75 + 468.75 = 668.75
  ["routed", { input: 1000, cached: 600, written: 300, output: 0 }, 669],
  // 7 × 1.25 + 3 × 10 = 38.75
  ["routed", { input: 7, cached: null, output: 3, reasoning: null }, 39],
  // A server that counts more cached tokens than there were; none is charged twice: 900 × 0.125 + 10 = 122.5
  ["routed", { input: 600, cached: 900, output: 1 }, 123],
  // own is 0.6 and 2.4 up to 32,000 tokens: 19,200 + 1200
  ["own", { input: 32_000, output: 500 }, 20_400],
  // Above, it is 1.2, cached 0.3, output 3.6: 38,401.2 + 1800 = 40,201.2
  ["own", { input: 32_001, output: 500 }, 40_201],
  // 1000 × 1.2 + 39,000 × 0.3 + 10 × 3.6 = 1200 + 11,700 + 36
  ["own", { input: 40_000, cached: 39_000, output: 10 }, 12_936],
  // Writing costs what reading does: 100 × 0.6
  ["own", { input: 100, written: 50, output: 0 }, 60],
  // Counts that are none are no tokens: 5 × 2.4
  ["own", { input: "many", cached: -4, output: 5 }, 12],
];

const ROUTED = readEntry({
  id: "routed",
  pricing: {
    prompt: "0.00000125",
    completion: "0.00001",
    input_cache_read: "0.000000125",
    input_cache_write: "0.0000015625",
  },
})?.price;

const OWN = parseModels(JSON.stringify({
  models: [{
    provider: "compatible",
    id: "own",
    prices: {
      input: 600_000,
      cachedInput: 150_000,
      cacheWrite: null,
      output: 2_400_000,
      aboveTokens: {
        tokens: 32_000,
        input: 1_200_000,
        cachedInput: 300_000,
        cacheWrite: null,
        output: 3_600_000,
      },
    },
  }],
})).rows[0]?.prices;

const VENDORS: readonly {
  vendor: string;
  rows: readonly Row[];
  usage: typeof inclusiveUsage;
  price: (model: string) => Price | null | undefined;
}[] = [
  {
    vendor: "OpenAI, whose input includes the cached tokens,",
    rows: OPENAI,
    usage: inclusiveUsage,
    price: (model) => listed("openai", model)?.prices,
  },
  {
    vendor: "Anthropic, whose input excludes them,",
    rows: ANTHROPIC,
    usage: exclusiveUsage,
    price: (model) => listed("anthropic", model)?.prices,
  },
  {
    vendor: "a compatible server",
    rows: COMPATIBLE,
    usage: inclusiveUsage,
    price: (model) => model === "own" ? OWN : ROUTED,
  },
];

for (const { vendor, rows, usage, price } of VENDORS) {
  Deno.test(`what ${vendor} reports costs what a hand works out`, () => {
    const costs = rows.map(([model, { input, output, ...details }]) =>
      costMicroUsd(price(model)!, usage(input, output, details))
    );
    assertEquals(costs, rows.map(([, , cost]) => cost));
    assertEquals(rows.length, 10);
  });
}
