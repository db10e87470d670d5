// Titles by a model: made beside the answers, once, and never over a person's.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { titleKey, userTopic } from "@/lib/kv/keys.ts";
import type { Id } from "@/lib/core/ids.ts";
import type { UsageReport } from "@/lib/protocol/api.ts";
import { listed } from "@/lib/protocol/conversation.ts";
import { report } from "@/lib/usage/report.ts";
import type { Fault } from "../../support/faulty_store.ts";
import { type Process, World } from "../../support/program.ts";
import type { Call } from "../../support/scripted_provider.ts";

const MODEL = "vendor/large";

async function scene(): Promise<World> {
  const world = await World.open();
  world.titles = true;
  world.cheap = () => "vendor/small";
  return world;
}

function create(process: Process, model = MODEL): Promise<Id> {
  return process.conversations.create(process.world.userId, { model }).then(({ id }) => id);
}

/** A question and its answer, of which no title has been asked yet. */
async function answered(
  process: Process,
  id: Id,
  question: string,
  answer: string,
  calls: number,
): Promise<void> {
  const { reply } = await process.send(id, question);
  (await process.world.provider.call(calls)).text(answer).end();
  await process.ended(id, reply.messageId);
}

const titleOf = async (process: Process, id: Id) => {
  const { conversation: { title, titledBy } } = await process.conversations.readAny(id);
  return [title, titledBy];
};

const isAboutTitle = ({ request }: Call) => request.systemPrompt.includes("title");

Deno.test("M2: when the first answer has ended a cheap model names the conversation, told to all who see it, and billed", async () => {
  await using world = await scene();
  const process = world.process();
  const id = await create(process);
  await answered(process, id, "How do I bake bread?", "With flour.", 1);
  const call = await world.provider.call(2);
  assert(isAboutTitle(call));
  const given = call.request.turns[0]!.text;
  assertStringIncludes(given, "How do I bake bread?");
  assertStringIncludes(given, "With flour.");
  assertEquals(await titleOf(process, id), ["How do I bake bread?", "nobody"], "until then its first words");
  const { updatedAt } = (await process.conversations.readAny(id)).conversation;
  await world.clock.advance(1_000);
  call.reasoning("Bread, then.").text("“Baking", " bread”\n").usage({ inputTokens: 90, outputTokens: 7 })
    .end();
  await process.sideJobs.settled();
  assertEquals(await titleOf(process, id), ["Baking bread", "model"]);
  const { conversation } = await process.conversations.readAny(id);
  assertEquals(conversation.updatedAt, updatedAt, "its place in the list stays");
  assertEquals((await process.state(id)).conversation, conversation);
  const entries = await process.log.after(userTopic(world.userId), 0);
  assertEquals(JSON.parse(entries!.at(-1)!.json).conversation, listed(conversation));
  assertEquals((await world.kv.get(titleKey(id))).value, null);
  assertEquals(conversation.spent, { microUsd: 21, unpriced: 0 });
  const today = new Date(world.clock.now()).toISOString().slice(0, 10);
  const { days }: UsageReport = await report(
    process.store,
    world.userId,
    { from: today, to: today } as never,
  );
  assertEquals(days[0]?.models.map(({ model, attempts }) => [model, attempts]), [["vendor/small", 1]]);
  // The next answers do not ask again.
  await answered(process, id, "And rolls?", "The same.", 3);
  await process.sideJobs.settled();
  assertEquals(world.provider.calls.length, 3);
});

Deno.test("M2: an answer that is stopped names it as well; one without a word does not, and the next one does", async () => {
  await using world = await scene();
  const process = world.process();
  const id = await create(process);
  const failed = await process.send(id, "Hello?");
  (await world.provider.call(1)).fail(new Error("no"));
  await process.ended(id, failed.reply.messageId);
  await process.sideJobs.settled();
  assertEquals(world.provider.calls.length, 1);
  const { reply } = await process.send(id, "Hello again?");
  (await world.provider.call(2)).text("Half of a gree");
  await process.until(id, ({ messages }) => messages.at(-1)?.parts.length === 1);
  await process.cancel(reply.generationId);
  await process.ended(id, reply.messageId);
  (await world.provider.call(3)).text("Greetings").end();
  await process.sideJobs.settled();
  assertEquals(await titleOf(process, id), ["Greetings", "model"]);
});

