import { assert, assertEquals } from "@std/assert";
import { AppError } from "@/lib/core/errors.ts";
import { ATTEMPTS_MAX } from "@/lib/jobs/job.ts";
import { cancelKey, conversationTopic, generationKey, runningPrefix } from "@/lib/kv/keys.ts";
import { textOf } from "@/lib/protocol/message.ts";
import type { Fault } from "../../support/faulty_store.ts";
import { LEASE_MS, passing, World } from "../../support/program.ts";

Deno.test("an answer is stored as the model says it, and ends with its usage, cost and times", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  const { message, reply } = await here.send(id, "Hello?");
  const call = await world.provider.call(1);
  assertEquals(call.request, { model: "model", systemPrompt: "", turns: [{ role: "user", text: "Hello?" }] });
  await world.clock.advance(40);
  call.reasoning("Hm. ").text("Hel", "lo!");
  await here.until(id, ({ messages }) => textOf(messages.at(-1)!) === "Hello!");
  await world.clock.advance(60);
  call.usage({ inputTokens: 3, outputTokens: 1 }).usage({ inputTokens: 3, outputTokens: 2 }).end("length");
  const answer = await here.ended(id, reply.messageId);
  assertEquals(answer, {
    id: reply.messageId,
    conversationId: id,
    parentId: message.id,
    role: "assistant",
    status: "complete",
    parts: [{ type: "reasoning", text: "Hm. " }, { type: "text", text: "Hello!" }],
    model: "demo/tour",
    generationId: reply.generationId,
    attempt: 1,
    asked: { context: { estimatedTokens: 9, budgetTokens: null, omitted: 0 } },
    stopReason: "length",
    usage: { inputTokens: 3, outputTokens: 2 },
    costMicroUsd: 6,
    timings: { firstTokenMs: 40, totalMs: 100 },
    createdAt: message.createdAt,
  });
  assertEquals((await world.job(reply.generationId))?.state, "done");
  await call.closed;
});

Deno.test("P8: an end leaves nothing behind: no index row, no flag, no watch, no timer, and nobody `running`", async () => {
  await using world = await World.open();
  world.provider.onCall = (call) => call.text("yes").end();
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  await here.ended(id, reply.messageId);
  await here.runner.drain();
  assertEquals((await Array.fromAsync(world.kv.list({ prefix: runningPrefix() }))).length, 0);
  assertEquals((await world.kv.get(cancelKey(reply.generationId))).value, null);
  assertEquals((await here.conversations.readAny(id)).conversation.running, null);
  assertEquals([here.watcher.size, here.runner.size, world.clock.sleeping], [0, 0, 0]);
  assertEquals(here.store.metrics.get("throughline_generations_running"), 0);
  assertEquals(here.store.metrics.get("throughline_generations_complete_total"), 1);
});

Deno.test("the model is told the branch it answers: no siblings, no failed or empty turns, and the system prompt", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  await here.conversations.patch(world.userId, id, { systemPrompt: "Be brief." });
  world.provider.onCall = (call, n) => {
    if (n === 2) call.fail(new AppError("provider_refused", "No."));
    else call.text(`answer ${n}`).end();
  };
  for (const text of ["one", "two", "three"]) {
    const { reply } = await here.send(id, text);
    await here.ended(id, reply.messageId);
  }
  assertEquals(world.provider.calls[2]!.request, {
    model: "model",
    systemPrompt: "Be brief.",
    turns: [
      { role: "user", text: "one" },
      { role: "assistant", text: "answer 1" },
      { role: "user", text: "two" },
      { role: "user", text: "three" },
    ],
  });
});

for (
  const [moment, texts, error, code] of [
    ["before its first word", [], new AppError("provider_refused", "No."), "provider_refused"],
    [
      "in mid-sentence",
      ["Hel", "lo 😀"],
      new AppError("timeout_total", "Too long."),
      "timeout_total",
    ],
    ["in a way that nobody foresaw", ["Hel"], new TypeError("x is undefined"), "internal"],
  ] as const
) {
  Deno.test(`P8: a provider that fails ${moment} ends the answer as failed, what it said kept`, async () => {
    await using world = await World.open();
    world.provider.onCall = (call) => call.text(...texts).fail(error);
    const here = world.process();
    const id = await here.create();
    const { reply } = await here.send(id, "Hello?");
    const answer = await here.ended(id, reply.messageId);
    assertEquals([answer.status, textOf(answer)], ["failed", texts.join("")]);
    assertEquals([answer.error?.code, answer.error?.requestId], [code, "request"]);
    assert(!JSON.stringify(answer).includes("undefined"), "a cause reached the message");
  });
}

