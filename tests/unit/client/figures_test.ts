import { assertEquals } from "@std/assert";
import {
  costOf,
  dollars,
  duration,
  exactCost,
  percent,
  priceOf,
  promptMicroUsd,
  spentOf,
  windowOf,
} from "@/lib/client/figures.ts";
import type { Price } from "@/lib/protocol/model.ts";

const price = (input: number, output: number): Price => ({ input, output, cachedInput: 0, cacheWrite: null });
const FREE = price(0, 0);

Deno.test("a window is rounded down to what is there, and a power of two is called by its name", () => {
  const cases: [number | null, string][] = [
    [1_000_000, "1M"],
    [1_050_000, "1M"],
    [1_560_000, "1.5M"],
    [128_000, "128K"],
    [131_072, "128K"],
    [32_768, "32K"],
    [1_048_576, "1M"],
    [200_000, "200K"],
    [8_191, "8K"],
    [512, "512"],
    [null, "—"],
  ];
  for (const [tokens, expected] of cases) assertEquals(windowOf(tokens), expected);
});

Deno.test("U1: an unknown price is a dash, a known price of nothing is free, and neither is ever the other", () => {
  assertEquals(
    [null, FREE, price(2e6, 10e6), price(100_000, 500_000), price(1_000, 2_000)].map(priceOf),
    ["—", "free", "$2/$10", "$0.10/$0.50", "$0.001/$0.002"],
  );
  assertEquals([costOf(null), costOf(undefined), costOf(null, FREE)], ["—", "—", "—"]);
  assertEquals([costOf(0, FREE), costOf(0, price(100_000, 1)), costOf(0)], ["free", "< $0.000001", "$0"]);
  assertEquals([costOf(4_213), costOf(4_213, FREE)], ["$0.0042", "$0.0042"]);
});

Deno.test("money has the digits that matter, and all of them where they are asked for", () => {
  assertEquals([1, 4_213, 120_000, 999_999, 1_234_567, 1_234_567_890].map(dollars), [
    "$0.000001",
    "$0.0042",
    "$0.12",
    "$1",
    "$1.23",
    "$1,234.57",
  ]);
  assertEquals(exactCost(4_213), "$0.004213");
});

Deno.test("what a conversation cost says what is missing from it", () => {
  assertEquals(
    [
      undefined,
      { microUsd: 0, unpriced: 0 },
      { microUsd: 12_345, unpriced: 0 },
      { microUsd: 12_345, unpriced: 1 },
      { microUsd: 0, unpriced: 2 },
    ].map(spentOf),
    [
      "$0",
      "$0",
      "$0.012",
      "$0.012, and 1 request of unknown price",
      "2 requests of unknown price",
    ],
  );
});

Deno.test("durations and parts are read at a glance", () => {
  assertEquals([40, 412, 9_960, 59_400, 59_600, 125_000].map(duration), [
    "0.0 s",
    "0.4 s",
    "10 s",
    "59 s",
    "1 min 0 s",
    "2 min 5 s",
  ]);
  assertEquals([percent(0, 10), percent(1, 1000), percent(999, 1000), percent(10, 10), percent(25, 10)], [
    "0 %",
    "< 1 %",
    "99 %",
    "100 %",
    "250 %",
  ]);
});

Deno.test("U3: a prompt beyond a tier costs that tier's price as a whole", () => {
  const tiered: Price = {
    ...price(2e6, 10e6),
    aboveTokens: { tokens: 272_000, input: 4e6, cachedInput: 0, cacheWrite: null, output: 15e6 },
  };
  assertEquals([promptMicroUsd(tiered, 272_000), promptMicroUsd(tiered, 272_001)], [544_000, 1_088_004]);
  assertEquals([promptMicroUsd(null, 5), promptMicroUsd(FREE, 5)], [null, 0]);
});