Deno.test("a person's title is never asked for again, nor is the demo's conversation named", async () => {
  await using world = await scene();
  const process = world.process();
  const [named, demo, cheapDemo] = [
    await create(process),
    await create(process, "demo/tour"),
    await create(process),
  ];
  await process.conversations.patch(world.userId, named, { title: "Mine" });
  await answered(process, named, "a", "b", 1);
  await answered(process, demo, "a", "b", 2);
  world.cheap = () => "demo/tour";
  await answered(process, cheapDemo, "a", "b", 3);
  await process.sideJobs.settled();
  assertEquals(world.provider.calls.length, 3);
  assertEquals(await titleOf(process, named), ["Mine", "person"]);
  assertEquals(await titleOf(process, demo), ["a", "nobody"]);
});

Deno.test("T2: a person who names it while its title is made keeps what they said, at whatever moment", async () => {
  for (const moment of ["before", "within"] as const) {
    await using world = await scene();
    const [process, other] = [world.process(), world.process()];
    const id = await create(process);
    await answered(process, id, "question", "answer", 1);
    const call = await world.provider.call(2);
    const rename = () => other.conversations.patch(world.userId, id, { title: "Mine" });
    if (moment === "before") await rename();
    else {
      // Between the reading of the title's commit and the commit itself.
      let renamed = false;
      process.store.onCommit = async ({ writes }): Promise<Fault> => {
        if (renamed || !writes.some(({ key }) => JSON.stringify(key) === JSON.stringify(titleKey(id)))) {
          return "none";
        }
        renamed = true;
        await rename();
        return "none";
      };
    }
    call.text("Theirs").end();
    await process.sideJobs.settled();
    assertEquals(await titleOf(process, id), ["Mine", "person"], moment);
    assertEquals((await world.kv.get(titleKey(id))).value, null, "nothing is left behind");
  }
});

Deno.test("T3: what is no title is tried once more, with a later answer, and then never again", async () => {
  await using world = await scene();
  const process = world.process();
  const id = await create(process);
  await answered(process, id, "question", "answer", 1);
  (await world.provider.call(2)).text("I'm sorry, I can't do that.").usage({
    inputTokens: 5,
    outputTokens: 5,
  }).end();
  await process.sideJobs.settled();
  assertEquals(await titleOf(process, id), ["question", "nobody"]);
  assertEquals(
    (await process.conversations.readAny(id)).conversation.spent?.microUsd,
    15,
    "paid for all the same",
  );
  await answered(process, id, "at once", "answer", 3);
  await process.sideJobs.settled();
  assertEquals(world.provider.calls.length, 3, "not before its time");
  await world.clock.advance(60_000);
  await answered(process, id, "later", "answer", 4);
  (await world.provider.call(5)).text("cut o").end("length");
  await process.sideJobs.settled();
  await world.clock.advance(86_400_000);
  await answered(process, id, "much later", "answer", 6);
  await process.sideJobs.settled();
  assertEquals(world.provider.calls.length, 6);
  assertEquals(await titleOf(process, id), ["question", "nobody"]);
  assertEquals(process.store.metrics.get("throughline_titles_failed_total"), 2);
});

Deno.test("T3: a process that dies over a title leaves it to whoever looks at the conversation when its lease is over", async () => {
  await using world = await scene();
  const [process, other] = [world.process(), world.process()];
  const id = await create(process);
  await answered(process, id, "question", "answer", 1);
  await world.provider.call(2);
  process.kill();
  const look = async () => {
    other.titles.attend((await other.conversations.readAny(id)).conversation);
    // What `attend` reads first has no end of its own to wait for.
    await other.store.get(titleKey(id));
    await other.sideJobs.settled();
  };
  await look();
  assertEquals(world.provider.calls.length, 2, "its lease runs");
  await world.clock.advance(120_000);
  world.provider.onCall = (call) => void call.text("Named by another").end();
  await look();
  assertEquals(await titleOf(other, id), ["Named by another", "model"]);
  // A conversation of which nobody began a title is not given one by being looked at.
  world.titles = false;
  const quiet = await create(other);
  await answered(other, quiet, "question", "answer", 4);
  other.titles.attend((await other.conversations.readAny(quiet)).conversation);
  await other.store.get(titleKey(quiet));
  await other.sideJobs.settled();
  assertEquals(world.provider.calls.length, 4);
});

