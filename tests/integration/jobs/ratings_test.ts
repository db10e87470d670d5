// What readers think of answers (R15).
import { assert, assertEquals, assertRejects } from "@std/assert";
import { listMessages, readMessage } from "@/lib/chat/messages.ts";
import { rate } from "@/lib/chat/ratings.ts";
import { AppError } from "@/lib/core/errors.ts";
import { randomId } from "@/lib/core/ids.ts";
import { conversationTopic, messagePrefix } from "@/lib/kv/keys.ts";
import { PART_BYTES } from "@/lib/kv/parts.ts";
import type { Rate } from "@/lib/protocol/api.ts";
import type { Message } from "@/lib/protocol/message.ts";
import { type Fault, faults } from "../../support/faulty_store.ts";
import { type Process, World } from "../../support/program.ts";

async function answered(world: World, text = "yes") {
  world.provider.onCall = (call) => call.text(text).end();
  const here = world.process();
  const id = await here.create();
  const { message, reply } = await here.send(id, "Hello?");
  const answer = await here.ended(id, reply.messageId);
  await here.runner.drain();
  return { here, id, question: message.id, answer };
}

function rated(process: Process, id: string, messageId: string, wanted: Rate, userId = process.world.userId) {
  const { store, log, conversations } = process;
  return rate({ store, append: log.append.bind(log), conversations }, userId, id, messageId, wanted);
}

/** What the store, the log and a follower hold of a message; all three say the same. */
async function held(process: Process, id: string, messageId: string): Promise<Message> {
  const record = await readMessage(process.store, id, messageId);
  const state = await process.state(id);
  assertEquals(state.messages.find((message) => message.id === messageId), record?.message);
  const entries = (await process.log.after(conversationTopic(id), 0))!;
  const last = entries.findLast(({ type, json }) =>
    type === "message" && JSON.parse(json).message.id === messageId
  );
  assertEquals(record?.seq, last?.seq);
  return record!.message;
}

Deno.test("R15: a rating is stored and told, toggles, and is taken back; the answer is otherwise as it was", async () => {
  await using world = await World.open();
  const { here, id, answer } = await answered(world);
  const steps: [wanted: Rate, more: Partial<Message>][] = [
    [{ rating: "up" }, { rating: "up" }],
    [{ rating: "down", reason: "It is wrong." }, { rating: "down", ratingReason: "It is wrong." }],
    [{ rating: "down" }, { rating: "down" }],
    [{ rating: null }, {}],
  ];
  for (const [wanted, more] of steps) {
    assertEquals(await rated(here, id, answer.id, wanted), { ...answer, ...more });
    assertEquals(await held(here, id, answer.id), { ...answer, ...more });
  }
});

Deno.test("R15: said again, nothing is written and nobody is told", async () => {
  await using world = await World.open();
  const { here, id, answer } = await answered(world);
  await rated(here, id, answer.id, { rating: "up", reason: "Good." });
  const [{ value }, tried] = [await here.log.head(conversationTopic(id)), here.store.tried.length];
  for (let n = 0; n < 3; n++) await rated(here, id, answer.id, { rating: "up", reason: "Good." });
  assertEquals((await here.log.head(conversationTopic(id))).value, value);
  assertEquals(here.store.tried.length, tried);
});

for (const fault of ["fail", "lose", "refuse"] as const satisfies Fault[]) {
  Deno.test(`R15: a rating whose commit meets "${fault}" is told once`, async () => {
    await using world = await World.open();
    const { here, id, answer } = await answered(world);
    const before = (await here.log.after(conversationTopic(id), 0))!.length;
    here.store.onCommit = faults(fault);
    await rated(here, id, answer.id, { rating: "up" });
    assertEquals((await here.log.after(conversationTopic(id), 0))!.length, before + 1);
    assertEquals((await held(here, id, answer.id)).rating, "up");
  });
}

