// Summaries: made beside the answers, once, by whoever is first; and a person's own words for them.
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { listMessages, readMessage } from "@/lib/chat/messages.ts";
import { editAnswer } from "@/lib/chat/rewriting.ts";
import { listSummaries, type SummaryState } from "@/lib/chat/summaries.ts";
import { branch } from "@/lib/chat/tree.ts";
import { readSnapshot } from "@/lib/chat/snapshot.ts";
import { REQUESTS_MAX } from "@/lib/context/transcript.ts";
import { AppError } from "@/lib/core/errors.ts";
import { type Id, randomId } from "@/lib/core/ids.ts";
import {
  conversationKey,
  conversationTopic,
  headKey,
  summaryKey,
  summaryPrefix,
  TRASH_TTL_MS,
} from "@/lib/kv/keys.ts";
import { set } from "@/lib/kv/store.ts";
import type { Message } from "@/lib/protocol/message.ts";
import { SUMMARY_CHARS_MAX } from "@/lib/protocol/summary.ts";
import type { Fault } from "../../support/faulty_store.ts";
import { type Process, World } from "../../support/program.ts";
import type { Call } from "../../support/scripted_provider.ts";
import { SmallModel } from "../../support/small_model.ts";

const MODEL = "compatible/small";
const WINDOW = 4_000;
/** Longer than any lease of a summary. */
const LEASE_OVER_MS = 5 * 60_000;

interface Scene extends AsyncDisposable {
  world: World;
  model: SmallModel;
  here: Process;
  id: Id;
}

