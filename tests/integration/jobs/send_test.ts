import { assert, assertEquals, assertRejects } from "@std/assert";
import { AppError } from "@/lib/core/errors.ts";
import { randomId } from "@/lib/core/ids.ts";
import { QUEUE_MAX } from "@/lib/generate/send.ts";
import { SENT_TTL_MS } from "@/lib/kv/keys.ts";
import { MESSAGE_CHARS_MAX } from "@/lib/protocol/api.ts";
import { faults } from "../../support/faulty_store.ts";
import { World } from "../../support/program.ts";

async function code(promise: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => promise, AppError)).code;
}

Deno.test("P7: one id sent from ten places at once makes one message, one job, one call, one answer for all", async () => {
  await using world = await World.open();
  world.provider.onCall = (call) => call.text("once").end();
  const places = [world.process(), world.process()];
  const [here] = places as [typeof places[0]];
  const conversation = await here.create();
  const id = randomId();
  const all = await Promise.all(
    Array.from({ length: 10 }, (_, i) => places[i % 2]!.send(conversation, { id, text: "Hello?" })),
  );
  for (const accepted of all) assertEquals(accepted, all[0]);
  await here.ended(conversation, all[0]!.reply.messageId);
  assertEquals(await here.send(conversation, { id, text: "Hello?" }), all[0]);
  const { messages } = await here.state(conversation);
  assertEquals([messages.length, world.provider.calls.length], [2, 1]);
  assertEquals((await Array.fromAsync(world.kv.list({ prefix: ["generation"] }))).length, 1);
});

Deno.test("A1: the same id with other content is a conflict, whatever differs", async () => {
  await using world = await World.open();
  const here = world.process();
  const conversation = await here.create();
  const id = randomId();
  await here.send(conversation, { id, text: "Hello?" });
  for (
    const other of [{ text: "Hello!" }, { text: "Hello?", model: "demo/other" }, {
      text: "Hello?",
      parentId: null,
    }]
  ) {
    assertEquals(await code(here.send(conversation, { id, ...other })), "conflict");
  }
});

Deno.test("P7: an id belongs to its conversation", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = randomId();
  const [one, two] = [await here.create(), await here.create()];
  const first = await here.send(one, { id, text: "Hello?" });
  const second = await here.send(two, { id, text: "Something else" });
  assert(first.reply.generationId !== second.reply.generationId);
});

Deno.test("P7: a send whose answer was lost is not made twice, here or by the client's next try", async () => {
  await using world = await World.open();
  world.provider.onCall = (call) => call.text("once").end();
  const here = world.process();
  const conversation = await here.create();
  const id = randomId();
  here.store.onCommit = faults("lose", "fail", "lose");
  const accepted = await here.send(conversation, { id, text: "Hello?" });
  assertEquals(await here.send(conversation, { id, text: "Hello?" }), accepted);
  await here.ended(conversation, accepted.reply.messageId);
  assertEquals(world.provider.calls.length, 1);
  assertEquals((await here.state(conversation)).messages.length, 2);
});

Deno.test("A2: what was asked once is recognised when the queue is full and the model is gone", async () => {
  await using world = await World.open();
  const here = world.process();
  const conversation = await here.create();
  const id = randomId();
  await here.send(conversation, "running");
  const accepted = await here.send(conversation, { id, text: "mine", model: "demo/rare" });
  for (let i = 1; i < QUEUE_MAX; i++) await here.send(conversation, `waiting ${i}`);
  assertEquals(await code(here.send(conversation, "one too many")), "limited");
  here.unknownModels.add("demo/rare");
  assertEquals(await here.send(conversation, { id, text: "mine", model: "demo/rare" }), accepted);
  assertEquals((await here.conversations.readAny(conversation)).conversation.queue.length, QUEUE_MAX);
});

Deno.test("QUEUE_MAX holds against sends that come at once", async () => {
  await using world = await World.open();
  const here = world.process();
  const conversation = await here.create();
  await here.send(conversation, "running");
  const results = await Promise.allSettled(
    Array.from({ length: QUEUE_MAX + 5 }, (_, i) => here.send(conversation, `${i}`)),
  );
  const refused = results.filter(({ status }) => status === "rejected") as PromiseRejectedResult[];
  assertEquals(refused.map(({ reason }) => reason.code), Array(5).fill("limited"));
});

