import { assertEquals } from "@std/assert";
import { answerFacts, liveFacts, rateOf } from "@/lib/client/answer_facts.ts";
import type { Message } from "@/lib/protocol/message.ts";
import { message, model, text } from "./sample.ts";

const PRICE = { input: 2e6, output: 10e6, cachedInput: 0, cacheWrite: null };
const MODELS = [
  model({ id: "openai/sol", name: "Sol", price: PRICE }),
  model({ price: { ...PRICE, input: 0, output: 0 } }),
];
const facts = (change: Partial<Message>) =>
  answerFacts(message({ status: "complete", model: "openai/sol", ...change }), MODELS).map(({ text }) =>
    text
  );

Deno.test("U1, U2: an answer says what its provider counted, exactly, what it cost and how fast it came", () => {
  assertEquals(
    facts({
      usage: { inputTokens: 1_234, outputTokens: 300, cachedInputTokens: 1_000, reasoningTokens: 50 },
      costMicroUsd: 5_468,
      timings: { firstTokenMs: 400, totalMs: 4_400 },
    }),
    ["Sol", "1,234 in", "300 out", "$0.0055", "0.4 s to first token", "75 tok/s", "4.4 s"],
  );
});

Deno.test("U1: an unknown cost is a dash, the demo's is free, and an uncounted answer is an estimate", () => {
  const usage = { inputTokens: 10, outputTokens: 5 };
  assertEquals(facts({ usage, costMicroUsd: null }).at(-1), "—");
  assertEquals(facts({ usage }).at(-1), "—");
  assertEquals(facts({ usage, costMicroUsd: 0, model: "demo/tour" }).at(-1), "free");
  assertEquals(facts({ status: "cancelled", parts: text("one two three") }), ["Stopped", "Sol", "≈ 3 out"]);
  assertEquals(facts({ status: "failed" }), ["Failed", "Sol"]);
});

Deno.test("U2: a pace is only told of one stretch that was long enough to have one", () => {
  const paced = (change: Partial<Message>) =>
    rateOf(
      message({
        usage: { inputTokens: 1, outputTokens: 100 },
        timings: { firstTokenMs: 500, totalMs: 2_500 },
        ...change,
      }),
    );
  assertEquals(paced({}), 50);
  assertEquals(paced({ recovered: "continued" }), null);
  assertEquals(paced({ timings: { firstTokenMs: 500, totalMs: 600 } }), null);
  assertEquals(paced({ timings: { totalMs: 600 } }), null);
});

Deno.test("U2: while it is written, every figure says that it is about", () => {
  const context = { estimatedTokens: 1_000, budgetTokens: null, omitted: 0 };
  const growing = message({ model: "openai/sol", asked: { context } });
  const live = { tokens: 120, perSecond: 48.4, elapsedMs: 2_500 };
  assertEquals(liveFacts(growing, MODELS, live).map(({ text }) => text), [
    "Sol",
    "≈ 120 out",
    "≈ $0.0032",
    "≈ 48 tok/s",
    "2.5 s",
  ]);
  const free = liveFacts(message({ model: "demo/tour" }), MODELS, { ...live, perSecond: null });
  assertEquals(free.map(({ text }) => text), ["Demo tour", "≈ 120 out", "free", "2.5 s"]);
});
