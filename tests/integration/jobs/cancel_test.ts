import { assert, assertEquals, assertRejects } from "@std/assert";
import { AppError } from "@/lib/core/errors.ts";
import { randomId } from "@/lib/core/ids.ts";
import { viewJob } from "@/lib/generate/cancel.ts";
import { cancelKey, conversationTopic } from "@/lib/kv/keys.ts";
import { set } from "@/lib/kv/store.ts";
import { isTerminal, textOf } from "@/lib/protocol/message.ts";
import type { Fault } from "../../support/faulty_store.ts";
import { type Process, World } from "../../support/program.ts";

/** The entries about a message after the one that ended it. */
async function afterTheEnd(here: Process, id: string, messageId: string): Promise<string[]> {
  const entries = (await here.log.after(conversationTopic(id), 0))!.map(({ type, json }) => ({
    type,
    data: JSON.parse(json),
  }));
  const end = entries.findIndex(({ data }) =>
    data.message?.id === messageId && isTerminal(data.message.status)
  );
  return entries.slice(end + 1).filter(({ data }) => (data.message?.id ?? data.messageId) === messageId).map((
    { type },
  ) => type);
}

Deno.test("P6: stopped from another process in mid-sentence: the socket closes, the text stays, nothing follows", async () => {
  await using world = await World.open();
  const [here, there] = [world.process(), world.process()];
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  const call = await world.provider.call(1);
  call.text("Hel", "lo");
  await here.until(id, ({ messages }) => textOf(messages.at(-1)!) === "Hello");
  await there.cancel(reply.generationId);
  await call.closed;
  call.text(" and more").end();
  const answer = await here.ended(id, reply.messageId);
  assertEquals([answer.status, textOf(answer), answer.error], ["cancelled", "Hello", undefined]);
  await here.runner.drain();
  assertEquals(await afterTheEnd(here, id, reply.messageId), []);
  assertEquals((await world.kv.get(cancelKey(reply.generationId))).value, null);
});

Deno.test("P6: stopped before the first word, the answer ends empty", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  const call = await world.provider.call(1);
  await here.cancel(reply.generationId);
  const answer = await here.ended(id, reply.messageId);
  assertEquals([answer.status, answer.parts], ["cancelled", []]);
  await call.closed;
});

Deno.test("P6: stopped while a commit is in flight, nothing that the model said before is lost", async () => {
  await using world = await World.open();
  const [here, there] = [world.process(), world.process()];
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  const call = await world.provider.call(1);
  const inFlight = Promise.withResolvers<void>();
  here.store.onCommit = async (): Promise<Fault> => {
    here.store.onCommit = () => "none";
    inFlight.resolve();
    await call.closed;
    return "lose";
  };
  call.text("one ");
  await inFlight.promise;
  call.text("two ", "three");
  await world.clock.advance(1);
  await there.cancel(reply.generationId);
  const answer = await here.ended(id, reply.messageId);
  assertEquals([answer.status, textOf(answer)], ["cancelled", "one two three"]);
});

Deno.test("P6: a flag that was set before the job began is seen before the provider is asked", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  world.provider.onCall = (call) => call.text("asked all the same").end();
  here.store.watch = () => new ReadableStream(); // which tells nothing: wake-ups may be lost
  here.store.onCommit = async (transaction): Promise<Fault> => {
    here.store.onCommit = () => "none";
    const running = transaction.writes.find(({ key }) => key[0] === "running")!;
    await here.store.commit({ checks: [], writes: [set(cancelKey(running.key[1] as string), 1)] });
    return "none";
  };
  const { reply } = await here.send(id, "Hello?");
  const answer = await here.ended(id, reply.messageId);
  await here.runner.drain();
  assertEquals([answer.status, world.provider.calls.length], ["cancelled", 0]);
});