Deno.test("an unknown model, a foreign conversation and a parent from elsewhere are refused, and nothing is stored", async () => {
  await using world = await World.open();
  const here = world.process();
  const [conversation, other] = [await here.create(), await here.create()];
  const elsewhere = await here.send(other, "Hello?");
  here.unknownModels.add("demo/none");
  assertEquals(await code(here.send(conversation, { text: "a", model: "demo/none" })), "unknown_model");
  assertEquals(await code(here.send(randomId(), "a")), "not_found");
  for (const parentId of [randomId(), elsewhere.reply.messageId, "../"]) {
    assertEquals(await code(here.send(conversation, { text: "a", parentId })), "invalid");
  }
  assertEquals((await here.state(conversation)).messages, []);
  await here.conversations.remove(world.userId, conversation);
  assertEquals(await code(here.send(conversation, "a")), "not_found");
});

Deno.test("a message follows the end of the branch, the answer that was chosen, or begins a branch of its own", async () => {
  await using world = await World.open();
  world.provider.onCall = (call, n) => call.text(`answer ${n}`).end();
  const here = world.process();
  const conversation = await here.create();
  const ask = async (text: string, parentId?: string | null) => {
    const accepted = await here.send(conversation, parentId === undefined ? text : { text, parentId });
    await here.ended(conversation, accepted.reply.messageId);
    return accepted;
  };
  const first = await ask("one");
  assertEquals(first.message.parentId, null);
  const second = await ask("two");
  assertEquals(second.message.parentId, first.reply.messageId);
  const fork = await ask("two, said otherwise", first.reply.messageId);
  assertEquals(fork.message.parentId, first.reply.messageId);
  const root = await ask("something else", null);
  assertEquals(root.message.parentId, null);
  assertEquals(
    (await here.conversations.readAny(conversation)).conversation.activeLeaf,
    root.reply.messageId,
  );
  assertEquals(world.provider.calls[3]!.request.turns, [{ role: "user", text: "something else" }]);
  // A question is followed where its answer was removed. What was never said is followed by nothing.
  const behind = await ask("and another thing", first.message.id);
  assertEquals(behind.message.parentId, first.message.id);
  world.provider.onCall = () => {};
  const running = await here.send(conversation, "runs");
  const waits = await here.send(conversation, "waits");
  assertEquals(await code(here.send(conversation, { text: "a", parentId: waits.message.id })), "invalid");
  await here.remove(conversation, waits.message.id);
  assertEquals(await code(here.send(conversation, { text: "a", parentId: waits.message.id })), "invalid");
  (await world.provider.call(world.provider.calls.length)).text("Done").end();
  await here.ended(conversation, running.reply.messageId);
});

const TITLES: [text: string, title: string][] = [
  ["  What\n is\tthis? ", "What is this?"],
  ["word ".repeat(30), `${"word ".repeat(11)}word…`],
  ["x".repeat(100), `${"x".repeat(60)}…`],
  ["😀".repeat(61), `${"😀".repeat(60)}…`],
  ["😀".repeat(60), "😀".repeat(60)],
  [" \n ", ""],
];

Deno.test("a conversation is called by the first words of its first message, cut between words and characters", async () => {
  await using world = await World.open();
  world.provider.onCall = (call) => call.text("yes").end();
  const here = world.process();
  for (const [text, title] of TITLES) {
    const conversation = await here.create();
    const { reply } = await here.send(conversation, text);
    await here.ended(conversation, reply.messageId);
    const { conversation: named } = await here.conversations.readAny(conversation);
    assert(named.title.isWellFormed());
    assertEquals([named.title, named.titledBy], [title, "nobody"]);
  }
});

Deno.test("a title that a person gave is not replaced", async () => {
  await using world = await World.open();
  const here = world.process();
  const conversation = await here.create();
  await here.conversations.patch(world.userId, conversation, { title: "" });
  await here.send(conversation, "Hello?");
  assertEquals((await here.conversations.readAny(conversation)).conversation.title, "");
});

Deno.test("the longest message is taken, in any script, and comes back byte for byte", async () => {
  await using world = await World.open();
  world.provider.onCall = (call) => call.text("read").end();
  const here = world.process();
  for (const unit of ["a", "漢", "é", '"', "\u0001", "😀"]) {
    const conversation = await here.create();
    const text = unit.repeat(MESSAGE_CHARS_MAX / unit.length);
    const { message, reply } = await here.send(conversation, text);
    await here.ended(conversation, reply.messageId);
    const { messages } = await here.state(conversation);
    assertEquals(messages.find(({ id }) => id === message.id)?.parts, [{ type: "text", text }]);
  }
});

Deno.test("regenerate() makes a sibling under the same parent, and keeps the old answer", async () => {
  await using world = await World.open();
  world.provider.onCall = (call, n) => call.text(`answer ${n}`).end();
  const here = world.process();
  const conversation = await here.create();
  const { message, reply } = await here.send(conversation, "Hello?");
  await here.ended(conversation, reply.messageId);
  const again = await here.regenerate(conversation, reply.messageId, "demo/other");
  const answer = await here.ended(conversation, again.reply.messageId);
  assertEquals([answer.parentId, answer.model], [message.id, "demo/other"]);
  const { messages, conversation: { activeLeaf } } = await here.state(conversation);
  assertEquals(messages.map(({ id }) => id), [message.id, reply.messageId, again.reply.messageId]);
  assertEquals(activeLeaf, again.reply.messageId);
  assertEquals(world.provider.calls[1]!.request.turns, [{ role: "user", text: "Hello?" }]);
});

