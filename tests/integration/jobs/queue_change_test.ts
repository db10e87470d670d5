// What waits is edited, removed and sent at once, from any process, and every race has one outcome.
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { ConversationRecord } from "@/lib/chat/conversations.ts";
import { listMessages } from "@/lib/chat/messages.ts";
import { AppError } from "@/lib/core/errors.ts";
import { type Id, randomId } from "@/lib/core/ids.ts";
import {
  cancelKey,
  conversationKey,
  conversationTopic,
  generationKey,
  headKey,
  runningKey,
} from "@/lib/kv/keys.ts";
import { MESSAGE_CHARS_MAX } from "@/lib/protocol/api.ts";
import { textOf } from "@/lib/protocol/message.ts";
import { type Fault, faults } from "../../support/faulty_store.ts";
import { type Process, World } from "../../support/program.ts";

async function code(promise: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => promise, AppError)).code;
}

/** The last question of each call of the model, in order. */
const asked = (world: World) => world.provider.calls.map(({ request }) => request.turns.at(-1)?.text);

/** The queue's texts as everybody sees them. */
async function waiting(process: Process, conversationId: Id): Promise<string[]> {
  const { conversation, messages } = await process.state(conversationId);
  return conversation.queue.map(({ messageId }) => textOf(messages.find(({ id }) => id === messageId)!));
}

/** Three messages, the first being answered; and a second process. */
async function three(world: World) {
  const [here, there] = [world.process(), world.process()];
  const id = await here.create();
  const [one, two, three] = [
    await here.send(id, "one"),
    await here.send(id, "two"),
    await here.send(id, "three"),
  ];
  return { here, there, id, one, two, three, call: await world.provider.call(1) };
}

Deno.test("a queued message is edited from another process, everyone sees the new words, and they are what is asked", async () => {
  await using world = await World.open();
  const { here, there, id, two, three: last, call } = await three(world);
  const edited = await there.edit(id, two.message.id, "two, in other words");
  assertEquals([edited.status, textOf(edited), edited.id], ["queued", "two, in other words", two.message.id]);
  assertEquals(await waiting(here, id), ["two, in other words", "three"]);
  world.provider.onCall = (next) => next.text("yes").end();
  call.end();
  await here.ended(id, last.reply.messageId);
  assertEquals(asked(world), ["one", "two, in other words", "three"]);
});

Deno.test("only what waits can be edited: what was begun, removed, answered or never there is refused by name", async () => {
  await using world = await World.open();
  const { here, there, id, one, two } = await three(world);
  assertEquals(await code(there.edit(id, one.message.id, "else")), "not_queued");
  assertEquals(await code(there.edit(id, one.reply.messageId, "else")), "not_found");
  for (const none of [randomId(), "../", "x".repeat(3_000)]) {
    assertEquals(await code(there.edit(id, none, "else")), "not_found");
    assertEquals(await code(there.remove(id, none)), "not_found");
    assertEquals(await code(there.now(id, none)), "not_found");
  }
  await here.remove(id, two.message.id);
  assertEquals(await code(there.edit(id, two.message.id, "two")), "not_queued");
  assertEquals(await code(there.now(id, two.message.id)), "not_queued");
  assertEquals(await code(there.remove(id, one.message.id)), "not_queued");
  assertEquals(await waiting(here, id), ["three"]);
});

Deno.test("the longest message, edited to the shortest and back, leaves nothing behind that could not be read", async () => {
  await using world = await World.open();
  const { here, id, two } = await three(world);
  for (const text of ["漢".repeat(MESSAGE_CHARS_MAX), "short", "é".repeat(MESSAGE_CHARS_MAX)]) {
    await here.edit(id, two.message.id, text);
    const records = await listMessages(here.store, id);
    assertEquals(textOf(records.find(({ message }) => message.id === two.message.id)!.message), text);
  }
});