Deno.test("P6: stopped while it waits, a message leaves the queue, and its job never runs", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  const first = await here.send(id, "one");
  const second = await here.send(id, "two");
  const third = await here.send(id, "three");
  await here.cancel(second.reply.generationId);
  const { conversation, messages } = await here.state(id);
  assertEquals(conversation.queue.map(({ messageId }) => messageId), [third.message.id]);
  assertEquals(messages.find((message) => message.id === second.message.id)?.status, "cancelled");
  (await world.provider.call(1)).end("length");
  (await world.provider.call(2)).text("three").end();
  await here.ended(id, third.reply.messageId);
  assertEquals(world.provider.calls.length, 2);
  assertEquals(
    (await here.state(id)).messages.some((message) => message.id === second.reply.messageId),
    false,
  );
  assertEquals((await here.ended(id, first.reply.messageId)).status, "complete");
});

Deno.test("P6: stopping twice, from ten places, or after the end changes nothing more", async () => {
  await using world = await World.open();
  const places = [world.process(), world.process()] as const;
  const [here] = places;
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  await Promise.all(Array.from({ length: 10 }, (_, i) => places[i % 2 as 0 | 1].cancel(reply.generationId)));
  const answer = await here.ended(id, reply.messageId);
  assertEquals(answer.status, "cancelled");
  await here.runner.drain();
  await here.cancel(reply.generationId);
  assertEquals((await world.kv.get(cancelKey(reply.generationId))).value, null);
  assertEquals(await here.ended(id, reply.messageId), answer);
  assertEquals(await afterTheEnd(here, id, reply.messageId), []);
});

Deno.test("P6: a stop that races the model's own end leaves one end, and no flag behind", async () => {
  await using world = await World.open();
  const [here, there] = [world.process(), world.process()];
  for (let round = 0; round < 20; round++) {
    const id = await here.create();
    const { reply } = await here.send(id, "Hello?");
    const call = await world.provider.call(round + 1);
    const stopped = there.cancel(reply.generationId);
    if (round % 2 === 0) await world.clock.advance(0);
    call.text("yes").end();
    await stopped;
    const answer = await here.ended(id, reply.messageId);
    assert(["complete", "cancelled"].includes(answer.status));
    assertEquals(await afterTheEnd(here, id, reply.messageId), []);
    assertEquals((await world.kv.get(cancelKey(reply.generationId))).value, null);
  }
});

Deno.test("P6: a stop that comes between the end's read and its commit leaves no flag behind", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  const flag = cancelKey(reply.generationId);
  here.store.watch = () => new ReadableStream(); // the job does not hear of it
  let ends = 0;
  here.store.onCommit = async ({ writes }): Promise<Fault> => {
    const isEnd = writes.some(({ key, value }) => key[0] === "running" && value === undefined);
    if (isEnd && ++ends === 1) await here.store.commit({ checks: [], writes: [set(flag, 1)] });
    return "none";
  };
  (await world.provider.call(1)).text("yes").end();
  assertEquals((await here.ended(id, reply.messageId)).status, "complete");
  await here.runner.drain();
  assertEquals([ends, (await world.kv.get(flag)).value], [2, null]);
});

Deno.test("P10: a foreign generation can be neither stopped nor seen", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  for (
    const [user, job] of [[randomId(), reply.generationId], [world.userId, randomId()], [
      world.userId,
      "x",
    ]] as const
  ) {
    for (const ask of [() => here.cancel(job, user), () => viewJob(here.store, user, job)]) {
      assertEquals((await assertRejects<AppError>(ask, AppError)).code, "not_found");
    }
  }
  assertEquals((await world.kv.get(cancelKey(reply.generationId))).value, null);
});

Deno.test("a job's view tells its state, its attempt, and that a stop was asked for", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  const first = await here.send(id, "one");
  const second = await here.send(id, "two");
  const view = (job: string) => viewJob(here.store, world.userId, job);
  assertEquals((await view(second.reply.generationId)).state, "queued");
  const call = await world.provider.call(1);
  assertEquals((await view(first.reply.generationId)).state, "running");
  call.usage({ inputTokens: 1, outputTokens: 2 }).text("yes").end();
  await here.ended(id, first.reply.messageId);
  const done = await view(first.reply.generationId);
  assertEquals([done.state, done.attempt, done.cancelRequested], ["complete", 1, false]);
  assertEquals(done.usage, { inputTokens: 1, outputTokens: 2 });
  assertEquals(here.nudges, 0);
  await here.cancel(second.reply.generationId);
  assertEquals(here.nudges, 1);
});