Deno.test("R15: only an answer of one's own that has ended can be rated", async () => {
  await using world = await World.open();
  const { here, id, question, answer } = await answered(world);
  world.provider.onCall = () => {};
  const { reply } = await here.send(id, "And then?");
  const code = async (promise: Promise<unknown>) => (await assertRejects(() => promise, AppError)).code;
  assertEquals(await code(rated(here, id, question, { rating: "up" })), "invalid");
  assertEquals(await code(rated(here, id, reply.messageId, { rating: "up" })), "running");
  for (const none of [randomId(), "", "x", answer.id.toUpperCase()]) {
    assertEquals(await code(rated(here, id, none, { rating: "up" })), "not_found");
  }
  assertEquals(await code(rated(here, id, answer.id, { rating: "up" }, randomId())), "not_found");
  assertEquals(await code(rated(here, await here.create(), answer.id, { rating: "up" })), "not_found");
  await here.conversations.remove(world.userId, id);
  assertEquals(await code(rated(here, id, answer.id, { rating: "up" })), "not_found");
});

Deno.test("R15: an answer may be rated while the next is being written, and both are whole", async () => {
  await using world = await World.open();
  world.provider.onCall = () => {};
  const here = world.process();
  const id = await here.create();
  const { reply: first } = await here.send(id, "one");
  (await world.provider.call(1)).text("one").end();
  await here.ended(id, first.messageId);
  const { reply: second } = await here.send(id, "two");
  const call = await world.provider.call(2);
  for (let n = 0; n < 20; n++) {
    call.text(`${n} `);
    await rated(here, id, first.messageId, { rating: n % 2 === 0 ? "up" : "down" });
  }
  call.end();
  await here.ended(id, second.messageId);
  assertEquals((await held(here, id, first.messageId)).rating, "down");
  const text = (await held(here, id, second.messageId)).parts;
  assertEquals(text, [{ type: "text", text: Array.from({ length: 20 }, (_, n) => `${n} `).join("") }]);
});

Deno.test("T2: a rating does not write over what came between its reading and its commit", async () => {
  await using world = await World.open();
  const { here, id, answer } = await answered(world);
  const there = world.process();
  // Another tab, in that moment; then somebody whose record of the message is another, as when it is continued.
  here.store.onCommit = async (): Promise<Fault> => {
    here.store.onCommit = () => "none";
    const record = (await readMessage(there.store, id, answer.id))!;
    const message: Message = { ...record.message, parts: [{ type: "text", text: "yes, and more" }] };
    await world.kv.set(["message", id, answer.id], { whole: { ...record, message } });
    return "none";
  };
  const message = await rated(here, id, answer.id, { rating: "up" });
  assertEquals([message.parts, message.rating], [[{ type: "text", text: "yes, and more" }], "up"]);
});

Deno.test("T1: an answer that goes on in the moment of its rating is not rated", async () => {
  await using world = await World.open();
  const { here, id, answer } = await answered(world);
  here.store.onCommit = async (): Promise<Fault> => {
    here.store.onCommit = () => "none";
    const record = (await readMessage(here.store, id, answer.id))!;
    const message: Message = { ...record.message, status: "streaming" };
    await world.kv.set(["message", id, answer.id], { whole: { ...record, message } });
    return "none";
  };
  const error = await assertRejects(() => rated(here, id, answer.id, { rating: "up" }), AppError);
  assertEquals(error.code, "running");
});

Deno.test("R15: an answer at the edge of one piece is rated and unrated, and the conversation stays readable", async () => {
  await using world = await World.open();
  const { here, id, answer } = await answered(world, "a".repeat(PART_BYTES - 600));
  const rows = async () =>
    (await Array.fromAsync(world.kv.list({ prefix: messagePrefix(id) }))).filter(({ key }) =>
      key[2] === answer.id
    )
      .length;
  assertEquals(await rows(), 1);
  await rated(here, id, answer.id, { rating: "down", reason: "b".repeat(1_000) });
  assert(await rows() > 1, "the answer was to need parts");
  assertEquals((await held(here, id, answer.id)).rating, "down");
  await rated(here, id, answer.id, { rating: null });
  assertEquals(await rows(), 1);
  assertEquals(await held(here, id, answer.id), answer);
  // A page reads all messages of a conversation as one list.
  assertEquals((await listMessages(here.store, id)).length, 2);
});
