import { assert, assertEquals } from "@std/assert";
import { answerTokensMax, budget } from "@/lib/context/budget.ts";

Deno.test("the answer's reserve is what was asked for, or the model's own limit, or a quarter of the window", () => {
  const window = { contextTokens: 8_192, outputTokensMax: null };
  assertEquals(budget(window, false).budgetTokens, 8_192 - 2_048);
  assertEquals(budget({ ...window, outputTokensMax: 1_000 }, false).budgetTokens, 7_192);
  assertEquals(budget({ ...window, outputTokensMax: 100_000 }, false).budgetTokens, 6_144);
  assertEquals(budget({ ...window, wantedOutputTokens: 500 }, false).budgetTokens, 7_692);
  assertEquals(budget({ ...window, wantedOutputTokens: 3_000 }, false).budgetTokens, 5_192);
  // Who wants the whole window for the answer could ask nothing.
  assertEquals(budget({ ...window, wantedOutputTokens: 8_192 }, false).budgetTokens, 4_096);
  assertEquals(
    budget({ ...window, outputTokensMax: 400, wantedOutputTokens: 3_000 }, false).budgetTokens,
    7_792,
  );
  assertEquals(budget({ ...window, wantedOutputTokens: 0 }, false).budgetTokens, 8_191);
});

Deno.test("a margin is kept for what an estimate may be wrong by, and halved once a count has corrected it", () => {
  const window = { contextTokens: 8_192, outputTokensMax: null };
  assertEquals(budget(window, false).promptTokensMax, Math.floor(6_144 * 0.9));
  assertEquals(budget(window, true).promptTokensMax, Math.floor(6_144 * 0.95));
});

Deno.test("a window that nobody knows is taken for a million tokens, and shown as unknown", () => {
  const unknown = budget({ contextTokens: null, outputTokensMax: 4_000 }, false);
  assertEquals(unknown, { budgetTokens: null, promptTokensMax: 900_000 });
});

Deno.test("C1: prompt and longest answer together are never more than the window", () => {
  for (const promptTokens of [0, 10, 2_000, 5_529, 8_000]) {
    const answer = answerTokensMax(4_096, 8_192, promptTokens, false);
    assert(answer >= 1 && answer <= 4_096);
    if (answer > 1) assert(promptTokens * 1.1 + answer <= 8_192, `${promptTokens} + ${answer}`);
  }
  assertEquals(answerTokensMax(4_096, 8_192, 10, false), 4_096);
  assertEquals(answerTokensMax(4_096, null, 1_000_000, false), 4_096);
});
