// Who is asked, how often, and what people are told while nobody answers.
import { assert, assertEquals } from "@std/assert";
import { AppError, type ErrorCode } from "@/lib/core/errors.ts";
import type { Id } from "@/lib/core/ids.ts";
import { breakerKey, conversationTopic } from "@/lib/kv/keys.ts";
import { type Message, textOf } from "@/lib/protocol/message.ts";
import { passing, type Process, World } from "../../support/program.ts";
import { type Call, ScriptedProvider } from "../../support/scripted_provider.ts";

const CHOSEN = "a/one";
const OTHER = "b/two";

function broken(code: ErrorCode = "provider_overloaded", extra: Record<string, unknown> = {}): AppError {
  return new AppError(code, `It is ${code}.`, { extra });
}

/** A world in which the chosen model and another have providers of their own. */
async function twoModels(): Promise<World & { chosen: ScriptedProvider; other: ScriptedProvider }> {
  const world = await World.open();
  const [chosen, other] = [new ScriptedProvider(), new ScriptedProvider()];
  world.providers.set(CHOSEN, chosen).set(OTHER, other);
  world.fallbacks = [CHOSEN, OTHER];
  return Object.assign(world, { chosen, other });
}

async function answered(here: Process, id: Id, text = "Hello?"): Promise<Message> {
  const { reply } = await here.send(id, { text, model: CHOSEN });
  return await passing(here.world, here.ended(id, reply.messageId));
}

async function entriesOf(here: Process, id: Id): Promise<string[]> {
  return (await here.log.after(conversationTopic(id), 0))!.map(({ type }) => type);
}

Deno.test("429, 429, 200 is one answer, and no text twice", async () => {
  await using world = await twoModels();
  world.chosen.onCall = (call, n) =>
    n < 3 ? call.fail(broken("provider_rate_limit")) : call.text("ye", "s").end();
  const here = world.process();
  const id = await here.create();
  const answer = await answered(here, id);
  assertEquals([answer.status, textOf(answer), answer.attempt], ["complete", "yes", 1]);
  assertEquals([world.chosen.calls.length, world.other.calls.length], [3, 0]);
  assert(!(await entriesOf(here, id)).includes("restart"));
  assertEquals((await world.kv.get(breakerKey(CHOSEN))).value, null, "an answer closes the breaker");
});

Deno.test("a refusal is not asked again, and nobody else is asked", async () => {
  await using world = await twoModels();
  world.chosen.onCall = (call) => call.fail(broken("provider_refused"));
  const answer = await answered(world.process(), await world.processes[0]!.create());
  assertEquals([answer.status, answer.error?.code], ["failed", "provider_refused"]);
  assertEquals([world.chosen.calls.length, world.other.calls.length], [1, 0]);
});

Deno.test("a wait that the provider asks for is told with its end; the first word ends the telling", async () => {
  await using world = await twoModels();
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, { text: "Hello?", model: CHOSEN });
  const failedAt = world.clock.now();
  (await world.chosen.call(1)).fail(broken("provider_rate_limit", { retryAfterMs: 7_000 }));
  const { messages } = await here.until(id, ({ messages }) => messages.at(-1)!.waiting !== undefined);
  assertEquals(messages.at(-1)!.waiting, {
    until: failedAt + 7_000,
    code: "provider_rate_limit",
    detail: "It is provider_rate_limit.",
    tried: 1,
    triesMax: 3,
  });
  await world.clock.advance(6_999);
  assertEquals(world.chosen.calls.length, 1);
  await world.clock.advance(1);
  const call = await world.chosen.call(2);
  call.text("Yes");
  // A renewal that was under way while time went on counts as slow, and is followed by a rest.
  const growing = await passing(world, here.until(id, ({ messages }) => textOf(messages.at(-1)!) === "Yes"));
  assertEquals(growing.messages.at(-1)!.waiting, undefined);
  assertEquals((await here.snapshot(id)).messages, [...growing.messages]);
  call.end();
  assertEquals((await passing(world, here.ended(id, reply.messageId))).waiting, undefined);
});

Deno.test("P6: stopped while it waits, an answer ends at once, and the provider is not asked again", async () => {
  await using world = await twoModels();
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, { text: "Hello?", model: CHOSEN });
  (await world.chosen.call(1)).fail(broken("provider_rate_limit", { retryAfterMs: 60_000 }));
  await here.until(id, ({ messages }) => messages.at(-1)!.waiting !== undefined);
  await here.cancel(reply.generationId);
  const answer = await here.ended(id, reply.messageId); // no time passes
  assertEquals([answer.status, answer.waiting, world.chosen.calls.length], ["cancelled", undefined, 1]);
});

