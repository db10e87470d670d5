// What was said, changed and taken back: answers in their reader's words, messages that go and come back, all of them.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { clearConversation, removeMessage, restoreMessage } from "@/lib/chat/removals.ts";
import { editAnswer } from "@/lib/chat/rewriting.ts";
import { readMessage, writeMessage } from "@/lib/chat/messages.ts";
import { branch } from "@/lib/chat/tree.ts";
import { AppError } from "@/lib/core/errors.ts";
import { type Id, randomId } from "@/lib/core/ids.ts";
import {
  conversationTopic,
  messageKey,
  messagePrefix,
  removedKey,
  removedPrefix,
  summaryPrefix,
  userTopic,
} from "@/lib/kv/keys.ts";
import { set } from "@/lib/kv/store.ts";
import { ANSWER_CHARS_MAX } from "@/lib/protocol/api.ts";
import { type Message, textOf } from "@/lib/protocol/message.ts";
import { type Fault, faults } from "../../support/faulty_store.ts";
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
  (await call).reasoning(`about ${text}`).text(text.toUpperCase()).end();
  await process.ended(id, reply.messageId);
  return { asked: message.id, answer: reply.messageId };
}

const edit = (process: Process, id: Id, messageId: Id, text: string, userId = process.world.userId) =>
  editAnswer(process.rewriting, userId, id, messageId, text);
const remove = (process: Process, id: Id, messageId: Id, userId = process.world.userId) =>
  removeMessage(process.rewriting, userId, id, messageId);
const restore = (process: Process, id: Id, messageId: Id, userId = process.world.userId) =>
  restoreMessage(process.rewriting, userId, id, messageId);
const clear = (process: Process, id: Id) => clearConversation(process.rewriting, process.world.userId, id);

/** What anybody who opens the conversation is shown; a follower from the beginning and a snapshot agree about it. */
async function shown(process: Process, id: Id): Promise<string> {
  const [state, snapshot] = [await process.state(id), await process.snapshot(id)];
  assertEquals([...state.messages], snapshot.messages);
  assertEquals(state.conversation, snapshot.conversation);
  assertEquals(state.summaries && [...state.summaries], snapshot.summaries);
  return branch(snapshot.messages, snapshot.conversation.activeLeaf).map(textOf).join(" ");
}

/** What the newest request said. */
const asked = (world: World) => world.provider.calls.at(-1)!.request.turns.map(({ text }) => text);

const find = async (process: Process, id: Id, messageId: Id): Promise<Message> =>
  (await process.snapshot(id)).messages.find((message) => message.id === messageId)!;

Deno.test("M5: an edited reply is what the next request sends; its thoughts, figures and rating stay, and it says so", async () => {
  await using world = await World.open();
  const [process, other] = [world.process(), world.process()];
  const id = await process.create();
  const { answer } = await say(process, id, "a");
  await say(process, id, "b");
  const before = await find(process, id, answer);
  const told = async () => (await process.log.head(userTopic(world.userId))).value?.seq ?? 0;
  const toldBefore = await told();
  const edited = await edit(other, id, answer, "mine");
  assertEquals(await told(), toldBefore + 1, "a search hears of it");
  assertEquals(edited, {
    ...before,
    parts: [{ type: "reasoning", text: "about a" }, { type: "text", text: "mine" }],
    editedAt: world.clock.now(),
  });
  assertEquals(await shown(process, id), "a mine b B");
  await say(process, id, "c");
  assertEquals(asked(world), ["a", "mine", "b", "B", "c"]);
  // Asked again, nothing is written.
  const { cursor } = await process.state(id);
  assertEquals(await edit(process, id, answer, "mine"), edited);
  assertEquals((await process.state(id)).cursor, cursor);
});

Deno.test("M5: words, thoughts and calls keep their order: the new words stand where the last ones stood", async () => {
  await using world = await World.open();
  const process = world.process();
  const id = await process.create();
  const { answer } = await say(process, id, "a");
  const record = (await readMessage(process.store, id, answer))!;
  const call = { type: "tool_call", callId: "1", name: "f", args: "{}" } as const;
  const result = { type: "tool_result", callId: "1", ok: true, output: "" } as const;
  const parts = [{ type: "text", text: "I look" }, call, result, { type: "text", text: "found" }] as const;
  const changed = { ...record, message: { ...record.message, parts: [...parts] } };
  await process.store.commit({ checks: [], writes: writeMessage(changed) });
  assertEquals((await edit(process, id, answer, "mine")).parts, [call, result, {
    type: "text",
    text: "mine",
  }]);
});

Deno.test("M5: what cannot be edited is refused by name: another's, a person's message, one that is written, one too long", async () => {
  await using world = await World.open();
  const process = world.process();
  const id = await process.create();
  const { asked, answer } = await say(process, id, "a");
  const running = await process.send(id, "b");
  const call = await world.provider.call(2);
  for (
    const [messageId, text, wanted] of [
      [randomId(), "x", "not_found"],
      ["none", "x", "not_found"],
      [asked, "x", "invalid"],
      [running.reply.messageId, "x", "running"],
      [answer, "x".repeat(ANSWER_CHARS_MAX + 1), "invalid"],
    ] as const
  ) assertEquals(await code(edit(process, id, messageId, text)), wanted);
  assertEquals(await code(edit(process, id, answer, "x", randomId())), "not_found");
  // An earlier answer may be changed meanwhile: what is being written is not.
  await edit(process, id, answer, "mine");
  call.text("B").end();
  await process.ended(id, running.reply.messageId);
  assertEquals(await shown(process, id), "a mine b B");
});