Deno.test("regenerate() is refused while an answer is written, for a question, and for what is not there", async () => {
  await using world = await World.open();
  const here = world.process();
  const conversation = await here.create();
  const { message, reply } = await here.send(conversation, "Hello?");
  assertEquals(await code(here.regenerate(conversation, reply.messageId)), "running");
  (await world.provider.call(1)).text("yes").end();
  await here.ended(conversation, reply.messageId);
  assertEquals(await code(here.regenerate(conversation, message.id)), "invalid");
  assertEquals(await code(here.regenerate(conversation, randomId())), "not_found");
  const twice = await Promise.allSettled([1, 2].map(() => here.regenerate(conversation, reply.messageId)));
  assertEquals(twice.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
});

Deno.test("P7: one regeneration asked for ten times at once from two processes is one answer, one job and one call", async () => {
  await using world = await World.open();
  world.provider.onCall = (call, n) => call.text(`answer ${n}`).end();
  const places = [world.process(), world.process()];
  const [here] = places as [typeof places[0]];
  const conversation = await here.create();
  const { reply } = await here.send(conversation, "Hello?");
  await here.ended(conversation, reply.messageId);
  const id = randomId();
  const ask = (i: number) => places[i % 2]!.regenerate(conversation, reply.messageId, undefined, id);
  // Those that come later find an answer being written: their own.
  const all = await Promise.all(Array.from({ length: 10 }, (_, i) => ask(i)));
  for (const accepted of all) assertEquals(accepted, all[0]);
  assertEquals(all[0]!.reply.messageId, id);
  await here.ended(conversation, id);
  assertEquals(await ask(1), all[0]);
  assertEquals([(await here.state(conversation)).messages.length, world.provider.calls.length], [3, 2]);
});

Deno.test("A1, A2: a regeneration's id is for its content alone, and known before anything else is looked at", async () => {
  await using world = await World.open();
  const here = world.process();
  const conversation = await here.create();
  const { message, reply } = await here.send(conversation, "Hello?");
  (await world.provider.call(1)).text("yes").end();
  await here.ended(conversation, reply.messageId);
  const id = randomId();
  const again = (model?: string) => here.regenerate(conversation, reply.messageId, model, id);
  here.store.onCommit = faults("lose", "fail", "lose");
  const accepted = await again("demo/rare");
  here.unknownModels.add("demo/rare");
  // Its own answer is being written, and its model cannot be used any more.
  assertEquals(await again("demo/rare"), accepted);
  assertEquals(await code(again("demo/other")), "conflict");
  assertEquals(await code(here.regenerate(conversation, id, "demo/rare", id)), "conflict");
  assertEquals(await code(here.send(conversation, { id, text: "Hello?" })), "conflict");
  for (const taken of [message.id, reply.messageId]) {
    assertEquals(await code(here.regenerate(conversation, reply.messageId, undefined, taken)), "conflict");
  }
  assertEquals((await here.state(conversation)).messages.length, 3);
});

Deno.test("P7: a send whose answer was lost is answered the same an hour later, and on the last day of its record", async () => {
  await using world = await World.open();
  world.provider.onCall = (call) => call.text("once").end();
  const here = world.process();
  const conversation = await here.create();
  const id = randomId();
  const accepted = await here.send(conversation, { id, text: "Hello?" });
  const regeneration = randomId();
  await here.ended(conversation, accepted.reply.messageId);
  const other = await here.regenerate(conversation, accepted.reply.messageId, undefined, regeneration);
  await here.ended(conversation, regeneration);
  // KV expires by the machine's own clock: that the record lives so long is read from its writes.
  const kept = here.store.tried.flatMap(({ writes }) => writes).filter(({ key }) => key[0] === "sent");
  assertEquals(kept.map((write) => "expireInMs" in write && write.expireInMs), [SENT_TTL_MS, SENT_TTL_MS]);
  for (const laterMs of [60 * 60 * 1000, SENT_TTL_MS - 2 * 60 * 60 * 1000]) {
    await world.clock.advance(laterMs);
    const later = world.process();
    assertEquals(await later.send(conversation, { id, text: "Hello?" }), accepted);
    const again = await later.regenerate(conversation, accepted.reply.messageId, undefined, regeneration);
    assertEquals(again, other);
  }
  assertEquals(world.provider.calls.length, 2);
});
