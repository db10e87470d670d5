// Branches: a message that is edited begins one, and which is shown is everybody's, and stays.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { branch } from "@/lib/chat/tree.ts";
import { AppError } from "@/lib/core/errors.ts";
import { type Id, randomId } from "@/lib/core/ids.ts";
import { userTopic } from "@/lib/kv/keys.ts";
import { listed } from "@/lib/protocol/conversation.ts";
import { textOf } from "@/lib/protocol/message.ts";
import type { Fault } from "../../support/faulty_store.ts";
import { type Process, World } from "../../support/program.ts";

async function code(promise: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => promise, AppError)).code;
}

/** Sends, and has it answered with the same words in capitals. */
async function say(process: Process, id: Id, text: string, parentId?: Id | null) {
  const call = process.world.provider.call(process.world.provider.calls.length + 1);
  const { message, reply } = await process.send(id, {
    text,
    ...(parentId === undefined ? {} : { parentId }),
  });
  (await call).text(text.toUpperCase()).end();
  await process.ended(id, reply.messageId);
  return { asked: message, answer: reply.messageId };
}

/** What anybody who opens the conversation is shown. */
async function shown(process: Process, id: Id): Promise<string> {
  const { conversation, messages } = await process.state(id);
  return branch(messages, conversation.activeLeaf).map(textOf).join(" ");
}

const show = (process: Process, id: Id, activeLeaf: Id) =>
  process.conversations.patch(process.world.userId, id, { activeLeaf });

Deno.test("M3: edit message 1 of 6: the old branch is there after a reload, can be shown again, and is followed", async () => {
  await using world = await World.open();
  const [process, other] = [world.process(), world.process()];
  const id = await process.create();
  const [one, two, three] = [
    await say(process, id, "a"),
    await say(process, id, "b"),
    await say(process, id, "c"),
  ];
  assertEquals(await shown(process, id), "a A b B c C");
  // An edit is a new message under the parent of the old one.
  const edited = await say(process, id, "x", one.asked.parentId);
  assertEquals(await shown(other, id), "x X");
  assertEquals((await other.state(id)).messages.length, 8);
  const moved = await show(other, id, two.answer);
  assertEquals(moved.activeLeaf, three.answer, "the end of the branch through it");
  assertEquals(await shown(process, id), "a A b B c C");
  const entries = await process.log.after(userTopic(world.userId), 0);
  assertEquals(JSON.parse(entries!.at(-1)!.json).conversation, listed(moved), "other devices are told");
  // It is kept where a search, a summary and the next process look.
  assertEquals((await process.conversations.readAny(id)).conversation.activeLeaf, three.answer);
  await say(process, id, "d");
  assertEquals(await shown(other, id), "a A b B c C d D");
  await show(process, id, edited.asked.id);
  await say(process, id, "y");
  assertEquals(await shown(other, id), "x X y Y");
  assertEquals(world.provider.calls.at(-1)!.request.turns.map(({ text }) => text), ["x", "X", "y"]);
  // In the middle: message 2 edited.
  await show(process, id, one.asked.id);
  await say(process, id, "z", one.answer);
  assertEquals(await shown(process, id), "a A z Z");
});

Deno.test("M3: a version that was regenerated is shown again, whatever else is changed with it", async () => {
  await using world = await World.open();
  const process = world.process();
  const id = await process.create();
  const { answer } = await say(process, id, "a");
  const again = await process.regenerate(id, answer);
  (await world.provider.call(2)).text("second").end();
  await process.ended(id, again.reply.messageId);
  assertEquals(await shown(process, id), "a second");
  const { title, activeLeaf, titledBy, updatedAt } = await process.conversations.patch(world.userId, id, {
    title: "Named",
    activeLeaf: answer,
  });
  assertEquals([title, titledBy, activeLeaf], ["Named", "person", answer]);
  assertEquals(updatedAt, again.message.createdAt, "its place in the list stays");
  // What is on the branch already changes nothing.
  assertEquals((await show(process, id, answer)).activeLeaf, answer);
  await process.conversations.patch(world.userId, id, { pinned: true });
  assertEquals(await shown(process, id), "a A");
});

Deno.test("C3: while an answer is written another branch is not shown; the one that is may be named", async () => {
  await using world = await World.open();
  const process = world.process();
  const id = await process.create();
  const { asked, answer } = await say(process, id, "a");
  const again = await process.regenerate(id, answer);
  const call = await world.provider.call(2);
  await process.send(id, "waits");
  assertEquals(await code(show(process, id, answer)), "running");
  assertEquals((await show(process, id, asked.id)).activeLeaf, again.reply.messageId);
  call.text("second").end();
  const next = await world.provider.call(3);
  assertEquals(
    next.request.turns.map(({ text }) => text),
    ["a", "second", "waits"],
    "what waited follows what was shown",
  );
  assertEquals(await code(show(process, id, answer)), "running");
  next.text("Done").end();
  await process.until(id, ({ conversation }) => conversation.running === null);
  assertEquals((await show(process, id, answer)).activeLeaf, answer);
});

Deno.test("C3: a message of another conversation, one that waits, and none are no branch", async () => {
  await using world = await World.open();
  const process = world.process();
  const [id, other] = [await process.create(), await process.create()];
  const theirs = await say(process, other, "theirs");
  await say(process, id, "a");
  const running = await process.send(id, "b");
  const waits = await process.send(id, "waits");
  for (const wrong of [theirs.answer, randomId(), waits.message.id]) {
    assertEquals(await code(show(process, id, wrong)), "invalid");
  }
  assertEquals(
    await code(process.conversations.patch(randomId(), id, { activeLeaf: theirs.answer })),
    "not_found",
  );
  assert((await show(process, id, running.message.id)).activeLeaf === running.reply.messageId);
});

Deno.test("C3: an answer that begins in the moment of the choice is not left: the choice is refused", async () => {
  await using world = await World.open();
  const [process, other] = [world.process(), world.process()];
  const id = await process.create();
  const { answer } = await say(process, id, "a");
  const again = await process.regenerate(id, answer);
  (await world.provider.call(2)).text("second").end();
  await process.ended(id, again.reply.messageId);
  let sent = false;
  other.store.onCommit = async (): Promise<Fault> => {
    if (sent) return "none";
    sent = true;
    await process.send(id, "meanwhile");
    return "none";
  };
  assertEquals(await code(show(other, id, answer)), "running");
  assert(sent);
});
