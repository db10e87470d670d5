import { assert, assertEquals } from "@std/assert";
import { textTokens } from "@/lib/context/estimate.ts";
import { readMessage } from "@/lib/chat/messages.ts";
import { AppError } from "@/lib/core/errors.ts";
import { randomId } from "@/lib/core/ids.ts";
import { ATTEMPTS_MAX, type RunningJob } from "@/lib/jobs/job.ts";
import { conversationTopic, messageKey } from "@/lib/kv/keys.ts";
import { Breakers } from "@/lib/models/breakers.ts";
import { type Message, textOf } from "@/lib/protocol/message.ts";
import { type Fault, faults } from "../../support/faulty_store.ts";
import { LEASE_MS, type Process, World } from "../../support/program.ts";

const LENGTH = { outcome: "length" } as const;
const CANCELLED = { outcome: "cancelled" } as const;
const FAILED = { outcome: "failed" } as const;

/** An answer that said `text` and ended before its time. */
async function cutOff(
  world: World,
  { outcome }: { outcome: "length" | "cancelled" | "failed" },
  text = "The moon pulls at the oc",
): Promise<{ here: Process; id: string; answer: Message }> {
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Why are there tides?");
  const call = await world.provider.call(world.provider.calls.length || 1);
  call.reasoning("The moon, I think.").text(text);
  if (outcome === "length") call.usage({ inputTokens: 10, outputTokens: 5 }).end("length");
  if (outcome === "failed") call.fail(new AppError("timeout_total", "Too long."));
  if (outcome === "cancelled") {
    await here.until(id, ({ messages }) => textOf(messages.at(-1)!) === text);
    await here.cancel(reply.generationId);
  }
  return { here, id, answer: await here.ended(id, reply.messageId) };
}

/** The error code of what fails. */
const code = (work: Promise<unknown>) =>
  work.then(() => "none", (error) => error instanceof AppError ? error.code : String(error));

const grownTo = (here: Process, id: string, text: string) =>
  here.until(id, ({ messages }) => textOf(messages.at(-1)!) === text);

async function leaseOver(world: World): Promise<void> {
  await world.clock.advance(LEASE_MS + 1);
}

for (const ended of [LENGTH, CANCELLED, FAILED]) {
  Deno.test(`an answer that ended as ${ended.outcome} goes on in its own message, under a new job and attempt`, async () => {
    await using world = await World.open();
    const { here, id, answer } = await cutOff(world, ended);
    const { message, reply } = await here.goOn(id, answer.id);
    assertEquals([reply.messageId, message.id, message.parts], [answer.id, answer.id, []]);
    const { messages, conversation } = await here.state(id);
    const streaming = messages.at(-1)!;
    assertEquals({ ...message, parts: answer.parts }, streaming);
    assertEquals([streaming.status, streaming.attempt, streaming.generationId], [
      "streaming",
      2,
      reply.generationId,
    ]);
    assertEquals([streaming.error, streaming.stopReason], [undefined, undefined]);
    assertEquals([conversation.running, conversation.activeLeaf], [reply.generationId, answer.id]);
    const call = await world.provider.call(2);
    call.text("ean nearest to it.").usage({ inputTokens: 20, outputTokens: 6 }).end();
    const whole = await here.ended(id, answer.id);
    assertEquals([whole.status, whole.attempt, textOf(whole)], [
      "complete",
      2,
      "The moon pulls at the ocean nearest to it.",
    ]);
    assertEquals([whole.createdAt, whole.parentId], [answer.createdAt, answer.parentId]);
    assertEquals((await here.state(id)).messages.length, 2);
    // Both calls were paid for, and the answer costs both.
    assertEquals(whole.costMicroUsd, (ended === LENGTH ? 5 * 3 : 0) + 6 * 3);
    assertEquals((await world.job(reply.generationId))?.state, "done");
    const types = (await here.log.after(conversationTopic(id), 0))!.map(({ type }) => type);
    assert(!types.includes("restart"), "text was taken back");
  });
}

Deno.test("a model that takes a beginning goes on from the words, and no thought is sent", async () => {
  await using world = await World.open();
  world.provider.continues = () => true;
  const { here, id, answer } = await cutOff(world, LENGTH);
  await here.goOn(id, answer.id);
  const { request } = await world.provider.call(2);
  assertEquals(request.prefix, "The moon pulls at the oc");
  assertEquals(request.turns, [{ role: "user", text: "Why are there tides?" }]);
});

