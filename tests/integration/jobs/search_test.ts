// A search beside conversations that go on: whatever the program does to a message, the next search knows.
import { assertEquals } from "@std/assert";
import { Search } from "@/lib/chat/search/search.ts";
import { type Process, World } from "../../support/program.ts";

function searchOf({ store, log, world: { clock } }: Process): Search {
  return new Search({ store, log, clock, bytesMax: 1024 * 1024 });
}

Deno.test("Q1: sent, queued, edited, removed, answered, stopped, regenerated, deleted: each is found, or not, from then on", async () => {
  await using world = await World.open();
  const process = world.process();
  const other = world.process();
  // Both remember all that there was at each step: nothing is found because it was read for the first time.
  const searches = [searchOf(process), searchOf(other)];
  const found = async (q: string) => {
    const [one, two] = await Promise.all(searches.map((search) => search.page(world.userId, q)));
    assertEquals(one, two);
    return one!.hits.map(({ messageId }) => messageId);
  };
  const id = await process.create();
  assertEquals(await found("question"), []);
  const first = await process.send(id, "first question");
  assertEquals(await found("question"), [first.message.id]);
  const call = await world.provider.call(1);
  call.reasoning("thought of apples").text("an answer about ", "pears");
  await process.until(id, ({ messages }) => messages.at(-1)?.parts.length === 2);
  assertEquals(await found("pears"), [], "what grows is not found yet");

  const queued = await process.send(id, "queued plums");
  assertEquals(await found("plums"), [], "nor what waits");
  await process.edit(id, queued.message.id, "queued cherries");
  const removed = await process.send(id, "removed quinces");
  await process.remove(id, removed.message.id);
  assertEquals(await found("quinces"), []);

  call.end();
  await process.ended(id, first.reply.messageId);
  assertEquals(await found("pears"), [first.reply.messageId]);
  assertEquals(await found("apples"), []);
  const second = await world.provider.call(2);
  assertEquals(await found("cherries"), [queued.message.id]);
  assertEquals(await found("plums"), []);
  second.text("half of a melon");
  await process.until(id, ({ messages }) => messages.at(-2)?.parts.length === 1);
  await process.cancel(queued.reply.generationId);
  await process.ended(id, queued.reply.messageId);
  assertEquals(await found("melon"), [queued.reply.messageId]);

  const again = await process.regenerate(id, first.reply.messageId);
  (await world.provider.call(3)).text("an answer about figs").end();
  await process.ended(id, again.reply.messageId);
  assertEquals(
    (await found("answer about")).toSorted(),
    [first.reply.messageId, again.reply.messageId].toSorted(),
  );

  const died = await process.send(id, "last question");
  (await world.provider.call(4)).text("left ");
  await process.until(id, ({ messages }) => messages.at(-1)?.parts.length === 1);
  process.kill();
  await world.clock.advance(60_000);
  await other.sweep.run();
  (await world.provider.call(5)).text("taken over with grapes").end();
  await other.ended(id, died.reply.messageId);
  // The dead one's search reads what the other wrote.
  assertEquals(await found("grapes"), [died.reply.messageId]);
  assertEquals(await found("left"), []);

  await other.conversations.remove(world.userId, id);
  assertEquals(await found("question"), []);
  await other.conversations.restore(world.userId, id);
  assertEquals((await found("question")).length, 2);
  assertEquals((await found("a")).length, 3);
});
