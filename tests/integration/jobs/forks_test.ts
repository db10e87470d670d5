// A conversation made of the beginning of another.
import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { branchTitle, fork } from "@/lib/chat/forks.ts";
import { writeMessage } from "@/lib/chat/messages.ts";
import { removeMessage } from "@/lib/chat/removals.ts";
import { branch } from "@/lib/chat/tree.ts";
import { AppError } from "@/lib/core/errors.ts";
import { type Id, randomId } from "@/lib/core/ids.ts";
import { conversationKey, messagePrefix, ownedPrefixes, trashPrefix } from "@/lib/kv/keys.ts";
import { TITLE_CHARS_MAX } from "@/lib/protocol/api.ts";
import { type Message, textOf } from "@/lib/protocol/message.ts";
import { type Process, World } from "../../support/program.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

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
  (await call).text(text.toUpperCase()).usage({ inputTokens: 5, outputTokens: 7 }).end();
  await process.ended(id, reply.messageId);
  return { asked: message.id, answer: reply.messageId };
}

const forkAt = (process: Process, source: Id, messageId: Id, id?: Id, userId = process.world.userId) =>
  fork(process.rewriting, userId, source, { messageId, ...(id === undefined ? {} : { id }) });

/** What anybody who opens the conversation is shown; a follower from the beginning and a snapshot agree about it. */
async function shown(process: Process, id: Id): Promise<string> {
  const [state, snapshot] = [await process.state(id), await process.snapshot(id)];
  assertEquals([...state.messages], snapshot.messages);
  assertEquals(state.summaries && [...state.summaries], snapshot.summaries);
  return branch(snapshot.messages, snapshot.conversation.activeLeaf).map(textOf).join(" ");
}

Deno.test("M4: the new chat has exactly the prefix, asked as before, and nothing of it was paid for twice", async () => {
  await using world = await World.open();
  const process = world.process();
  const source = await process.create();
  await process.conversations.patch(world.userId, source, {
    title: "Plans",
    systemPrompt: "Be short.",
    params: { temperature: 0.5 },
    fallbacks: ["demo/other"],
    pinned: true,
  });
  const one = await say(process, source, "a");
  const two = await say(process, source, "b");
  await say(process, source, "c");
  await say(process, source, "x", one.answer);
  await process.editSummary(source, one.answer, "short");
  const before = await process.snapshot(source);
  const made = await forkAt(process, source, two.answer);
  assertEquals(await shown(process, made.id), "a A b B");
  const { conversation, messages, summaries } = await process.snapshot(made.id);
  const { spent, ...settings } = before.conversation;
  assert(spent !== undefined && spent.microUsd > 0);
  assertEquals(conversation, {
    ...settings,
    id: made.id,
    title: "Plans (branch)",
    titledBy: "person",
    pinned: false,
    activeLeaf: messages[3]!.id,
    createdAt: world.clock.now(),
    updatedAt: world.clock.now(),
  });
  const originals = before.messages.slice(0, 4);
  for (const [i, message] of messages.entries()) {
    const original = originals[i]!;
    assertNotEquals(message.id, original.id);
    const { id: _id, conversationId, parentId, generationId, ...same } = message;
    const { id: _, conversationId: __, parentId: ___, generationId: ____, ...wanted } = original;
    assertEquals(same, wanted, "words, figures and dates");
    assertEquals([conversationId, parentId, generationId], [made.id, messages[i - 1]?.id ?? null, undefined]);
    if (message.asked?.promptId === undefined) continue;
    const key = ["prompt", made.id, message.asked.promptId];
    assertEquals((await process.store.get(key)).value, "Be short.");
  }
  assertEquals(summaries?.map(({ throughId, text }) => [throughId, text]), [[messages[1]!.id, "short"]]);
  // Each goes on by itself.
  await say(process, made.id, "d");
  assertEquals(world.provider.calls.at(-1)!.request.turns.map(({ text }) => text), ["a", "A", "b", "B", "d"]);
  assertEquals((await process.snapshot(source)).messages, before.messages);
  assertEquals((await process.conversations.readAny(made.id)).messageCount, 6);
  // From a person's message: it ends with that.
  assertEquals(await shown(process, (await forkAt(process, source, one.asked)).id), "a");
});