Deno.test("a removed message ends with its job, and removing it again changes nothing", async () => {
  await using world = await World.open();
  const { here, there, id, two } = await three(world);
  await there.remove(id, two.message.id);
  const { cursor, messages } = await here.state(id);
  assertEquals(messages.find((message) => message.id === two.message.id)?.status, "cancelled");
  const job = await world.job(two.reply.generationId);
  assertEquals(job?.state === "done" && job.outcome, "cancelled");
  await there.remove(id, two.message.id);
  await here.cancel(two.reply.generationId);
  assertEquals((await here.state(id)).cursor, cursor);
});

Deno.test("sent at once, the last of the queue stops the answer that runs in another process, and is the next to be asked", async () => {
  await using world = await World.open();
  const { here, there, id, one, two, three: last, call } = await three(world);
  world.provider.onCall = (next) => next.text("yes").end();
  call.text("half an ");
  await here.until(id, ({ messages }) => messages.some((message) => textOf(message) === "half an "));
  assertEquals(await there.now(id, last.message.id), last.reply.generationId);
  assert(there.nudges > 0, "the owner may be dead");
  await call.closed;
  const stopped = await here.ended(id, one.reply.messageId);
  assertEquals([stopped.status, textOf(stopped)], ["cancelled", "half an "]);
  await here.ended(id, two.reply.messageId);
  assertEquals(asked(world), ["one", "three", "two"]);
  assertEquals((await world.kv.get(cancelKey(one.reply.generationId))).value, null);
});

Deno.test("P7: sent at once twice, before its turn and after, stops only the answer that was in its way", async () => {
  await using world = await World.open();
  const { here, there, id, three: last } = await three(world);
  await Promise.all([here.now(id, last.message.id), there.now(id, last.message.id)]);
  const call = await world.provider.call(2);
  assertEquals(await there.now(id, last.message.id), last.reply.generationId);
  call.text("whole").end();
  const answer = await here.ended(id, last.reply.messageId);
  assertEquals([answer.status, textOf(answer)], ["complete", "whole"]);
  assertEquals(await there.now(id, last.message.id), last.reply.generationId);
});

Deno.test("two messages sent at once from two devices: both go before the rest, the later one first", async () => {
  await using world = await World.open();
  const { here, there, id, two, three: last } = await three(world);
  const four = await there.send(id, "four");
  const gate = Promise.withResolvers<Fault>();
  here.store.onCommit = () => gate.promise;
  await there.now(id, last.message.id);
  await there.now(id, four.message.id);
  assertEquals(await waiting(there, id), ["four", "three", "two"]);
  world.provider.onCall = (call) => call.text("yes").end();
  gate.resolve("none");
  await here.ended(id, two.reply.messageId);
  assertEquals(asked(world), ["one", "four", "three", "two"]);
});

Deno.test("P7: a change whose answer was lost is made once, and repeating it says the same", async () => {
  await using world = await World.open();
  const { here, there, id, two, three: last } = await three(world);
  there.store.onCommit = faults("lose", "fail", "lose");
  await there.edit(id, two.message.id, "otherwise");
  there.store.onCommit = faults("lose");
  await there.remove(id, last.message.id);
  const { cursor, messages } = await here.state(id);
  const named = (messageId: Id) => messages.filter((message) => message.id === messageId).length;
  assertEquals([named(two.message.id), named(last.message.id)], [1, 1]);
  await there.edit(id, two.message.id, "otherwise");
  await there.remove(id, last.message.id);
  assertEquals((await here.state(id)).cursor, cursor);
  there.store.onCommit = faults("lose", "lose");
  assertEquals(await there.now(id, two.message.id), two.reply.generationId);
  await world.provider.call(2);
  // Begun with these words, it is what the edit asked for; other words come too late.
  assertEquals((await there.edit(id, two.message.id, "otherwise")).status, "complete");
  assertEquals(await code(there.edit(id, two.message.id, "again")), "not_queued");
  assertEquals(asked(world), ["one", "otherwise"]);
});

