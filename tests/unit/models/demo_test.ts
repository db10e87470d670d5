import { assert, assertEquals, assertRejects, assertStrictEquals, assertStringIncludes } from "@std/assert";
import { AppError } from "@/lib/core/errors.ts";
import { COUNT_MAX, demo, demoTokens } from "@/lib/models/demo.ts";
import type { Delta, ModelRequest } from "@/lib/models/provider.ts";
import { TOUR, TOUR_REASONING } from "@/lib/models/tour.ts";
import { FakeClock } from "../../support/clock.ts";

function asking(text: string): ModelRequest {
  return { model: "tour", systemPrompt: "", turns: [{ role: "user", text }] };
}

function answer(text: string): string {
  return [...demoTokens(asking(text))].map((token) => token.type === "text" ? token.text : "").join("");
}

Deno.test("D1: `count to N` is exactly the numbers, one a token", () => {
  assertEquals([...demoTokens(asking("Please COUNT TO 3!"))].map((token) => token.text), ["1", " 2", " 3"]);
  assertEquals(answer("count to 1"), "1");
  assertEquals(answer("count to 12"), "1 2 3 4 5 6 7 8 9 10 11 12");
  assertEquals(answer("count to 007"), "1 2 3 4 5 6 7");
  assertEquals(answer("don't count to 2, count to 4"), "1 2 3 4");
  assertEquals([...demoTokens(asking("count to 1,000"))].length, 1000);
  assertEquals([...demoTokens(asking(`count to ${COUNT_MAX}`))].at(-1)?.text, ` ${COUNT_MAX}`);
});

Deno.test("anything else is the tour, and so is a count that is none", () => {
  const OTHERS = ["Hello", "", "count to", "count to 0", "count to 100001", "count to ten", "account to 5"];
  for (const other of OTHERS) assertEquals(answer(other), TOUR, other);
});

Deno.test("D1: the tour's tokens are its text, reasoning first", () => {
  const tokens = [...demoTokens(asking("Hello"))];
  assertEquals(tokens, [...demoTokens(asking("Something else"))]);
  const firstText = tokens.findIndex((token) => token.type === "text");
  assert(tokens.slice(firstText).every((token) => token.type === "text"));
  assertEquals(tokens.slice(0, firstText).map((token) => token.text).join(""), TOUR_REASONING);
});

Deno.test("the tour says plainly what it is, and shows one of everything", () => {
  const SHOWN = [
    "I am the **demo**",
    "second tab",
    "Reload",
    "Press Stop",
    "\n## ",
    "   - ",
    "- [x] ",
    "- [ ] ",
    "| :---",
    "```ts\n",
    "```python\n",
    "\\( ",
    "$$\n",
    "](https://",
    "\n> ",
  ];
  for (const shown of SHOWN) assertStringIncludes(TOUR, shown);
  assert(TOUR.isWellFormed());
});

Deno.test("only the last question counts", () => {
  const turns: ModelRequest["turns"] = [
    { role: "user", text: "count to 5" },
    { role: "assistant", text: "1 2 3 4 5" },
    { role: "user", text: "count to 2" },
  ];
  assertEquals([...demoTokens({ turns })].length, 2);
});

Deno.test("D2: each token has its time from the start, and a slow reader is caught up with", async () => {
  const clock = new FakeClock();
  const startMs = clock.now();
  const stream = demo({ tokensPerSecond: 10, clock }).stream(
    asking("count to 8"),
    new AbortController().signal,
  )
    [Symbol.asyncIterator]();
  const atMs: number[] = [];
  for (let i = 0; i < 8; i++) {
    const step = stream.next().then(() => atMs.push(clock.now() - startMs));
    await clock.advance(0);
    while (atMs.length === i) await clock.advance(1);
    await step;
    assertEquals((await stream.next()).value?.type, "checkpoint");
    if (i === 2) await clock.advance(250); // the reader pauses
  }
  assertEquals(atMs, [0, 100, 200, 450, 450, 500, 600, 700]);
  const rest: Delta[] = [(await stream.next()).value, (await stream.next()).value];
  assertEquals(rest, [{ type: "usage", usage: { inputTokens: 3, outputTokens: 8 } }, { type: "end" }]);
  assertEquals((await stream.next()).done, true);
});

Deno.test("M2: a cancel ends the wait for the next token at once", async () => {
  const clock = new FakeClock();
  const controller = new AbortController();
  const stream = demo({ tokensPerSecond: 0.001, clock }).stream(asking("count to 8"), controller.signal)
    [Symbol.asyncIterator]();
  assertEquals((await stream.next()).value, { type: "text", text: "1" });
  assertEquals((await stream.next()).value?.type, "checkpoint");
  const failed = stream.next().then(() => undefined, (error: unknown) => error);
  await clock.advance(1);
  const reason = new Error("stop");
  controller.abort(reason);
  assertStrictEquals(await failed, reason);
  assertEquals(clock.sleeping, 0);
});

Deno.test("D3: an answer that is taken up at any checkpoint is the same answer, usage and all", async () => {
  for (const question of ["count to 40", "Hello"]) {
    const whole = await all(instant().stream(asking(question), new AbortController().signal));
    const checkpoints = whole.filter((delta) => delta.type === "checkpoint");
    assertEquals(checkpoints.length, [...demoTokens(asking(question))].length);
    for (const at of [0, 7, checkpoints.length >> 1, checkpoints.length - 1]) {
      const { checkpoint } = checkpoints[at]!;
      const rest = await all(instant().resume!(checkpoint, new AbortController().signal));
      assertEquals(rest, whole.slice(whole.indexOf(checkpoints[at]!) + 1), `${question}, from ${at}`);
    }
  }
});

Deno.test("what is no checkpoint of the demo's is rejected, so that its caller begins anew", async () => {
  const OTHERS = [
    "",
    "{",
    "null",
    "7",
    '{"countTo":0,"said":1,"inputTokens":1}',
    '{"id":"resp_1","after":3}',
  ];
  for (const other of OTHERS) {
    const error = await assertRejects(
      () => all(instant().resume!(other, new AbortController().signal)),
      AppError,
    );
    assertEquals(error.code, "provider_rejected", other);
  }
});

function instant() {
  return demo({ tokensPerSecond: Infinity, clock: new FakeClock() });
}

async function all(deltas: AsyncIterable<Delta>): Promise<Delta[]> {
  return await Array.fromAsync(deltas);
}

Deno.test("D4: from any prefix of what it says, it goes on with exactly what is missing", async () => {
  const signal = new AbortController().signal;
  for (const question of ["count to 40", "Hello"]) {
    const whole = answer(question);
    for (const chars of [1, 2, 7, 20, whole.length - 1, whole.length]) {
      const request = { ...asking(question), prefix: whole.slice(0, chars) };
      const deltas = await all(instant().stream(request, signal));
      const text = deltas.map((delta) => delta.type === "text" ? delta.text : "").join("");
      assertEquals(request.prefix + text, whole, `${question}, from ${chars}`);
      assertEquals([deltas.at(-1)?.type, deltas.some(({ type }) => type === "reasoning")], ["end", false]);
    }
  }
  for (const prefix of ["2", "1 3", `${answer("count to 4")} 5`]) {
    const request = { ...asking("count to 4"), prefix };
    const error = await assertRejects(() => all(instant().stream(request, signal)), AppError);
    assertEquals(error.code, "provider_rejected", prefix);
  }
});
