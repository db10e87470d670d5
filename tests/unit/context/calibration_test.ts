import { assert, assertEquals } from "@std/assert";
import { calibration, UNCALIBRATED } from "@/lib/context/calibration.ts";
import type { Message } from "@/lib/protocol/message.ts";

function answer(
  estimatedTokens: number,
  inputTokens: number,
  more: Partial<Message> = {},
  correction?: number,
): Message {
  return {
    id: "a",
    conversationId: "c",
    parentId: null,
    role: "assistant",
    status: "complete",
    parts: [],
    model: "openai/x",
    asked: {
      context: {
        estimatedTokens,
        budgetTokens: null,
        omitted: 0,
        ...(correction === undefined ? {} : { correction }),
      },
    },
    usage: { inputTokens, outputTokens: 10 },
    createdAt: 0,
    ...more,
  };
}

Deno.test("an estimate is corrected by what the provider counted for the newest answer of the same model", () => {
  const branch = [answer(5_000, 9_000), answer(10_000, 13_000), answer(10_000, 5_000, { model: "other/y" })];
  const { factor, known } = calibration(branch, "openai/x");
  assertEquals([factor, known], [Number((13_200 / 10_200).toFixed(3)), true]);
  assertEquals(calibration(branch, "openai/z"), UNCALIBRATED);
  assertEquals(calibration([], "openai/x"), UNCALIBRATED);
});

Deno.test("a corrected estimate that was right stays corrected: the factor does not swing back", () => {
  const { factor } = calibration([answer(10_000, 13_000)], "openai/x");
  const estimated = 10_000 * factor;
  const again = calibration([answer(estimated, 13_000, {}, factor)], "openai/x");
  assert(Math.abs(again.factor - factor) < 0.02, `${factor}, then ${again.factor}`);
});

Deno.test("a count that cannot be trusted corrects nothing, or no further than a text can be off", () => {
  // Ten tokens that come back as twenty are a frame, not a language.
  const short = calibration([answer(10, 20)], "openai/x");
  assert(short.factor < 1.06 && !short.known);
  assertEquals(calibration([answer(1_000, 0)], "openai/x"), UNCALIBRATED);
  assertEquals(calibration([answer(1_000, 9_000, { recovered: "continued" })], "openai/x"), UNCALIBRATED);
  assertEquals(calibration([answer(1_000, 9_000, { asked: {} })], "openai/x"), UNCALIBRATED);
  assertEquals(calibration([answer(1_000, 9_000, { usage: undefined })], "openai/x"), UNCALIBRATED);
  assertEquals(calibration([answer(5_000, 500_000)], "openai/x").factor, 2.5);
  assertEquals(calibration([answer(50_000, 5)], "openai/x").factor, 0.5);
});