Deno.test("R3: an edit does not write over what another tab changed in the same moment", async () => {
  await using world = await World.open();
  const [process, other] = [world.process(), world.process()];
  const id = await process.create();
  const { answer } = await say(process, id, "a");
  let first = true;
  process.store.onCommit = async (): Promise<Fault> => {
    if (!first) return "none";
    first = false;
    await edit(other, id, answer, "theirs");
    return "none";
  };
  await edit(process, id, answer, "mine");
  assertEquals(await shown(process, id), "a mine");
  const entries = await process.log.after(conversationTopic(id), 0);
  const said = entries!.filter(({ type }) => type === "message").map(({ json }) =>
    textOf(JSON.parse(json).message)
  );
  assertEquals(said.slice(-2), ["theirs", "mine"], "one after the other");
});

Deno.test("R1: summaries that cover a changed message are void, for who follows and who comes; others stay", async () => {
  await using world = await World.open();
  const process = world.process();
  const id = await process.create();
  const [one, two] = [await say(process, id, "a"), await say(process, id, "b")];
  const aside = await say(process, id, "x", one.answer);
  const three = await say(process, id, "c");
  for (const { answer } of [one, two, aside, three]) {
    await process.editSummary(id, answer, `up to ${answer}`);
  }
  const told = async () => (await process.snapshot(id)).summaries?.map(({ throughId }) => throughId);
  await edit(process, id, two.answer, "mine");
  assertEquals(await told(), [one.answer, aside.answer, three.answer], "c follows x, not b");
  await edit(process, id, aside.answer, "mine too");
  assertEquals(await told(), [one.answer]);
  await remove(process, id, one.asked);
  assertEquals(await told(), undefined);
  await shown(process, id);
  // One that is written again is there again.
  await process.editSummary(id, two.answer, "anew");
  assertEquals(await told(), [two.answer]);
  await shown(process, id);
});

Deno.test("M5: a message that is removed is gone, what followed it follows its parent, and undone it is as it was", async () => {
  await using world = await World.open();
  const process = world.process();
  const id = await process.create();
  const [, two] = [await say(process, id, "a"), await say(process, id, "b")];
  await say(process, id, "c");
  const before = await process.snapshot(id);
  await remove(process, id, two.asked);
  assertEquals(await shown(process, id), "a A B c C");
  await remove(process, id, two.asked); // asked again
  await say(process, id, "d");
  assertEquals(asked(world), ["a", "A\n\nB", "c", "C", "d"].flatMap((text) => text.split("\n\n")));
  await remove(process, id, two.answer);
  assertEquals(await shown(process, id), "a A c C d D");
  // Undone in another order than done, and twice.
  assertEquals(await code(restore(process, id, randomId())), "not_found");
  await restore(process, id, two.answer);
  assertEquals(await shown(process, id), "a A B c C d D");
  await restore(process, id, two.asked);
  const back = await restore(process, id, two.asked);
  assertEquals(back, before.messages.find((message) => message.id === two.asked));
  assertEquals(await shown(process, id), "a A b B c C d D");
  const { messageCount } = await process.conversations.readAny(id);
  assertEquals(messageCount, 8);
  assertEquals((await process.store.get(removedKey(id, two.asked))).value, null);
});

Deno.test("M5: of the last answer a version is shown, or its question; the first question may go, and its answer is sent", async () => {
  await using world = await World.open();
  const process = world.process();
  const id = await process.create();
  const { asked: question, answer } = await say(process, id, "a");
  const again = await process.regenerate(id, answer);
  (await world.provider.call(2)).text("second").end();
  await process.ended(id, again.reply.messageId);
  await remove(process, id, again.reply.messageId);
  assertEquals(await shown(process, id), "a A");
  await remove(process, id, answer);
  assertEquals(await shown(process, id), "a");
  assertEquals((await process.snapshot(id)).conversation.activeLeaf, question);
  // A message follows the one that has no answer.
  await say(process, id, "b", question);
  assertEquals(asked(world), ["a", "b"]);
  await restore(process, id, answer);
  assertEquals(await shown(process, id), "a A", "what is put back is shown");
  assertEquals((await process.snapshot(id)).messages.length, 4, "beside what came meanwhile");
  await remove(process, id, question);
  assertEquals(await shown(process, id), "A");
  await say(process, id, "c");
  assertEquals(asked(world), ["(This message was removed.)", "A", "c"]);
  assertEquals(await code(process.regenerate(id, answer)), "invalid");
});

