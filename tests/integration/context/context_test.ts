// What a model is sent of a conversation, what its answer says of that, and what the meter shows before.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { readMessage } from "@/lib/chat/messages.ts";
import { listSummaries } from "@/lib/chat/summaries.ts";
import { SUMMARISE } from "@/lib/context/transcript.ts";
import { AppError } from "@/lib/core/errors.ts";
import type { Id } from "@/lib/core/ids.ts";
import type { Message } from "@/lib/protocol/message.ts";
import { CORPUS } from "../../fixtures/corpus.ts";
import { type Process, World } from "../../support/program.ts";
import { SmallModel } from "../../support/small_model.ts";

const MODEL = "compatible/small";
const WINDOW = 4_000;
const LARGE = "compatible/large";

async function open(): Promise<{ world: World; model: SmallModel; here: Process; id: Id }> {
  const world = await World.open();
  world.limits.set(MODEL, { contextTokens: WINDOW, outputTokensMax: null });
  const model = new SmallModel(world.provider, WINDOW);
  const here = world.process();
  const { id } = await here.conversations.create(world.userId, { model: MODEL, systemPrompt: "Be kind." });
  return { world, model, here, id };
}

async function turn(here: Process, id: Id, text: string, model?: string): Promise<Message> {
  const { reply } = await here.send(id, { text, ...(model === undefined ? {} : { model }) });
  await here.done(reply.generationId);
  return (await readMessage(here.store, id, reply.messageId))!.message;
}

const words = (n: number) => `Turn ${n}. Remember the number ${n}. ${"and so on ".repeat(60)}`;

Deno.test("the summary that a message will need is made while nobody waits: it is there, and in what is sent", async () => {
  const { world, model, here, id } = await open();
  await using _ = world;
  let used = 0;
  for (let n = 1; n <= 40; n++) {
    const before = await listSummaries(here.store, id);
    const { asked } = await turn(here, id, words(n));
    const context = asked!.context!;
    // Whatever is left out is in a summary that was there before the message was sent.
    if (context.omitted > 0) {
      used++;
      assert(before.some(({ summary }) => summary.throughId === context.summaryThroughId), `turn ${n}`);
      assertStringIncludes(model.asked.at(-1)!.systemPrompt, "Remember the number 1.");
    }
    await here.summaries.settled();
  }
  assert(used > 20, `${used} messages needed a summary`);
});

Deno.test("a message waits for no summary: it is sent without, and the next one has it", async () => {
  const { world, model, here, id } = await open();
  await using _ = world;
  model.windowTokens = Infinity;
  world.limits.set(LARGE, { contextTokens: 100_000, outputTokensMax: null });
  for (let n = 1; n <= 20; n++) await turn(here, id, words(n), LARGE);
  assertEquals(model.summarised, []);
  // The same conversation, and a model that cannot hold it.
  const usual = model.onSummary;
  let answer = () => {};
  model.onSummary = (call, text) => (answer = () => usual(call, text));
  const without = (await turn(here, id, words(21))).asked!.context!;
  assert(without.omitted > 20 && without.summaryThroughId === undefined);
  const still = (await turn(here, id, words(22))).asked!.context!;
  assertEquals(still.summaryThroughId, undefined);
  assertEquals(model.summarised.length, 1);
  model.onSummary = usual;
  answer();
  await here.summaries.settled();
  const { asked } = await turn(here, id, words(23));
  assert(asked!.context!.summaryThroughId !== undefined);
  assertStringIncludes(model.asked.at(-1)!.systemPrompt, "Remember the number 1.");
});

Deno.test("a summary that is missed is begun with the message that misses it, not only when its answer has ended", async () => {
  const { world, model, here, id } = await open();
  await using _ = world;
  model.windowTokens = Infinity;
  world.limits.set(LARGE, { contextTokens: 100_000, outputTokensMax: null });
  for (let n = 1; n <= 20; n++) await turn(here, id, words(n), LARGE);
  const calls = world.provider.calls.length;
  world.provider.onCall = () => {};
  const { reply } = await here.send(id, words(21));
  const both = [await world.provider.call(calls + 1), await world.provider.call(calls + 2)];
  assertEquals(both.filter(({ request }) => request.systemPrompt === SUMMARISE).length, 1);
  for (const call of both) call.text("Yes.").end();
  await here.done(reply.generationId);
});

Deno.test("an answer says how it was asked: parameters as they were sent, the estimate, the budget, what was left out", async () => {
  const { world, model, here, id } = await open();
  await using _ = world;
  world.limits.set(MODEL, { contextTokens: WINDOW, outputTokensMax: 2_000 });
  await here.conversations.patch(world.userId, id, { params: { temperature: 0.5, outputTokensMax: 1_500 } });
  const first = await turn(here, id, "Hello?");
  const { estimatedTokens } = first.asked!.context!;
  assertEquals(first.asked, {
    promptId: first.asked!.promptId,
    params: { temperature: 0.5, outputTokensMax: 1_500 },
    context: { estimatedTokens, budgetTokens: WINDOW - 1_500, omitted: 0 },
  });
  assert(estimatedTokens > 8 && estimatedTokens < 20, `${estimatedTokens}`);
  assertEquals(model.asked[0]!.params, first.asked!.params);
  // The longest answer is what the prompt leaves of the window.
  model.answer = () => "so it goes ".repeat(300);
  assertEquals((await turn(here, id, "and so on ".repeat(200))).error, undefined);
  assertEquals(model.asked.at(-1)!.outputTokensMax, 2_000);
  const { context, params } = (await turn(here, id, "and so on ".repeat(80))).asked!;
  assert(context!.correction! > 1.05, "the first answers had shown that this model counts more");
  const left = WINDOW - Math.ceil(context!.estimatedTokens * 1.1);
  assert(left < 2_000 && left > 1_500, `${left} tokens are left`);
  assertEquals([model.asked.at(-1)!.outputTokensMax, params!.outputTokensMax], [left, 1_500]);
  assertEquals(model.refused, []);
});

