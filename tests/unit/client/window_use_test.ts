import { assert, assertEquals } from "@std/assert";
import { fullness, WindowMeter } from "@/lib/client/window_use.ts";
import { estimateTokens } from "@/lib/client/tokens.ts";
import { id, message, model, text } from "./sample.ts";

const SOL = model({
  id: "openai/sol",
  contextTokens: 10_000,
  price: { input: 2e6, output: 10e6, cachedInput: 0, cacheWrite: null },
});
const question = message({
  id: id(1),
  role: "user",
  status: "complete",
  parts: text("Why are there tides?"),
});
const answer = message({
  id: id(2),
  status: "complete",
  model: SOL.id,
  parts: text("Because of the moon."),
  usage: { inputTokens: 7_000, outputTokens: 900, reasoningTokens: 400 },
});
const read = (parts: Partial<Parameters<WindowMeter["read"]>[0]> = {}) =>
  new WindowMeter().read({
    messages: [question, answer],
    earlierChars: 0,
    instructions: "Be brief.",
    draft: "",
    model: SOL,
    ...parts,
  });

Deno.test("M1, X4: after an answer the use is as the provider counted it; thoughts are not sent again", () => {
  const use = read();
  assertEquals([use.beforeTokens, use.counted, use.windowTokens], [7_500, true, 10_000]);
  assertEquals([fullness(use), use.costMicroUsd], [0.75, 15_000]);
});

Deno.test("X4: a draft is estimated and comes on top, and so does what was said after the last count", () => {
  const draft = "And what of the sun? ".repeat(50);
  const drafted = read({ draft });
  assertEquals([drafted.beforeTokens, drafted.draftTokens], [7_500, estimateTokens(draft)]);
  assertEquals(read({ draft: " \n" }).draftTokens, 0);
  const failed = message({ id: id(3), status: "failed", parts: text("The half of an") });
  const after = read({ messages: [question, answer, failed] });
  assertEquals([after.beforeTokens, after.counted], [7_500 + estimateTokens("The half of an"), false]);
});

Deno.test("X4: another model has another window, another price, and nothing was counted for it", () => {
  const luna = model({ id: "openai/luna", contextTokens: 8_000 });
  const use = read({ model: luna });
  assertEquals([use.counted, use.windowTokens, use.costMicroUsd], [false, 8_000, null]);
  assert(fullness(use)! > 0.9);
  assertEquals(fullness(read({ model: model() })), null);
  assertEquals(fullness(read({ model: undefined })), null);
});

Deno.test("X4: without a count all of it is estimated, the instructions too", () => {
  const use = read({ messages: [question] });
  assertEquals(use.beforeTokens, estimateTokens("Be brief.") + estimateTokens("Why are there tides?"));
  assertEquals([use.counted, read({ messages: [], instructions: "" }).beforeTokens], [false, 0]);
  const uncounted = { ...answer, usage: { inputTokens: 0, outputTokens: 0 } };
  assertEquals(
    read({ messages: [question, uncounted] }).beforeTokens,
    use.beforeTokens + estimateTokens("Because of the moon."),
  );
  assertEquals(read({ messages: [question, { ...answer, recovered: "continued" }] }).counted, false);
});

Deno.test("X4: an answer that grows is counted as it grows, and read again without being counted again", () => {
  const meter = new WindowMeter();
  const words = "The moon pulls on the near side a little more. ".repeat(20);
  let use = read();
  for (let end = 40; end <= words.length; end += 40) {
    const growing = message({ id: id(3), parts: text(words.slice(0, end)) });
    use = meter.read({
      messages: [question, growing],
      earlierChars: 0,
      instructions: "",
      draft: "",
      model: SOL,
    });
  }
  const whole = estimateTokens("Why are there tides?") + estimateTokens(words);
  assert(Math.abs(use.beforeTokens - whole) / whole < 0.1, `${use.beforeTokens} of ${whole}`);
});

Deno.test("M5: what was counted before something was changed or removed is of other words: all is estimated again", () => {
  const use = read({ rewrittenAt: 5 });
  const [asked, said] = [estimateTokens("Why are there tides?"), estimateTokens("Because of the moon.")];
  assertEquals([use.beforeTokens, use.counted], [estimateTokens("Be brief.") + asked + said, false]);
  // A count that came after that is of the new words.
  const later = { ...answer, createdAt: 6 };
  assertEquals(read({ messages: [question, later], rewrittenAt: 5 }).counted, true);
});
