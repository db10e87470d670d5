import { assert, assertEquals } from "@std/assert";
import { textOf } from "@/lib/protocol/message.ts";
import { TRASH_TTL_MS } from "@/lib/kv/keys.ts";
import { World } from "../../support/program.ts";

Deno.test("messages sent during an answer wait in their order, and each is answered in the branch as it then is", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  const sent = [await here.send(id, "one"), await here.send(id, "two"), await here.send(id, "three")];
  assertEquals(sent.map(({ message }) => message.status), ["complete", "queued", "queued"]);
  const { conversation } = await here.state(id);
  assertEquals(
    conversation.queue.map(({ messageId }) => messageId),
    sent.slice(1).map(({ message }) => message.id),
  );
  for (const [i, { reply }] of sent.entries()) {
    const call = await world.provider.call(i + 1);
    assertEquals((await here.state(id)).conversation.queue.length, 2 - i);
    call.text(`answer ${i + 1}`).end();
    await here.ended(id, reply.messageId);
  }
  const { messages, conversation: { running, activeLeaf } } = await here.state(id);
  assertEquals(world.provider.calls[2]!.request.turns.map(({ text }) => text), [
    "one",
    "answer 1",
    "two",
    "answer 2",
    "three",
  ]);
  assertEquals(messages.filter(({ role }) => role === "user").map(({ parentId }) => parentId), [
    null,
    sent[0]!.reply.messageId,
    sent[1]!.reply.messageId,
  ]);
  assertEquals([running, activeLeaf], [null, sent[2]!.reply.messageId]);
});

Deno.test("a queued message whose sender chose an answer follows that one, whatever ends before", async () => {
  await using world = await World.open();
  world.provider.onCall = (call, n) => {
    if (n !== 2) call.text(`answer ${n}`).end();
  };
  const here = world.process();
  const id = await here.create();
  const first = await here.send(id, "one");
  await here.ended(id, first.reply.messageId);
  await here.send(id, "two");
  const fork = await here.send(id, { text: "otherwise", parentId: first.reply.messageId });
  const root = await here.send(id, { text: "something else", parentId: null });
  (await world.provider.call(2)).text("answer 2").end();
  await here.ended(id, root.reply.messageId);
  const { messages } = await here.state(id);
  const parent = (messageId: string) => messages.find((message) => message.id === messageId)?.parentId;
  assertEquals([parent(fork.message.id), parent(root.message.id)], [first.reply.messageId, null]);
  assertEquals(world.provider.calls[2]!.request.turns.map(({ text }) => text), [
    "one",
    "answer 1",
    "otherwise",
  ]);
});

Deno.test("an answer that fails or is stopped lets the next one begin", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  const sent = [await here.send(id, "one"), await here.send(id, "two"), await here.send(id, "three")];
  (await world.provider.call(1)).fail(new Error("no"));
  assertEquals((await here.ended(id, sent[0]!.reply.messageId)).status, "failed");
  await world.provider.call(2);
  await here.cancel(sent[1]!.reply.generationId);
  assertEquals((await here.ended(id, sent[1]!.reply.messageId)).status, "cancelled");
  (await world.provider.call(3)).text("three").end();
  assertEquals((await here.ended(id, sent[2]!.reply.messageId)).status, "complete");
});

Deno.test("a send that races the end of an answer is begun or queued, and answered either way", async () => {
  await using world = await World.open();
  world.provider.onCall = (call) => call.text("yes").end();
  const places = [world.process(), world.process()] as const;
  for (let round = 0; round < 20; round++) {
    const id = await places[0].create();
    const sent = await Promise.all([0, 1, 2, 3].map((n) => places[n % 2 as 0 | 1].send(id, `${round}.${n}`)));
    for (const { reply } of sent) {
      const answer = await places[0].ended(id, reply.messageId);
      assertEquals([answer.status, textOf(answer)], ["complete", "yes"]);
    }
    const { conversation } = await places[0].state(id);
    assertEquals([conversation.running, conversation.queue], [null, []]);
  }
});

Deno.test("P8: deleting a conversation ends what runs there and what waits there, and asks no provider again", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  const sent = [await here.send(id, "one"), await here.send(id, "two"), await here.send(id, "three")];
  const call = await world.provider.call(1);
  await here.conversations.remove(world.userId, id);
  await call.closed;
  for (const { reply } of sent) assertEquals((await here.ended(id, reply.messageId)).status, "cancelled");
  await here.runner.drain();
  assertEquals(world.provider.calls.length, 1);
  const jobs = await Promise.all(sent.map(({ reply }) => world.job(reply.generationId)));
  assertEquals(jobs.map((job) => job?.state), ["done", "done", "done"]);
  const listed = (await here.log.after(`u:${world.userId}`, 0))!.map(({ type }) => type);
  assertEquals(listed.at(-1), "unlisted");
  const restored = await here.conversations.restore(world.userId, id);
  assertEquals([restored.running, restored.queue], [null, []]);
});

Deno.test("a conversation that was purged while its job was forgotten still lets the job end", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "one");
  await world.provider.call(1);
  here.kill();
  const other = world.process();
  await other.conversations.remove(world.userId, id);
  await world.clock.advance(TRASH_TTL_MS + 1);
  assertEquals(await other.trash.purge(), 1);
  await other.sweep.run();
  assertEquals((await world.job(reply.generationId))?.state, "done");
  assertEquals(other.logger.events().includes("rescue_failed"), false);
  assert((await Array.fromAsync(world.kv.list({ prefix: ["running"] }))).length === 0, "the index keeps it");
});