/** A conversation of so many turns, of which nothing is summarised: the window of its model is not known yet. */
async function scene(
  turns: number,
  words = (n: number) => `Turn ${n}. Remember the number ${n}.`,
): Promise<Scene> {
  const world = await World.open();
  const model = new SmallModel(world.provider, WINDOW);
  model.windowTokens = Infinity;
  const here = world.process();
  const { id } = await here.conversations.create(world.userId, { model: MODEL });
  for (let n = 1; n <= turns; n++) await turn(here, id, words(n));
  assertEquals(model.summarised, []);
  return { world, model, here, id, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

async function turn(here: Process, id: Id, text: string): Promise<Message> {
  const { reply } = await here.send(id, text);
  await here.done(reply.generationId);
  return (await readMessage(here.store, id, reply.messageId))!.message;
}

async function branchOf({ here, id }: Pick<Scene, "here" | "id">): Promise<Message[]> {
  const messages = (await listMessages(here.store, id)).map(({ message }) => message);
  return branch(messages, messages.at(-1)!.id);
}

/** Asks `process` for the summary of the first so many turns. */
async function need({ here, id, world }: Scene, turns: number, process = here): Promise<Id> {
  const path = await branchOf({ here, id });
  const throughId = path[2 * turns - 1]!.id;
  const summaries = await listSummaries(here.store, id);
  process.summaries.need({
    userId: world.userId,
    conversationId: id,
    model: MODEL,
    branch: path,
    throughId,
    summaries,
    rewrittenAt: (await here.conversations.readAny(id)).conversation.rewrittenAt,
  });
  return throughId;
}

async function made(scene: Scene, turns: number, process = scene.here): Promise<Id> {
  const throughId = await need(scene, turns, process);
  await process.summaries.settled();
  return throughId;
}

async function state({ world, id }: Scene, throughId: Id): Promise<SummaryState | null> {
  return (await world.kv.get<SummaryState>(summaryKey(id, throughId))).value;
}

async function textOf(scene: Scene, throughId: Id): Promise<string> {
  const found = await state(scene, throughId);
  assert(found?.state === "ready", `it is ${found?.state}`);
  return found.summary.text;
}

/** The next summary waits, as a model that takes its time; it is answered by calling what this resolves to. */
function held(model: SmallModel): Promise<{ call: Call; answer: (text?: string) => void }> {
  return new Promise((resolve) => {
    const usual = model.onSummary;
    model.onSummary = (call, text) => {
      model.onSummary = usual;
      resolve({ call, answer: (other = text) => model.say(call, other) });
    };
  });
}

Deno.test("a summary is made of all messages up to its place, told to whoever follows, and is in every snapshot", async () => {
  await using it = await scene(6);
  const { world, here, id, model } = it;
  world.cheap = () => "compatible/cheap";
  const throughId = await made(it, 4);
  const summary = {
    throughId,
    text: "Remember the number 1. Remember the number 2. Remember the number 3. Remember the number 4.",
    by: "model" as const,
    createdAt: world.clock.now(),
  };
  const followed = await here.state(id);
  assertEquals(followed.summaries, [summary]);
  const readConversation = () => here.conversations.read(world.userId, id);
  const snapshot = await readSnapshot({ store: here.store, log: here.log, readConversation }, id);
  assertEquals([snapshot.summaries, snapshot.cursor], [[summary], followed.cursor]);
  const [request] = model.summarised;
  assertEquals(world.summaryBills.map(({ id: _, ...bill }) => bill), [{
    userId: world.userId,
    conversationId: id,
    messageId: throughId,
    kind: "summary",
    bill: {
      model: "compatible/cheap",
      usage: { inputTokens: model.count(request!), outputTokens: Math.ceil(summary.text.length / 3) },
      outcome: "complete",
      at: world.clock.now(),
    },
  }]);
});

Deno.test("Y1: of two processes that need a summary at once, one makes it", async () => {
  for (let round = 0; round < 5; round++) {
    await using it = await scene(3);
    const both = [it.here, it.world.process()];
    const [throughId] = await Promise.all(both.map((process) => need(it, 2, process)));
    await Promise.all(both.map((process) => process.summaries.settled()));
    assertEquals(it.model.summarised.length, 1);
    assertStringIncludes(await textOf(it, throughId!), "number 2");
    const entries = await it.here.log.after(conversationTopic(it.id), 0);
    assertEquals(entries?.filter(({ type }) => type === "summary").length, 1);
    await made(it, 2, both[1]!);
    assertEquals(it.model.summarised.length, 1, "it was made again");
  }
});

Deno.test("Y1: what a dead process left undone is made by whoever needs it when its lease is over", async () => {
  await using it = await scene(3);
  const { world, model, here } = it;
  const there = world.process();
  const first = held(model);
  const throughId = await need(it, 2);
  await first;
  here.kill();
  await made(it, 2, there);
  assertEquals(model.summarised.length, 1, "its lease runs");
  await world.clock.advance(LEASE_OVER_MS);
  await made(it, 2, there);
  assertEquals(model.summarised.length, 2);
  assertStringIncludes(await textOf(it, throughId), "number 2");
});

Deno.test("Y1: a process that wakes after its lease writes nothing: the summary of the one that took over stays", async () => {
  await using it = await scene(3);
  const { world, model, here } = it;
  const there = world.process();
  const slow = held(model);
  const throughId = await need(it, 2);
  const { answer } = await slow;
  const { promise: frozen, resolve: wake } = Promise.withResolvers<Fault>();
  here.store.onCommit = () => frozen;
  answer("late");
  await world.clock.advance(LEASE_OVER_MS);
  await made(it, 2, there);
  wake("none");
  await here.summaries.settled();
  assertStringIncludes(await textOf(it, throughId), "number 2");
});

Deno.test("a summary that fails is tried again when it is needed, later each time, and not for ever", async () => {
  await using it = await scene(3);
  const { world, model } = it;
  const usual = model.onSummary;
  model.onSummary = (call) => call.fail(new AppError("provider_overloaded", "Not now."));
  const throughId = await made(it, 2);
  assertEquals(await state(it, throughId), {
    state: "failed",
    retryAt: world.clock.now() + 30_000,
    tries: 1,
  });
  await made(it, 2);
  assertEquals(model.summarised.length, 1, "it was tried again at once");
  await world.clock.advance(30_000);
  await made(it, 2);
  assertEquals(await state(it, throughId), {
    state: "failed",
    retryAt: world.clock.now() + 60_000,
    tries: 2,
  });
  await world.clock.advance(60_000);
  await made(it, 2);
  assertEquals(await state(it, throughId), { state: "failed", retryAt: null, tries: 3 });
  await world.clock.advance(24 * 60 * 60_000);
  await made(it, 2);
  assertEquals(model.summarised.length, 3);
  // The next place is another summary, and covers all of it.
  model.onSummary = usual;
  assertStringIncludes(await textOf(it, await made(it, 3)), "number 1");
});

Deno.test("a summary that takes too long, says nothing or is cut off has failed", async () => {
  for (const how of ["slow", "empty", "cut"]) {
    await using it = await scene(3);
    const { world, model, here } = it;
    const slow = held(model);
    const throughId = await need(it, 2);
    const { call, answer } = await slow;
    if (how === "slow") await world.clock.advance(120_000);
    else if (how === "empty") answer("  ");
    else call.text("half a").stop();
    await here.summaries.settled();
    await call.closed;
    assertEquals((await state(it, throughId))?.state, "failed", how);
  }
});

Deno.test("what a model says is cut to the longest summary, and its characters stay whole", async () => {
  await using it = await scene(3);
  const long = held(it.model);
  const throughId = await need(it, 2);
  (await long).answer(`x${"🙂".repeat(SUMMARY_CHARS_MAX)}`);
  await it.here.summaries.settled();
  const text = await textOf(it, throughId);
  assertEquals([text.length, text.isWellFormed()], [SUMMARY_CHARS_MAX, true]);
});

Deno.test("a summary that cannot be billed is made all the same, and the log says so", async () => {
  await using it = await scene(3);
  it.world.summaryBills.push = () => {
    throw new AppError("busy", "The store did not take the write.");
  };
  await textOf(it, await made(it, 2));
  assert(it.here.logger.events().includes("summary_unbilled"));
});

Deno.test("a process that drains lets go of what it makes: the call is closed, and another makes it at once", async () => {
  await using it = await scene(3);
  const { world, model, here } = it;
  const slow = held(model);
  const throughId = await need(it, 2);
  const { call } = await slow;
  await here.summaries.drain();
  await call.closed;
  assertEquals(await state(it, throughId), null);
  await made(it, 2);
  assertEquals(model.summarised.length, 1, "a draining process began another");
  await made(it, 2, world.process());
  assertStringIncludes(await textOf(it, throughId), "number 2");
});

Deno.test("Y2: a person's words are not written over, not even by a summary that was being made", async () => {
  await using it = await scene(3);
  const { model, here, id } = it;
  const slow = held(model);
  const throughId = await need(it, 2);
  const { answer } = await slow;
  await here.editSummary(id, throughId, "We spoke of two numbers.");
  answer();
  await here.summaries.settled();
  assertEquals(await textOf(it, throughId), "We spoke of two numbers.");
  await made(it, 2);
  assertEquals(model.summarised.length, 1);
  const { summaries } = await here.state(id);
  assertEquals(summaries?.map(({ by, text }) => [by, text]), [["person", "We spoke of two numbers."]]);
});

/** Does `act` in the moment between what `process` reads for its next commit to the conversation, and the commit. */
function inBetween(process: Process, id: Id, act: () => Promise<unknown>): void {
  const head = JSON.stringify(headKey(conversationTopic(id)));
  process.store.onRead = async (keys) => {
    if (!keys.some((key) => JSON.stringify(key) === head)) return;
    process.store.onRead = () => {};
    await act();
  };
}

/** Its summaries cost nothing that would be entered: the one commit to the conversation is the summary's own. */
function unbilled(model: SmallModel): void {
  model.onSummary = (call, text) => void call.text(text).end();
}

Deno.test("Y2: a person's words of the very moment in which a model's would be written are kept", async () => {
  await using it = await scene(3);
  const { world, here, id } = it;
  const there = world.process();
  unbilled(it.model);
  const throughId = (await branchOf(it))[3]!.id;
  inBetween(there, id, () => here.editSummary(id, throughId, "We spoke of two numbers."));
  await made(it, 2, there);
  assertEquals(await textOf(it, throughId), "We spoke of two numbers.");
});

Deno.test("a person's words are not written into a conversation that is deleted in that moment", async () => {
  await using it = await scene(3);
  const { world, here, id } = it;
  const there = world.process();
  const throughId = (await branchOf(it))[3]!.id;
  inBetween(there, id, () => here.conversations.remove(world.userId, id));
  const error = await assertRejects(() => there.editSummary(id, throughId, "Two numbers."), AppError);
  assertEquals([error.code, await state(it, throughId)], ["not_found", null]);
});

Deno.test("a model's words are not written into a conversation that is deleted in that moment", async () => {
  await using it = await scene(3);
  const { world, here, id } = it;
  const there = world.process();
  unbilled(it.model);
  inBetween(there, id, () => here.conversations.remove(world.userId, id));
  const throughId = await made(it, 2, there);
  assert((await state(it, throughId))?.state !== "ready");
});

Deno.test("Y3: a summary goes on from the one before it, with only the messages after that", async () => {
  await using it = await scene(6);
  const { model, here, id } = it;
  const second = await made(it, 2);
  await here.editSummary(id, second, "Remember the person's own words.");
  assertEquals(
    await textOf(it, await made(it, 4)),
    "Remember the person's own words. Remember the number 3. Remember the number 4.",
  );
  assert(!model.summarised.at(-1)!.turns[0]!.text.includes("number 2"));
  assertEquals(
    await textOf(it, await made(it, 5)),
    "Remember the person's own words. Remember the number 3. Remember the number 4. Remember the number 5.",
  );
});

Deno.test("Y3: what a model made before a person corrected an earlier summary is not built on", async () => {
  await using it = await scene(6);
  const { world, here, id } = it;
  const second = await made(it, 2);
  await made(it, 4);
  await world.clock.advance(1_000);
  await here.editSummary(id, second, "Remember that the numbers were a joke.");
  const text = await textOf(it, await made(it, 5));
  assert(text.startsWith("Remember that the numbers were a joke. Remember the number 3."), text);
});

Deno.test("long messages are summarised by several requests, each of which fits and carries the summary on", async () => {
  const long = (n: number) => `Turn ${n}. Remember the number ${n}. ${"and so on ".repeat(250)}`;
  await using it = await scene(8, long);
  const { world, model } = it;
  world.limits.set(MODEL, { contextTokens: WINDOW, outputTokensMax: null });
  model.windowTokens = WINDOW;
  const text = await textOf(it, await made(it, 7));
  for (let n = 1; n <= 7; n++) assertStringIncludes(text, `number ${n}.`);
  assertEquals(model.refused, []);
  assert(model.summarised.length > 1 && model.summarised.length <= REQUESTS_MAX);
});

Deno.test("a summary as long as it may be leaves room for the messages that it is carried on with", async () => {
  const long = (n: number) => `Turn ${n}. ${"and so on ".repeat(300)}`;
  await using it = await scene(24, long);
  const { world, model } = it;
  world.limits.set(MODEL, { contextTokens: 8_192, outputTokensMax: null });
  model.windowTokens = 8_192;
  model.onSummary = (call) =>
    model.say(call, "so it goes ".repeat(Math.floor(call.request.outputTokensMax! * 3 / 11)));
  await textOf(it, await made(it, 23));
  assert(model.summarised.length > 2, `${model.summarised.length} requests`);
  assertEquals(model.refused, []);
});

Deno.test("nothing is made of messages without words", async () => {
  await using it = await scene(3, () => "?");
  const { world, here, id, model } = it;
  const path = (await branchOf(it)).map((message) => ({ ...message, parts: [] }));
  const throughId = path[3]!.id;
  here.summaries.need({
    userId: world.userId,
    conversationId: id,
    model: MODEL,
    branch: path,
    throughId,
    summaries: [],
  });
  await here.summaries.settled();
  assertEquals([model.summarised.length, await state(it, throughId)], [0, null]);
});

Deno.test("more than a bounded number of requests can hold is summarised in parts, to the end of a turn each", async () => {
  const long = (n: number) => `Turn ${n}. Remember the number ${n}. ${"and so on ".repeat(250)}`;
  await using it = await scene(40, long);
  const { world, model, id } = it;
  world.limits.set(MODEL, { contextTokens: WINDOW, outputTokensMax: null });
  model.windowTokens = WINDOW;
  const throughId = await made(it, 39);
  assertEquals(model.summarised.length, REQUESTS_MAX);
  assertEquals(await state(it, throughId), null);
  const [part] = await listSummaries(it.here.store, id);
  const end = (await branchOf(it)).find(({ id }) => id === part!.summary.throughId);
  assertEquals(end?.role, "assistant");
  for (let parts = 1; parts < 10 && await state(it, throughId) === null; parts++) await made(it, 39);
  const text = await textOf(it, throughId);
  for (let n = 1; n <= 39; n++) assertStringIncludes(text, `number ${n}.`);
  assertEquals(model.refused, []);
});

Deno.test("nothing is written for a conversation that was deleted meanwhile, and a purge takes its summaries along", async () => {
  await using it = await scene(4);
  const { world, model, here, id } = it;
  await made(it, 2);
  const slow = held(model);
  const throughId = await need(it, 3);
  const { answer } = await slow;
  await here.conversations.remove(world.userId, id);
  answer();
  await here.summaries.settled();
  assert((await state(it, throughId))?.state !== "ready");
  await world.clock.advance(TRASH_TTL_MS + 1);
  assertEquals(await here.trash.purge(), 1);
  assertEquals(await Array.fromAsync(world.kv.list({ prefix: summaryPrefix(id) })), []);
});

Deno.test("a person makes or changes a summary of their own conversation: the same again says nothing new", async () => {
  await using it = await scene(3);
  const { here, id } = it;
  const path = await branchOf(it);
  const throughId = path[3]!.id;
  const first = await here.editSummary(id, throughId, "Two numbers.");
  assertEquals(first, { throughId, text: "Two numbers.", by: "person", createdAt: it.world.clock.now() });
  const { cursor } = await here.state(id);
  await it.world.clock.advance(1_000);
  assertEquals(await here.editSummary(id, throughId, "Two numbers."), first);
  assertEquals((await here.state(id)).cursor, cursor);
  await here.editSummary(id, throughId, "Two large numbers.");
  const { summaries } = await here.state(id);
  assertEquals(summaries?.map(({ text }) => text), ["Two large numbers."]);

  const refused = async (wanted: string, change: () => Promise<unknown>) =>
    assertEquals((await assertRejects(change, AppError)).code, wanted);
  await refused("not_found", () => here.editSummary(id, throughId, "mine", randomId()));
  await refused("not_found", () => here.editSummary(id, randomId(), "x"));
  await refused("not_found", () => here.editSummary(id, "no id", "x"));
  await refused("invalid", () => here.editSummary(id, path[2]!.id, "x"));
});

Deno.test("an answer that is still written ends no summary", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  await world.provider.call(1);
  const error = await assertRejects(() => here.editSummary(id, reply.messageId, "x"), AppError);
  assertEquals(error.code, "invalid");
});

Deno.test("Y4: a summary of words that are changed while it is made is not written, and is made of the new ones", async () => {
  await using it = await scene(6);
  const { here, id, model, world } = it;
  const [, answer] = await branchOf(it);
  const summary = held(model);
  const throughId = await need(it, 4);
  const { answer: say } = await summary;
  await editAnswer(here.rewriting, world.userId, id, answer!.id, "Something else.");
  say("Of the old words.");
  await here.summaries.settled();
  assertEquals(await state(it, throughId), null);
  // One that was begun in the same moment, and of which the change knew nothing.
  const late = held(model);
  await need(it, 4);
  const { answer: sayLate } = await late;
  await world.clock.advance(1);
  const { conversation, ...record } = await here.conversations.readAny(id);
  const changed = { ...conversation, rewrittenAt: world.clock.now() };
  await here.store.commit({
    checks: [],
    writes: [set(conversationKey(id), { ...record, conversation: changed })],
  });
  sayLate("Of the old words.");
  await here.summaries.settled();
  assertEquals(await state(it, throughId), null, "it is let go, and may be made at once");
  await made(it, 4);
  assertEquals((await state(it, throughId))?.state, "ready");
  assert(model.summarised.at(-1)!.turns[0]!.text.includes("Something else."));
});