Deno.test("P4: a process that dies while it waits is taken over, and the answer is asked for anew", async () => {
  await using world = await twoModels();
  const [here, there] = [world.process(), world.process()];
  const id = await here.create();
  const { reply } = await here.send(id, { text: "Hello?", model: CHOSEN });
  (await world.chosen.call(1)).fail(broken("provider_rate_limit", { retryAfterMs: 60_000 }));
  await here.until(id, ({ messages }) => messages.at(-1)!.waiting !== undefined);
  here.kill();
  world.chosen.onCall = (call) => call.text("Yes").end();
  await world.clock.advance(11_000);
  await there.sweep.run();
  const answer = await there.ended(id, reply.messageId);
  assertEquals([answer.status, textOf(answer), answer.waiting], ["complete", "Yes", undefined]);
});

Deno.test("drained while it waits, a job is handed back", async () => {
  await using world = await twoModels();
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, { text: "Hello?", model: CHOSEN });
  (await world.chosen.call(1)).fail(broken("provider_rate_limit", { retryAfterMs: 60_000 }));
  await here.until(id, ({ messages }) => messages.at(-1)!.waiting !== undefined);
  await here.runner.drain();
  const job = await world.job(reply.generationId);
  assert(job?.state === "running" && job.leaseUntil === 0 && job.handedBack === 1);
});

Deno.test("a model that keeps failing is stood in for, which the answer says; the next answer does not wait for it", async () => {
  await using world = await twoModels();
  world.chosen.onCall = (call) => call.fail(broken());
  world.other.onCall = (call) => call.text("Here").end();
  const here = world.process();
  const id = await here.create();
  const first = await answered(here, id);
  const fallback = {
    from: CHOSEN,
    code: "provider_overloaded",
    detail: "It is provider_overloaded.",
  } as const;
  assertEquals([first.status, textOf(first), first.model], ["complete", "Here", OTHER]);
  assertEquals(first.fallback, fallback);
  assertEquals([world.chosen.calls.length, world.other.calls.length], [3, 1]);
  const entries = await here.log.after(conversationTopic(id), 0);
  const told = entries!.map(({ json }) => JSON.parse(json).message as Message | undefined)
    .findIndex((message) => message?.status === "streaming" && message.fallback !== undefined);
  const spoken = entries!.findIndex(({ type }) => type === "delta");
  assert(told >= 0 && (spoken < 0 || told < spoken), "it says so before its first word");

  const { reply } = await here.send(id, { text: "Again?", model: CHOSEN });
  const second = await here.ended(id, reply.messageId); // no time passes
  assertEquals([second.status, second.model, second.fallback], ["complete", OTHER, fallback]);
  assertEquals([world.chosen.calls.length, world.other.calls.length], [3, 2]);
});

Deno.test("two processes together try a broken model once a minute, and one answer of it closes the breaker for both", async () => {
  await using world = await twoModels();
  world.chosen.onCall = (call) => call.fail(broken());
  world.other.onCall = (call) => call.text("Here").end();
  const [here, there] = [world.process(), world.process()];
  const [one, two] = [await here.create(), await there.create()];
  await answered(here, one);
  assertEquals(world.chosen.calls.length, 3);
  const round = async () => {
    const models: (string | undefined)[] = [];
    for (let i = 0; i < 3; i++) {
      const both = await Promise.all([again(here, one), again(there, two)]); // no time passes
      models.push(...both.map(({ model }) => model));
    }
    return models;
  };
  for (const minute of [1, 2]) {
    await world.clock.advance(60_000);
    assertEquals(new Set(await round()), new Set([OTHER]));
    assertEquals(world.chosen.calls.length, 3 + minute, `after ${minute} minutes`);
  }
  world.chosen.onCall = (call) => call.text("Back").end();
  await world.clock.advance(60_000);
  assert((await round()).includes(CHOSEN));
  assertEquals(new Set(await round()), new Set([CHOSEN]));
});

function again(here: Process, id: Id): Promise<Message> {
  return here.send(id, { text: "Again?", model: CHOSEN }).then(({ reply }) =>
    here.ended(id, reply.messageId)
  );
}

Deno.test("when every model fails, the answer says what the chosen one said, and by whom it would have been written", async () => {
  await using world = await twoModels();
  world.chosen.onCall = (call) => call.fail(broken("provider_auth", { providerRequestId: "req_7" }));
  world.other.onCall = (call) => call.fail(broken("provider_unreachable"));
  const here = world.process();
  const answer = await answered(here, await here.create());
  assertEquals([answer.status, answer.model, answer.fallback], ["failed", CHOSEN, undefined]);
  assertEquals([answer.error?.code, answer.error?.providerRequestId], ["provider_auth", "req_7"]);
  assertEquals([world.chosen.calls.length, world.other.calls.length], [1, 3]);
});