Deno.test("another is asked in words, and what it says again or thinks is left out", async () => {
  await using world = await World.open();
  const { here, id, answer } = await cutOff(world, LENGTH);
  await here.goOn(id, answer.id);
  const call = await world.provider.call(2);
  assertEquals(call.request.prefix, undefined);
  assertEquals(call.request.turns.slice(0, 2), [
    { role: "user", text: "Why are there tides?" },
    { role: "assistant", text: "The moon pulls at the oc" },
  ]);
  assert(call.request.turns[2]!.text.includes("«The moon pulls at the oc»"));
  call.reasoning("I was cut off.").text("pulls ", "at the ", "oce", "an.").end();
  const whole = await here.ended(id, answer.id);
  assertEquals(whole.parts, [
    { type: "reasoning", text: "The moon, I think." },
    { type: "text", text: "The moon pulls at the ocean." },
  ]);
});

Deno.test("only what was cut off goes on: each other answer is refused by name, and nothing changes", async () => {
  await using world = await World.open();
  const { here, id, answer } = await cutOff(world, CANCELLED);
  const question = answer.parentId!;
  assertEquals(await code(here.goOn(id, question)), "invalid");
  assertEquals(await code(here.goOn(id, randomId())), "not_found");
  const again = await here.regenerate(id, answer.id);
  assertEquals(await code(here.goOn(id, answer.id)), "running");
  (await world.provider.call(2)).text("All of it.").end();
  const complete = await here.ended(id, again.reply.messageId);
  const before = await here.state(id);
  assertEquals(await code(here.goOn(id, complete.id)), "cannot_continue");
  // It was cut off, but is not what is shown.
  assertEquals(await code(here.goOn(id, answer.id)), "cannot_continue");
  assertEquals(await here.state(id), before);
  const thought = await here.regenerate(id, answer.id);
  (await world.provider.call(3)).reasoning("Hm").fail(new AppError("timeout_total", "Too long."));
  await here.ended(id, thought.reply.messageId);
  assertEquals(await code(here.goOn(id, thought.reply.messageId)), "cannot_continue");
  const refused = await here.regenerate(id, answer.id);
  (await world.provider.call(4)).text("No").end("content_filter");
  await here.ended(id, refused.reply.messageId);
  assertEquals(await code(here.goOn(id, refused.reply.messageId)), "cannot_continue");
  const long = await here.regenerate(id, answer.id);
  (await world.provider.call(5)).text("So long").fail(new AppError("answer_too_long", "Too long."));
  await here.ended(id, long.reply.messageId);
  assertEquals(await code(here.goOn(id, long.reply.messageId)), "cannot_continue");
  assertEquals(world.provider.calls.length, 5);
});

Deno.test("P7: one wish asked for ten times at once from two processes is one job, one call and one answer", async () => {
  await using world = await World.open();
  const { here, id, answer } = await cutOff(world, LENGTH);
  const places = [here, world.process()];
  const wish = randomId();
  const ask = (i: number) => places[i % 2]!.goOn(id, answer.id, wish);
  const all = await Promise.all(Array.from({ length: 10 }, (_, i) => ask(i)));
  for (const accepted of all) assertEquals(accepted, all[0]);
  // Of wishes of their own, one is heard.
  assertEquals(await code(here.goOn(id, answer.id, randomId())), "running");
  (await world.provider.call(2)).text("ean.").end();
  await here.ended(id, answer.id);
  // Long after, and although it is complete now.
  assertEquals(await ask(1), all[0]);
  assertEquals(world.provider.calls.length, 2);
  // A1: the id is for this wish alone.
  assertEquals(await code(here.regenerate(id, answer.id, undefined, wish)), "conflict");
  assertEquals(await code(here.send(id, { id: wish, text: "Hello?" })), "conflict");
  assertEquals(await code(here.goOn(id, answer.parentId!, wish)), "conflict");
  assertEquals(await code(here.goOn(id, answer.id, answer.id)), "conflict");
});

Deno.test("A1: a wish whose commit was lost or failed is one job all the same", async () => {
  await using world = await World.open();
  const { here, id, answer } = await cutOff(world, LENGTH);
  const wish = randomId();
  here.store.onCommit = faults("fail", "lose", "fail");
  const accepted = await here.goOn(id, answer.id, wish);
  assertEquals(await here.goOn(id, answer.id, wish), accepted);
  (await world.provider.call(2)).text("ean.").end();
  assertEquals(textOf(await here.ended(id, answer.id)), "The moon pulls at the ocean.");
  assertEquals(world.provider.calls.length, 2);
});