Deno.test("M1: a provider's stream that stops without an end is cut off, never complete", async () => {
  await using world = await World.open();
  world.provider.onCall = (call) => call.text("Hel").stop();
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  // It is asked anew after a while, as often as a job may be claimed.
  const answer = await passing(world, here.ended(id, reply.messageId));
  assertEquals(world.provider.calls.length, ATTEMPTS_MAX);
  assertEquals([answer.status, answer.error?.code, textOf(answer)], ["failed", "provider_truncated", "Hel"]);
});

Deno.test("P8: a model that is not there any more when its turn comes fails the answer, and the next may come", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  const { reply: first } = await here.send(id, "one");
  const { reply } = await here.send(id, { text: "two", model: "demo/gone" });
  here.unknownModels.add("demo/gone");
  (await world.provider.call(1)).end();
  await here.ended(id, first.messageId);
  const answer = await here.ended(id, reply.messageId);
  assertEquals([answer.status, answer.error?.code], ["failed", "unknown_model"]);
  assertEquals((await here.conversations.readAny(id)).conversation.running, null);
});

Deno.test("G1: the model is read on while a commit is in flight, and what came meanwhile goes out with the next", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  const call = await world.provider.call(1);
  const inFlight = Promise.withResolvers<void>();
  const landed = Promise.withResolvers<void>();
  here.store.onCommit = async (): Promise<Fault> => {
    here.store.onCommit = () => "none";
    inFlight.resolve();
    await landed.promise;
    return "none";
  };
  call.text("first ");
  await inFlight.promise;
  for (let i = 0; i < 100; i++) call.text(`${i} `);
  await world.clock.advance(1); // the model is read meanwhile
  landed.resolve();
  await here.until(id, ({ messages }) => textOf(messages.at(-1)!).endsWith("99 "));
  call.end();
  await here.ended(id, reply.messageId);
  const deltas = (await here.log.after(conversationTopic(id), 0))!.filter(({ type }) => type === "delta");
  assertEquals(deltas.length, 2);
});

Deno.test("FLUSH_MS: commits of one job keep their distance, the first and the end wait for nothing", async () => {
  await using world = await World.open();
  const here = world.process({ flushMs: 50 });
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  const call = await world.provider.call(1);
  const written = async () =>
    (await here.log.after(conversationTopic(id), 0))!.filter(({ type }) => type === "delta").length;
  call.text("a");
  await here.until(id, ({ messages }) => textOf(messages.at(-1)!) === "a");
  call.text("b", "c");
  await world.clock.advance(49);
  assertEquals(await written(), 1);
  await world.clock.advance(1);
  await here.until(id, ({ messages }) => textOf(messages.at(-1)!) === "abc");
  assertEquals(await written(), 2);
  call.text("d").end();
  assertEquals(textOf(await here.ended(id, reply.messageId)), "abcd");
});

Deno.test("a silent model's lease is renewed, however long it thinks", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  const call = await world.provider.call(1);
  for (let waited = 0; waited < 10 * LEASE_MS; waited += LEASE_MS / 3) {
    const job = await world.job(reply.generationId);
    assert(job?.state === "running" && job.leaseUntil > world.clock.now(), "the lease ran out");
    const renewed = world.kv.watch([generationKey(reply.generationId)]).getReader();
    await renewed.read();
    await world.clock.advance(LEASE_MS / 3 + 1);
    while ((await world.job(reply.generationId) as typeof job).leaseUntil === job.leaseUntil) {
      await renewed.read();
    }
    await renewed.cancel();
  }
  call.text("42").end();
  const answer = await here.ended(id, reply.messageId);
  assertEquals([answer.status, answer.attempt], ["complete", 1]);
});