const CHANGES = {
  edit: (at: Process, id: Id, messageId: Id) => at.edit(id, messageId, "edited"),
  remove: (at: Process, id: Id, messageId: Id) => at.remove(id, messageId),
  now: (at: Process, id: Id, messageId: Id) => at.now(id, messageId),
};

for (const name of ["edit", "remove", "now"] as const) {
  Deno.test(`Q1: ${name} that lands while the message's turn is being committed comes before it`, async () => {
    await using world = await World.open();
    const { here, there, id, two, three: last, call } = await three(world);
    const [reached, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<Fault>()];
    here.store.onCommit = () => {
      reached.resolve();
      return gate.promise;
    };
    call.end();
    // The commit that ends the answer has read what it is about to begin.
    await reached.promise;
    await CHANGES[name](there, id, (name === "now" ? last : two).message.id);
    world.provider.onCall = (next) => next.text("yes").end();
    gate.resolve("none");
    await here.until(id, ({ conversation: { running, queue } }) => running === null && queue.length === 0);
    const rest = { edit: ["edited", "three"], remove: ["three"], now: ["three", "two"] }[name];
    assertEquals(asked(world), ["one", ...rest]);
  });

  Deno.test(`Q1: ${name} that finds the message's turn has come meanwhile says so, and changes nothing`, async () => {
    await using world = await World.open();
    const { here, there, id, two, call } = await three(world);
    const [reached, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<Fault>()];
    there.store.onCommit = () => {
      reached.resolve();
      return gate.promise;
    };
    const change = CHANGES[name](there, id, two.message.id).then(() => "made", (error) => error.code);
    await reached.promise;
    call.end();
    const second = await world.provider.call(2);
    gate.resolve("none");
    assertEquals(await change, name === "now" ? "made" : "not_queued");
    second.text("whole").end();
    const answer = await here.ended(id, two.reply.messageId);
    assertEquals([answer.status, textOf(answer)], ["complete", "whole"]);
    assertEquals(asked(world).slice(0, 2), ["one", "two"]);
  });
}