Deno.test("A3: killed in each of its attempts, it goes on from all that stands, and no word is ever taken back", async () => {
  await using world = await World.open();
  let { here, id, answer } = await cutOff(world, LENGTH, "one two three ");
  const { reply } = await here.goOn(id, answer.id);
  let text = "one two three ";
  for (let n = 1; n <= ATTEMPTS_MAX; n++) {
    const call = await world.provider.call(n + 1);
    assertEquals(call.request.turns.at(-2), { role: "assistant", text });
    call.text(`four ${n} `);
    text += `four ${n} `;
    await grownTo(here, id, text);
    here.kill();
    await leaseOver(world);
    here = world.process();
    await here.sweep.run();
  }
  const last = await here.ended(id, answer.id);
  assertEquals([last.status, last.error?.code, textOf(last)], ["failed", "attempts_exhausted", text]);
  assertEquals([last.attempt, last.recovered], [2, "continued"]);
  const types = (await here.log.after(conversationTopic(id), 0))!.map(({ type }) => type);
  assert(!types.includes("restart"), "text was taken back");
  assertEquals((await world.job(reply.generationId))?.state, "done");
  // A person may want it to go on once more.
  await here.goOn(id, answer.id);
  (await world.provider.call(ATTEMPTS_MAX + 2)).text("five").end();
  const whole = await here.ended(id, answer.id);
  assertEquals([whole.status, whole.attempt, textOf(whole)], ["complete", 3, `${text}five`]);
});

Deno.test("A3: a model that is gone when the job is taken over fails it, and the text stays", async () => {
  await using world = await World.open();
  const { here, id, answer } = await cutOff(world, LENGTH);
  await here.goOn(id, answer.id);
  await world.provider.call(2);
  here.kill();
  await leaseOver(world);
  const there = world.process();
  there.unknownModels.add("demo/tour");
  await there.sweep.run();
  const failed = await there.ended(id, answer.id);
  assertEquals([failed.status, failed.error?.code, textOf(failed)], [
    "failed",
    "unknown_model",
    "The moon pulls at the oc",
  ]);
  assertEquals(await code(there.goOn(id, answer.id)), "unknown_model");
});

for (const how of ["resumed", "continued"] as const) {
  Deno.test(`A3: a provider that would not have it ${how} is asked in words, and the text stays`, async () => {
    await using world = await World.open();
    const { provider } = world;
    const { here, id, answer } = await cutOff(world, LENGTH);
    if (how === "continued") provider.continues = () => true;
    else {
      provider.resume = (checkpoint, signal) => {
        provider.resumed.push(checkpoint);
        return provider.stream({ model: "model", systemPrompt: "", turns: [] }, signal);
      };
    }
    const { reply } = await here.goOn(id, answer.id);
    let calls = 2;
    let process = here;
    if (how === "resumed") {
      (await provider.call(calls++)).text("ean").checkpoint("lost").text(" nearest");
      await grownTo(here, id, "The moon pulls at the ocean nearest");
      here.kill();
      await leaseOver(world);
      process = world.process();
      await process.sweep.run();
    }
    (await provider.call(calls++)).fail(new AppError("provider_rejected", "No."));
    const asked = await provider.call(calls);
    assertEquals(provider.resumed, how === "resumed" ? ["lost"] : []);
    const said = how === "resumed" ? "The moon pulls at the ocean nearest" : "The moon pulls at the oc";
    assertEquals(asked.request.turns.at(-2), { role: "assistant", text: said });
    assertEquals((await world.job(reply.generationId) as RunningJob).checkpoint, undefined);
    asked.text(how === "resumed" ? " to it." : "ean.").end();
    const whole = await process.ended(id, answer.id);
    assertEquals([whole.status, whole.attempt], ["complete", 2]);
    assertEquals(textOf(whole), how === "resumed" ? `${said} to it.` : "The moon pulls at the ocean.");
  });
}

Deno.test("A3: refused before its first word, it fails with its text, and can be asked for again", async () => {
  await using world = await World.open();
  const { here, id, answer } = await cutOff(world, LENGTH);
  await here.goOn(id, answer.id);
  (await world.provider.call(2)).fail(new AppError("provider_rejected", "No."));
  const failed = await here.ended(id, answer.id);
  assertEquals([failed.status, failed.error?.code, textOf(failed)], [
    "failed",
    "provider_rejected",
    "The moon pulls at the oc",
  ]);
  await here.goOn(id, answer.id);
  (await world.provider.call(3)).text("ean.").end();
  assertEquals(textOf(await here.ended(id, answer.id)), "The moon pulls at the ocean.");
});

Deno.test("A3: cut off once more after words of its own, it goes on from those", async () => {
  await using world = await World.open();
  const { here, id, answer } = await cutOff(world, LENGTH);
  await here.goOn(id, answer.id);
  (await world.provider.call(2)).text("ean nearest").stop();
  // After the pause of a try that failed.
  await grownTo(here, id, "The moon pulls at the ocean nearest");
  await world.clock.advance(10_000);
  const call = await world.provider.call(3);
  assertEquals(call.request.turns.at(-2), { role: "assistant", text: "The moon pulls at the ocean nearest" });
  call.text(" to it.").end();
  const whole = await here.ended(id, answer.id);
  assertEquals([whole.status, whole.attempt], ["complete", 2]);
  assertEquals(textOf(whole), "The moon pulls at the ocean nearest to it.");
});