Deno.test("T3: a title that comes when another process has made one writes nothing", async () => {
  await using world = await scene();
  const [process, other] = [world.process(), world.process()];
  const id = await create(process);
  await answered(process, id, "question", "answer", 1);
  const call = await world.provider.call(2);
  const { promise: woken, resolve: wake } = Promise.withResolvers<void>();
  const { promise: frozen, resolve: freeze } = Promise.withResolvers<void>();
  process.store.onCommit = async (): Promise<Fault> => {
    freeze();
    await woken;
    return "none";
  };
  call.text("Late").end();
  await frozen;
  await world.clock.advance(120_000);
  other.titles.afterAnswer({ conversationId: id, model: MODEL });
  (await world.provider.call(3)).text("In time").end();
  await other.sideJobs.settled();
  wake();
  await process.sideJobs.settled();
  assertEquals(await titleOf(other, id), ["In time", "model"]);
  assertEquals((await world.kv.get(titleKey(id))).value, null);
});

Deno.test("T3: two processes that see an answer end make one title", async () => {
  await using world = await scene();
  const processes = [world.process(), world.process()];
  const id = await create(processes[0]!);
  world.titles = false;
  await answered(processes[0]!, id, "question", "answer", 1);
  for (const { titles } of processes) titles.afterAnswer({ conversationId: id, model: MODEL });
  (await world.provider.call(2)).text("Named once").end();
  await Promise.all(processes.map(({ sideJobs }) => sideJobs.settled()));
  assertEquals(world.provider.calls.length, 2);
  assertEquals(await titleOf(processes[0]!, id), ["Named once", "model"]);
});

Deno.test("a process that drains stops its title, and another makes it at once", async () => {
  await using world = await scene();
  const [process, other] = [world.process(), world.process()];
  const id = await create(process);
  await answered(process, id, "question", "answer", 1);
  const call = await world.provider.call(2);
  call.usage({ inputTokens: 2, outputTokens: 1 }).text("Ha");
  await process.sideJobs.drain();
  await call.closed;
  assertEquals(process.sideJobs.size, 0);
  other.titles.afterAnswer({ conversationId: id, model: MODEL });
  (await world.provider.call(3)).text("Named at once").end();
  await other.sideJobs.settled();
  assertEquals(await titleOf(other, id), ["Named at once", "model"]);
});

Deno.test("a conversation that is deleted or purged while its title is made is not touched", async () => {
  await using world = await scene();
  const process = world.process();
  const id = await create(process);
  await answered(process, id, "question", "answer", 1);
  const call = await world.provider.call(2);
  await process.conversations.remove(world.userId, id);
  call.text("Too late").end();
  await process.sideJobs.settled();
  const { conversation, deletedAt } = await process.conversations.readAny(id);
  assert(deletedAt !== null);
  assertEquals(conversation.title, "question");
  assertEquals((await world.kv.get(titleKey(id))).value, null);
});

for (const fault of ["lose", "fail", "refuse"] as const) {
  Deno.test(`a title is made once when its commit is answered with "${fault}"`, async () => {
    await using world = await scene();
    const process = world.process();
    const id = await create(process);
    await answered(process, id, "question", "answer", 1);
    const call = await world.provider.call(2);
    let faults = 0;
    process.store.onCommit = ({ writes }) =>
      writes.some(({ key, value }) => key[0] === "title" && value === undefined) && faults++ === 0
        ? fault
        : "none";
    call.text("Named once").end();
    await process.sideJobs.settled();
    assertEquals(await titleOf(process, id), ["Named once", "model"]);
    assertEquals((await world.kv.get(titleKey(id))).value, null);
    assertEquals(world.provider.calls.length, 2);
    assert(faults >= 1);
  });
}
