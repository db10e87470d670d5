import { assertEquals } from "@std/assert";
import { spendingByModel, total } from "@/lib/client/spending.ts";
import type { ModelSpending } from "@/lib/protocol/api.ts";

const spent = (model: string, change: Partial<ModelSpending>): ModelSpending => ({
  model,
  attempts: 1,
  inputTokens: 10,
  cachedInputTokens: 1,
  outputTokens: 5,
  reasoningTokens: 2,
  microUsd: 0,
  unpriced: 0,
  ...change,
});

Deno.test("U4: days become one row for each model, and the total is the sum of the rows", () => {
  const rows = spendingByModel({
    days: [
      { day: "2026-11-24", models: [spent("a", { microUsd: 5 }), spent("b", { microUsd: 40 })] },
      { day: "2026-11-25", models: [spent("a", { microUsd: 20, attempts: 3 }), spent("c", { unpriced: 1 })] },
    ],
  });
  assertEquals(
    rows.map(({ model, microUsd, attempts, inputTokens }) => [model, microUsd, attempts, inputTokens]),
    [
      ["b", 40, 1, 10],
      ["a", 25, 4, 20],
      ["c", 0, 1, 10],
    ],
  );
  const sum = total(rows)!;
  assertEquals([sum.microUsd, sum.unpriced, sum.attempts, sum.cachedInputTokens, sum.reasoningTokens], [
    65,
    1,
    6,
    4,
    8,
  ]);
  assertEquals([spendingByModel({ days: [] }), total([])], [[], undefined]);
});