Deno.test("P6: stopped while it goes on, it keeps all its words, and what waits is answered next", async () => {
  await using world = await World.open();
  const { here, id, answer } = await cutOff(world, CANCELLED);
  const { reply } = await here.goOn(id, answer.id);
  const call = await world.provider.call(2);
  call.text("ean nea");
  await grownTo(here, id, "The moon pulls at the ocean nea");
  const next = await here.send(id, "And the sun?");
  await here.cancel(reply.generationId);
  await call.closed;
  const stopped = await here.ended(id, answer.id);
  assertEquals([stopped.status, textOf(stopped)], ["cancelled", "The moon pulls at the ocean nea"]);
  (await world.provider.call(3)).text("It helps.").end();
  assertEquals((await here.ended(id, next.reply.messageId)).parentId, next.message.id);
});

Deno.test("a rating that comes between a wish's reading and its commit is kept", async () => {
  await using world = await World.open();
  const { here, id, answer } = await cutOff(world, LENGTH);
  here.store.onCommit = async (): Promise<Fault> => {
    here.store.onCommit = () => "none";
    const record = (await readMessage(here.store, id, answer.id))!;
    const message: Message = { ...record.message, rating: "up" };
    // Without its entry: its head was read after this wish's record, and before the wish's head.
    await world.kv.set(messageKey(id, answer.id), { whole: { ...record, message } });
    return "none";
  };
  await here.goOn(id, answer.id);
  (await world.provider.call(2)).text("ean.").end();
  assertEquals((await here.ended(id, answer.id)).rating, "up");
});

/** An answer of a model that stood in for another. */
async function stoodIn(world: World): Promise<{ here: Process; id: string; answer: Message }> {
  world.fallbacks = ["vendor/other"];
  const here = world.process();
  const { id } = await here.conversations.create(world.userId, { model: "vendor/chosen" });
  const { reply } = await here.send(id, "Why are there tides?");
  (await world.provider.call(1)).fail(new AppError("provider_auth", "The key is refused."));
  (await world.provider.call(2)).text("The moon pulls at the oc").end("length");
  const answer = await here.ended(id, reply.messageId);
  assertEquals([answer.model, answer.fallback?.from], ["vendor/other", "vendor/chosen"]);
  return { here, id, answer };
}

Deno.test("the model that wrote it goes on, also when it stood in for another, and the answer still says so", async () => {
  await using world = await World.open();
  const { here, id, answer } = await stoodIn(world);
  world.costMicroUsd = (model) => model === "vendor/other" ? 7 : 1_000;
  await here.goOn(id, answer.id);
  (await world.provider.call(3)).text("ean.").usage({ inputTokens: 1, outputTokens: 1 }).end();
  const whole = await here.ended(id, answer.id);
  assertEquals([whole.model, whole.fallback, whole.costMicroUsd], ["vendor/other", answer.fallback, 7]);
});

Deno.test("the model that wrote it is waited for while its breaker is open, and the answer still says whose it is", async () => {
  await using world = await World.open();
  const { here, id, answer } = await stoodIn(world);
  const { store, logger } = here;
  const breakers = new Breakers({ store, clock: world.clock, logger });
  while (!await breakers.failed("vendor/other", new AppError("provider_overloaded", "Busy.")));
  await here.goOn(id, answer.id);
  const { messages } = await here.until(id, ({ messages }) => messages.at(-1)!.waiting !== undefined);
  assertEquals([messages.at(-1)!.waiting!.code, textOf(messages.at(-1)!)], [
    "provider_overloaded",
    "The moon pulls at the oc",
  ]);
  assertEquals(world.provider.calls.length, 2);
  while (world.provider.calls.length < 3) await world.clock.advance(1_000);
  (await world.provider.call(3)).text("ean.").end();
  const whole = await here.ended(id, answer.id);
  assertEquals([whole.status, whole.model, whole.fallback], ["complete", "vendor/other", answer.fallback]);
  assertEquals(textOf(whole), "The moon pulls at the ocean.");
});

Deno.test("what stands takes its room in the model's context: less is left for what is to come", async () => {
  await using world = await World.open();
  world.limits.set("demo/tour", { contextTokens: 10_000, outputTokensMax: 8_000 });
  const text = "The moon pulls at the ocean. ".repeat(400);
  const { here, id, answer } = await cutOff(world, LENGTH, text);
  for (const continues of [false, true]) {
    world.provider.continues = () => continues;
    await here.goOn(id, answer.id);
    const call = await world.provider.call(continues ? 3 : 2);
    assertEquals(call.request.prefix !== undefined, continues);
    assert(call.request.outputTokensMax! + textTokens(text) <= 10_000, `${call.request.outputTokensMax}`);
    call.text("And so on.").end("length");
    await here.ended(id, answer.id);
  }
});
