import { assertEquals } from "@std/assert";
import type { Message, Status } from "@/lib/protocol/message.ts";
import { type Comparison, Experiment, tableOf } from "@/lib/usage/experiment.ts";

const answer = (
  id: string,
  more: Partial<Message> & { variant?: string; tokens?: number; status?: Status } = {},
): Message => {
  const { variant, tokens, ...rest } = more;
  return {
    id,
    conversationId: "one",
    parentId: `question of ${id}`,
    role: "assistant",
    status: "complete",
    parts: [],
    createdAt: 0,
    ...(variant === undefined ? {} : { asked: { variant } }),
    ...(tokens === undefined ? {} : { usage: { inputTokens: 1, outputTokens: tokens } }),
    ...rest,
  };
};

function compared(messages: readonly Message[], variants: readonly string[] = []): Comparison[] {
  const experiment = new Experiment(variants);
  messages.forEach((message, order) => experiment.add(message, order));
  return experiment.result();
}

const NOTHING: Omit<Comparison, "variant"> = {
  answers: 0,
  outputTokens: null,
  firstTokenMs: null,
  totalMs: null,
  stopped: 0,
  failed: 0,
  regenerated: 0,
  up: 0,
  down: 0,
};

Deno.test("X1: each variant has its own answers, averages and ratings; questions are no answers", () => {
  const timings = (firstTokenMs: number, totalMs: number) => ({ timings: { firstTokenMs, totalMs } });
  assertEquals(
    compared([
      answer("q", { role: "user", variant: "a" }),
      answer("1", { variant: "a", tokens: 10, rating: "up", ...timings(100, 1_000) }),
      answer("2", { variant: "a", tokens: 20, rating: "up", ...timings(300, 3_000) }),
      answer("3", { variant: "a", tokens: 90, rating: "down", ...timings(200, 2_000) }),
      answer("4", { variant: "b", tokens: 7, status: "cancelled" }),
      answer("5", { variant: "b", tokens: 8, status: "failed" }),
    ]),
    [
      {
        ...NOTHING,
        variant: "a",
        answers: 3,
        outputTokens: { mean: 40, median: 20 },
        firstTokenMs: { mean: 200, median: 200 },
        totalMs: { mean: 2_000, median: 2_000 },
        up: 2,
        down: 1,
      },
      {
        ...NOTHING,
        variant: "b",
        answers: 2,
        outputTokens: { mean: 7.5, median: 7.5 },
        stopped: 1,
        failed: 1,
      },
    ],
  );
});

Deno.test("X1: what was not counted is left out of an average; what still streams is no answer yet", () => {
  assertEquals(
    compared([
      answer("1", { variant: "a", tokens: 10 }),
      answer("2", { variant: "a" }),
      answer("3", { variant: "a", timings: { totalMs: 50 } }),
      answer("4", { variant: "a", tokens: 1_000, status: "streaming" }),
    ]),
    [{
      ...NOTHING,
      variant: "a",
      answers: 3,
      outputTokens: { mean: 10, median: 10 },
      totalMs: { mean: 50, median: 50 },
    }],
  );
});

Deno.test("X2: all but the newest answer to a question were regenerated, whatever order they come in", () => {
  const siblings = [0, 1, 2].map((n) => answer(`sibling ${n}`, { parentId: "question", variant: "a" }));
  const other = answer("other", { parentId: "question", variant: "a", conversationId: "two" });
  for (const orders of [[0, 1, 2], [2, 0, 1], [1, 2, 0]]) {
    const experiment = new Experiment([]);
    for (const order of orders) experiment.add(siblings[order]!, order);
    experiment.add(other, 0);
    assertEquals(experiment.result().map(({ answers, regenerated }) => [answers, regenerated]), [[4, 2]]);
  }
});

Deno.test("X2: a regeneration counts for the variant of the answer that did not please", () => {
  const old = answer("1", { parentId: "question", variant: "old" });
  const next = answer("2", { parentId: "question", variant: "new", status: "streaming" });
  for (const messages of [[[old, 1], [next, 2]], [[next, 2], [old, 1]]] as [Message, number][][]) {
    const experiment = new Experiment([]);
    for (const [message, order] of messages) experiment.add(message, order);
    const rows = experiment.result().map((
      { variant, answers, regenerated },
    ) => [variant, answers, regenerated]);
    assertEquals(rows, [["old", 1, 1]]);
  }
});

Deno.test("variants without an answer are listed, and answers without a variant come last", () => {
  const rows = compared([answer("1"), answer("2", { variant: "b" })], ["c", "a"]);
  assertEquals(rows.map(({ variant, answers }) => [variant, answers]), [["a", 0], ["b", 1], ["c", 0], [
    "",
    1,
  ]]);
  assertEquals(compared([]), []);
});

Deno.test("the table has a line for each variant, on which its name cannot pass for more", () => {
  const rows = compared([
    answer("1", { variant: "brief\nplain  9", tokens: 10, timings: { firstTokenMs: 12.25, totalMs: 1_500 } }),
    answer("2", {}),
  ]);
  const lines = tableOf(rows).trimEnd().split("\n");
  assertEquals(lines.map((line) => line.split(/ {2,}/).map((cell) => cell.trim())), [
    [
      "variant",
      "answers",
      "tokens mean",
      "median",
      "first token ms mean",
      "median",
      "total ms mean",
      "median",
      "stopped",
      "failed",
      "regenerated",
      "up",
      "down",
    ],
    ["brief plain", "9", "1", "10", "10", "12.3", "12.3", "1500", "1500", "0", "0", "0", "0", "0"],
    ["(none)", "1", "-", "-", "-", "-", "-", "-", "0", "0", "0", "0", "0"],
  ]);
  assertEquals(new Set(lines.map(({ length }) => length)).size, 1);
});