Deno.test("a message that is too long for the model is refused in words, and no provider is asked", async () => {
  const { world, model, here, id } = await open();
  await using _ = world;
  await turn(here, id, "Hello?");
  const calls = world.provider.calls.length;
  const answer = await turn(here, id, "far too long ".repeat(2_000));
  assertEquals([answer.status, answer.error?.code], ["failed", "context_full"]);
  assertStringIncludes(answer.error!.detail, "Shorten it, or choose a model with a larger context.");
  assert(!/\n/.test(answer.error!.detail));
  assertEquals(world.provider.calls.length, calls);
  // It is in the history, and is left out of it when the next one is short.
  const next = await turn(here, id, "Hello again?");
  assertEquals([next.status, model.refused.length], ["complete", 0]);
});

Deno.test("a window that is not known is sent everything", async () => {
  await using world = await World.open();
  const model = new SmallModel(world.provider, Infinity);
  const here = world.process();
  const id = await here.create();
  for (let n = 1; n <= 40; n++) await turn(here, id, words(n));
  await here.summaries.settled();
  assertEquals(model.asked.at(-1)!.turns.length, 79);
  assertEquals(model.summarised, []);
});

Deno.test("what is said of the past: words, also of answers that failed with some; never thoughts, and nothing blank", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  world.provider.onCall = (call, n) => {
    if (n === 1) call.reasoning("Hm.").text("Yes.").end();
    else if (n === 2) call.text("Half an").fail(new AppError("provider_refused", "No more."));
    else if (n === 3) call.reasoning("I think I will fail.").fail(new AppError("provider_refused", "No."));
    else call.text("Fine.").end();
  };
  for (const text of ["one", "two", "three", "four"]) await turn(here, id, text);
  assertEquals(world.provider.calls[3]!.request.turns, [
    { role: "user", text: "one" },
    { role: "assistant", text: "Yes." },
    { role: "user", text: "two" },
    { role: "assistant", text: "Half an" },
    { role: "user", text: "three" },
    { role: "user", text: "four" },
  ]);
});

Deno.test("an estimate is within 15 % of the provider's count, whatever is said, and the meter is exactly that count after it", async () => {
  await using world = await World.open();
  const FRAME = 4;
  const kinds = CORPUS.filter((_, at) => at % 3 === 0);
  const tokensOf = new Map(CORPUS.map(({ text, tokens }) => [text, tokens]));
  world.limits.set(MODEL, { contextTokens: 100_000, outputTokensMax: null });
  const counted = (texts: readonly string[]) =>
    texts.reduce((sum, text) => sum + FRAME + (tokensOf.get(text) ?? 1), 0);
  world.provider.onCall = (call) => {
    const n = world.provider.calls.length;
    const { text, tokens } = CORPUS[n % CORPUS.length]!;
    const inputTokens = counted(call.request.turns.map(({ text }) => text));
    call.reasoning("Hm.").text(text).usage({ inputTokens, outputTokens: tokens + 9, reasoningTokens: 9 })
      .end();
  };
  const here = world.process();
  for (const kind of kinds) {
    const { id } = await here.conversations.create(world.userId, { model: MODEL });
    for (const { text } of [kind, ...CORPUS.slice(0, 12)]) {
      const answer = await turn(here, id, text);
      const { usage, asked } = answer;
      const ratio = asked!.context!.estimatedTokens / usage!.inputTokens;
      assert(Math.abs(ratio - 1) < 0.15, `${kind.name}: ${ratio}`);
      assertEquals(await here.contextUse(id), {
        model: MODEL,
        usedTokens: usage!.inputTokens + usage!.outputTokens - usage!.reasoningTokens!,
        exact: true,
        budgetTokens: 75_000,
        windowTokens: 100_000,
        omitted: 0,
      });
    }
  }
});

Deno.test("the meter of another model is an estimate, with that model's window", async () => {
  const { world, here, id } = await open();
  await using _ = world;
  world.limits.set(LARGE, { contextTokens: 100_000, outputTokensMax: null });
  const empty = await here.contextUse(id);
  assertEquals([empty.exact, empty.budgetTokens, empty.omitted], [false, 3_000, 0]);
  assert(empty.usedTokens > 0 && empty.usedTokens < 20, `${empty.usedTokens}`);
  await turn(here, id, words(1));
  const own = await here.contextUse(id);
  const other = await here.contextUse(id, LARGE);
  assertEquals([own.exact, other.exact], [true, false]);
  assertEquals([other.model, other.windowTokens, other.budgetTokens], [LARGE, 100_000, 75_000]);
  assert(other.usedTokens < own.usedTokens, "this model counts more than most");
});

Deno.test("the meter says what will be left out, and what stands for it", async () => {
  const { world, here, id } = await open();
  await using _ = world;
  for (let n = 1; n <= 14; n++) {
    await turn(here, id, words(n));
    await here.summaries.settled();
  }
  let seen = 0;
  for (let n = 15; n <= 26; n++) {
    const shown = await here.contextUse(id);
    assert(shown.omitted > 0 && shown.usedTokens <= shown.budgetTokens!, JSON.stringify(shown));
    const { context } = (await turn(here, id, words(n))).asked!;
    await here.summaries.settled();
    if (context!.omitted !== shown.omitted) continue; // the message itself needed the room
    seen++;
    assertEquals(context!.summaryThroughId, shown.summaryThroughId);
  }
  assert(seen > 6, `${seen} of 12 meters said what was then left out`);
});