Deno.test("Q1: an edit that lands after a turn has read the message, and before it reads the log, is not lost", async () => {
  await using world = await World.open();
  const { here, there, id, two, three: last, call } = await three(world);
  // The head that the owner remembers is old now: its next try fails, and the one after that reads the head again.
  await there.edit(id, two.message.id, "not yet");
  const [reached, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const head = JSON.stringify(headKey(conversationTopic(id)));
  here.store.onRead = ([key]) => {
    if (JSON.stringify(key) !== head) return;
    reached.resolve();
    return gate.promise;
  };
  call.end();
  await reached.promise;
  await there.edit(id, two.message.id, "edited");
  world.provider.onCall = (next) => next.text("yes").end();
  gate.resolve();
  await there.ended(id, last.reply.messageId);
  assertEquals(asked(world), ["one", "edited", "three"]);
});

/** A conversation that is idle although messages wait: its answer is gone as if it had never run. */
async function stalled(world: World) {
  const found = await three(world);
  found.here.kill();
  const key = conversationKey(found.id);
  const { value: record } = await world.kv.get<ConversationRecord>(key);
  const conversation = { ...record!.conversation, running: null };
  await world.kv.set(key, { ...record!, conversation });
  await world.kv.delete(runningKey(found.one.reply.generationId));
  return found;
}

Deno.test("a conversation that comes back from the trash before its answer has ended has its queue answered", async () => {
  await using world = await World.open();
  const { here, there, id, one, three: last } = await three(world);
  const gate = Promise.withResolvers<Fault>();
  here.store.onCommit = () => gate.promise;
  await there.conversations.remove(world.userId, id);
  assertEquals((await there.conversations.restore(world.userId, id)).queue.length, 2);
  world.provider.onCall = (call) => call.text("yes").end();
  gate.resolve("none");
  assertEquals((await there.ended(id, last.reply.messageId)).status, "complete");
  const { messages } = await there.state(id);
  assertEquals(messages.find((message) => message.id === one.reply.messageId)?.status, "cancelled");
  assertEquals(asked(world), ["one", "two", "three"]);
});

Deno.test("A3: in an idle conversation with a queue a message goes behind it, and all are answered in their order", async () => {
  await using world = await World.open();
  const { there, id } = await stalled(world);
  world.provider.onCall = (call) => call.text("yes").end();
  const four = await there.send(id, "four");
  assertEquals(four.message.status, "queued");
  const answer = await there.ended(id, four.reply.messageId);
  assertEquals([answer.status, asked(world)], ["complete", ["one", "two", "three", "four"]]);
  assertEquals((await there.state(id)).conversation.queue, []);
});

Deno.test("A3: sent at once in an idle conversation, a message begins with the same commit, and the rest follows", async () => {
  await using world = await World.open();
  const { there, id, two, three: last } = await stalled(world);
  world.provider.onCall = (call) => call.text("yes").end();
  await there.now(id, last.message.id);
  await there.ended(id, two.reply.messageId);
  assertEquals(asked(world), ["one", "three", "two"]);
});

Deno.test("P5: sent at once from two processes in one moment, one of them begins it, whoever's answer was lost", async () => {
  await using world = await World.open();
  const { there, id, three: last } = await stalled(world);
  const other = world.process();
  let tries = 0;
  other.store.onCommit = async () => {
    if (tries++ > 0) return "none";
    // What it tried to write, and does not know to have failed, stands there a moment later: by another's hand.
    await there.now(id, last.message.id);
    return "fail";
  };
  assertEquals(await other.now(id, last.message.id), last.reply.generationId);
  assertEquals([there.runner.size, other.runner.size], [1, 0]);
  (await world.provider.call(2)).text("yes").end();
  await there.ended(id, last.reply.messageId);
  assertEquals(asked(world).filter((text) => text === "three").length, 1);
});

Deno.test("what stands in the queue without a job holds nobody up", async () => {
  await using world = await World.open();
  const { there, id, two, three: last } = await stalled(world);
  for (const { reply } of [two, last]) await world.kv.delete(generationKey(reply.generationId));
  assertEquals(await code(there.now(id, last.message.id)), "not_queued");
  world.provider.onCall = (call) => call.text("yes").end();
  const four = await there.send(id, "four");
  assertEquals(four.message.status, "complete");
  await there.ended(id, four.reply.messageId);
  assertEquals((await there.state(id)).conversation.queue, []);
});

Deno.test("P4: the queue outlives its process: killed with messages waiting, another answers them all, in their order", async () => {
  await using world = await World.open();
  const { here, there, id, three: last, call } = await three(world);
  call.text("half");
  await here.until(id, ({ messages }) => messages.some((message) => textOf(message) === "half"));
  await here.edit(id, last.message.id, "three, edited");
  here.kill();
  await there.send(id, "four");
  world.provider.onCall = (next) => next.text("yes").end();
  await world.clock.advance(11_000);
  await there.sweep.run();
  const { messages } = await there.until(
    id,
    ({ conversation }) => conversation.running === null && conversation.queue.length === 0,
  );
  assertEquals(asked(world), ["one", "one", "two", "three, edited", "four"]);
  assertEquals(new Set(messages.map(({ status }) => status)), new Set(["complete"]));
});

Deno.test("P8: sent at once while the owner of the answer is dead, a message is asked as soon as somebody takes over", async () => {
  await using world = await World.open();
  const { here, there, id, one, two, three: last } = await three(world);
  here.kill();
  await there.now(id, last.message.id);
  world.provider.onCall = (next) => next.text("yes").end();
  await world.clock.advance(11_000);
  await there.sweep.run();
  assertEquals((await there.ended(id, one.reply.messageId)).status, "cancelled");
  await there.ended(id, two.reply.messageId);
  assertEquals(asked(world), ["one", "three", "two"]);
});