Deno.test("V2: nothing is removed while an answer is written, nor one that waits; and what begins in the same moment wins", async () => {
  await using world = await World.open();
  const [process, other] = [world.process(), world.process()];
  const id = await process.create();
  const { asked: question, answer } = await say(process, id, "a");
  const running = await process.send(id, "b");
  const waits = await process.send(id, "waits");
  for (const messageId of [question, answer, running.message.id, running.reply.messageId, waits.message.id]) {
    assertEquals(await code(remove(process, id, messageId)), "running");
  }
  assertEquals(await code(clear(process, id)), "running");
  assertEquals(await code(remove(process, id, question, randomId())), "not_found");
  (await world.provider.call(2)).text("B").end();
  (await world.provider.call(3)).text("W").end();
  await process.until(id, ({ conversation }) => conversation.running === null);
  let sent = false;
  other.store.onCommit = async (): Promise<Fault> => {
    if (!sent) {
      sent = true;
      await process.send(id, "meanwhile");
    }
    return "none";
  };
  assertEquals(await code(remove(other, id, answer)), "running");
  (await world.provider.call(4)).text("M").end();
  await process.until(id, ({ conversation }) => conversation.running === null);
  await remove(other, id, running.message.id);
  assertEquals(await code(restore(other, id, running.message.id, randomId())), "not_found");
  await remove(other, id, answer);
  assertEquals(await code(restore(other, id, running.message.id)), "invalid", "what it followed is gone");
  await restore(other, id, answer);
  await restore(other, id, running.message.id);
  assertEquals(await shown(other, id), "a A b B waits W meanwhile M");
});

Deno.test("M5: a removal whose answer was lost is made once", async () => {
  await using world = await World.open();
  const process = world.process();
  const id = await process.create();
  const { answer } = await say(process, id, "a");
  process.store.onCommit = faults("lose");
  await remove(process, id, answer);
  assertEquals(await shown(process, id), "a");
  assertEquals((await process.conversations.readAny(id)).messageCount, 1);
});

Deno.test("M2: a conversation that is cleared keeps id, title, settings and what it has spent, and none of its words", async () => {
  await using world = await World.open();
  const process = world.process();
  const id = await process.create();
  await process.conversations.patch(world.userId, id, { title: "Named", systemPrompt: "Be short." });
  const { answer } = await say(process, id, "a");
  await say(process, id, "b");
  await process.editSummary(id, answer, "short");
  const c = await say(process, id, "c");
  await remove(process, id, c.answer);
  const before = await process.conversations.readAny(id);
  await clear(process, id);
  await clear(process, id); // asked again
  assertEquals(await shown(process, id), "");
  const { conversation, messageCount } = await process.conversations.readAny(id);
  assertEquals(messageCount, 0);
  assertEquals(conversation, {
    ...before.conversation,
    activeLeaf: null,
    rewrittenAt: conversation.rewrittenAt,
  });
  for (const prefix of [messagePrefix(id), removedPrefix(id), summaryPrefix(id)]) {
    assertEquals(await process.store.list({ prefix }, { limit: 10 }), []);
  }
  await say(process, id, "new");
  assertEquals(asked(world), ["new"]);
});

Deno.test("V4: a long conversation is cleared from its end, in commits that KV takes, whatever breaks in between", async () => {
  await using world = await World.open();
  const [process, other] = [world.process(), world.process()];
  const id = await process.create();
  const record = await process.conversations.readAny(id);
  // As if they had been said: a thousand messages, some of them in many rows.
  const ids = Array.from({ length: 1_000 }, () => randomId());
  for (let from = 0; from < ids.length; from += 100) {
    await process.log.append(() => ({
      topics: [{ topic: conversationTopic(id), entries: [] }],
      writes: () =>
        ids.slice(from, from + 100).flatMap((messageId, i) => {
          const at = from + i;
          const message: Message = {
            id: messageId,
            conversationId: id,
            parentId: ids[at - 1] ?? null,
            role: at % 2 === 0 ? "user" : "assistant",
            status: "complete",
            parts: [{ type: "text", text: at % 100 === 99 ? "x".repeat(200_000) : `no ${at}` }],
            createdAt: 0,
          };
          return writeMessage({ message, seq: 1, order: at });
        }),
    }));
  }
  const conversation = { ...record.conversation, activeLeaf: ids.at(-1)! };
  await process.store.commit({
    checks: [],
    writes: [set(["conversation", id], { ...record, messageCount: 1_000, conversation })],
  });
  // The process dies after its first commit.
  let commits = 0;
  other.dead = true;
  other.store.onCommit = () => ++commits === 1 ? "none" : new Promise(() => {});
  void clear(other, id);
  await process.until(id, ({ conversation }) => conversation.rewrittenAt !== undefined);
  const left = (await process.snapshot(id)).messages;
  assert(left.length > 0 && left.length < 1_000, `${left.length} are left`);
  assertEquals(left.map((message) => message.id), ids.slice(0, left.length));
  await clear(process, id);
  assertEquals((await process.snapshot(id)).messages, []);
  assertEquals(await process.store.list({ prefix: messageKey(id, ids[0]!).slice(0, 2) }, { limit: 1 }), []);
});