Deno.test("F2: asked ten times at once under one id, by two processes, it is made once; for other content the id is taken", async () => {
  await using world = await World.open();
  const processes = [world.process(), world.process()] as const;
  const [process] = processes;
  const source = await process.create();
  const [one, two] = [await say(process, source, "a"), await say(process, source, "b")];
  const id = randomId();
  const made = await Promise.all(
    Array.from({ length: 10 }, (_, i) => forkAt(processes[i % 2]!, source, two.answer, id)),
  );
  for (const conversation of made) assertEquals(conversation, made[0]);
  assertEquals(await shown(process, id), "a A b B");
  const { conversations } = await process.conversations.page(world.userId);
  assertEquals(conversations.map((conversation) => conversation.id).toSorted(), [source, id].toSorted());
  assertEquals(await code(forkAt(process, source, one.answer, id)), "conflict");
  assertEquals(await code(forkAt(process, source, two.answer, source)), "conflict");
  assertEquals(await code(forkAt(process, source, two.answer, undefined, randomId())), "not_found");
  // Somebody else's conversation of their own, under the same id.
  const stranger = randomId();
  const theirs = await process.conversations.create(stranger, { model: "demo/tour" });
  assertEquals(await code(forkAt(process, theirs.id, two.answer, id, stranger)), "conflict");
  assertEquals(await code(forkAt(process, source, randomId(), randomId())), "not_found");
  const running = await process.send(source, "c");
  const waits = await process.send(source, "waits");
  assertEquals(await code(forkAt(process, source, running.reply.messageId)), "running");
  assertEquals(await code(forkAt(process, source, waits.message.id)), "invalid");
  // What is there already is copied while an answer is written.
  assertEquals(await shown(process, (await forkAt(process, source, running.message.id)).id), "a A b B c");
  (await world.provider.call(3)).text("C").end();
  (await world.provider.call(4)).text("W").end();
  await process.until(source, ({ conversation }) => conversation.running === null);
});

Deno.test("F1: a long prefix is written in commits that KV takes; killed in the middle nothing is listed, and asked again it is whole", async () => {
  await using world = await World.open();
  const [process, other] = [world.process(), world.process()];
  const source = await process.create();
  const ids = Array.from({ length: 450 }, () => randomId());
  const message = (at: number): Message => ({
    id: ids[at]!,
    conversationId: source,
    parentId: ids[at - 1] ?? null,
    role: at % 2 === 0 ? "user" : "assistant",
    status: "complete",
    parts: [{ type: "text", text: at % 50 === 49 ? "x".repeat(180_000) : `no ${at}` }],
    createdAt: 0,
  });
  for (let from = 0; from < ids.length; from += 150) {
    await process.store.commit({
      checks: [],
      writes: ids.slice(from, from + 150).flatMap((_, i) =>
        writeMessage({ message: message(from + i), seq: 1, order: from + i })
      ),
    });
  }
  const id = randomId();
  let commits = 0;
  other.dead = true;
  const third = Promise.withResolvers<void>();
  other.store.onCommit = () => {
    if (++commits < 4) return "none";
    third.resolve();
    return new Promise(() => {});
  };
  void forkAt(other, source, ids.at(-1)!, id);
  await third.promise;
  assert((await process.store.list({ prefix: messagePrefix(id) }, { limit: 1 })).length === 1);
  assertEquals((await process.store.get(conversationKey(id))).value, null);
  assertEquals((await process.conversations.page(world.userId)).conversations.length, 1);
  await forkAt(process, source, ids.at(-1)!, id);
  const { messages } = await process.snapshot(id);
  assertEquals(messages.map(textOf), ids.map((_, at) => textOf(message(at))));
  assertEquals((await process.state(id)).messages.length, messages.length);
  assertEquals(await process.store.list({ prefix: trashPrefix() }, { limit: 1 }), []);
});

Deno.test("F3, F4: what was removed between two tries is not in the copy; what is never finished goes with the trash", async () => {
  await using world = await World.open();
  const [process, first, second] = [world.process(), world.process(), world.process()];
  const source = await process.create();
  await say(process, source, "a");
  const two = await say(process, source, "b");
  /** Dies before its last commit. */
  const diesLate = async (at: Process, id: Id) => {
    const died = Promise.withResolvers<void>();
    at.dead = true;
    at.store.onCommit = ({ writes }) => {
      if (!writes.some(({ key }) => key[0] === "conversation")) return "none";
      died.resolve();
      return new Promise(() => {});
    };
    void forkAt(at, source, two.answer, id);
    await died.promise;
  };
  const [finished, never] = [randomId(), randomId()];
  await diesLate(first, finished);
  await diesLate(second, never);
  await removeMessage(process.rewriting, world.userId, source, two.asked);
  await forkAt(process, source, two.answer, finished);
  assertEquals(await shown(process, finished), "a A B");
  await world.clock.advance(31 * DAY_MS);
  await process.trash.purge();
  for (const prefix of ownedPrefixes(never)) {
    assertEquals(await process.store.list({ prefix }, { limit: 1 }), []);
  }
  assertEquals(await shown(process, finished), "a A B");
});

Deno.test("a branch is called by its source, and a branch of a branch is counted", () => {
  assertEquals(branchTitle("Plans"), "Plans (branch)");
  assertEquals(branchTitle("Plans (branch)"), "Plans (branch 2)");
  assertEquals(branchTitle("Plans (branch 9)"), "Plans (branch 10)");
  assertEquals(branchTitle(""), "New conversation (branch)");
  const long = branchTitle("あ".repeat(TITLE_CHARS_MAX));
  assertEquals([long.length, long.endsWith("あ… (branch)")], [TITLE_CHARS_MAX, true]);
});