Deno.test("where nobody can stand in, a broken model is waited for, once, and the wait is told", async () => {
  await using world = await twoModels();
  world.fallbacks = [];
  world.chosen.onCall = (call) => call.fail(broken());
  const here = world.process();
  const id = await here.create();
  assertEquals((await answered(here, id)).status, "failed");
  const { reply } = await here.send(id, { text: "Again?", model: CHOSEN });
  const { messages } = await here.until(id, ({ messages }) => messages.at(-1)!.waiting !== undefined);
  const wait = messages.at(-1)!.waiting!.until - world.clock.now();
  assert(wait > 50_000 && wait <= 60_000, `${wait} ms`);
  world.chosen.onCall = (call) => call.text("Back").end();
  const answer = await passing(world, here.ended(id, reply.messageId));
  assertEquals([answer.status, textOf(answer)], ["complete", "Back"]);
});

Deno.test("a conversation's own order of models goes before the server's, and none at all asks nobody else", async () => {
  await using world = await twoModels();
  world.chosen.onCall = (call) => call.fail(broken("provider_auth"));
  const third = new ScriptedProvider();
  third.onCall = (call) => call.text("Third").end();
  world.providers.set("c/three", third);
  const here = world.process();
  const id = await here.create();
  await here.conversations.patch(world.userId, id, { fallbacks: ["c/three", OTHER] });
  assertEquals((await answered(here, id)).model, "c/three");
  await here.conversations.patch(world.userId, id, { fallbacks: [] });
  assertEquals((await answered(here, id)).status, "failed");
});

Deno.test("an answer that breaks off goes on from its text where the provider can, in the same attempt", async () => {
  await using world = await twoModels();
  world.chosen.continues = () => true;
  world.chosen.onCall = (call, n) => n === 1 ? call.text("Hel").fail(broken()) : call.text("lo").end();
  const here = world.process();
  const answer = await answered(here, await here.create());
  assertEquals([answer.status, textOf(answer), answer.attempt, answer.recovered], [
    "complete",
    "Hello",
    1,
    "continued",
  ]);
  assertEquals(world.chosen.calls.map(({ request }) => request.prefix), [undefined, "Hel"]);
});

Deno.test("an answer that breaks off begins anew where it cannot go on, three times in all; then its text is kept", async () => {
  await using world = await twoModels();
  world.chosen.onCall = (call, n) => call.text(`try ${n}`).fail(broken("provider_truncated"));
  const here = world.process();
  const id = await here.create();
  const answer = await answered(here, id);
  assertEquals([answer.status, textOf(answer), answer.attempt], ["failed", "try 3", 3]);
  assertEquals([answer.error?.code, world.chosen.calls.length], ["provider_truncated", 3]);
  assertEquals((await entriesOf(here, id)).filter((type) => type === "restart").length, 2);
});

Deno.test("what stood in and broke off is gone on with by itself, and whoever takes it over asks it, too", async () => {
  await using world = await twoModels();
  world.chosen.onCall = (call) => call.fail(broken("provider_auth"));
  world.other.continues = () => true;
  const [here, there] = [world.process(), world.process()];
  const id = await here.create();
  const { reply } = await here.send(id, { text: "Hello?", model: CHOSEN });
  const first: Call = await world.other.call(1);
  first.text("Hel");
  await here.until(id, ({ messages }) => textOf(messages.at(-1)!) === "Hel");
  here.kill();
  await world.clock.advance(11_000);
  await there.sweep.run();
  const second = await world.other.call(2);
  assertEquals(second.request.prefix, "Hel");
  second.text("lo").end();
  const answer = await passing(world, there.ended(id, reply.messageId));
  assertEquals([textOf(answer), answer.model, answer.fallback?.from], ["Hello", OTHER, CHOSEN]);
  assertEquals(world.chosen.calls.length, 1);
});

Deno.test("what its provider stores is read on behind a silence, and abandoned when the answer has no more claims", async () => {
  await using world = await twoModels();
  const abandoned: string[] = [];
  world.chosen.resume = (checkpoint, signal) => {
    world.chosen.resumed.push(checkpoint);
    return world.chosen.stream({ model: "one", systemPrompt: "", turns: [] }, signal);
  };
  world.chosen.abandon = (checkpoint) => Promise.resolve(void abandoned.push(checkpoint));
  world.chosen.onCall = (call, n) => call.text(`${n} `).checkpoint(`after ${n}`).fail(broken("timeout_idle"));
  const here = world.process();
  const answer = await answered(here, await here.create());
  assertEquals([answer.status, answer.error?.code], ["failed", "timeout_idle"]);
  assertEquals(textOf(answer), "1 2 3 ");
  assertEquals([world.chosen.resumed, abandoned], [["after 1", "after 2"], ["after 2"]]);
});
