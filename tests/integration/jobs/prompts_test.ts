// What a model is told before the conversation, and what an answer remembers of it (M13, X6).
import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { patchPreferences } from "@/lib/chat/preferences.ts";
import { Prompts } from "@/lib/chat/prompts.ts";
import type { Variant } from "@/lib/chat/variants.ts";
import { AppError } from "@/lib/core/errors.ts";
import { randomId } from "@/lib/core/ids.ts";
import { promptPrefix, TRASH_TTL_MS } from "@/lib/kv/keys.ts";
import { SYSTEM_PROMPT_CHARS_MAX } from "@/lib/protocol/api.ts";
import type { Message } from "@/lib/protocol/message.ts";
import { INSTRUCTIONS_CHARS_MAX } from "@/lib/protocol/preferences.ts";
import { type Fault, faults } from "../../support/faulty_store.ts";
import { type Process, World } from "../../support/program.ts";

const ONLY: Variant[] = [{ name: "brief", weight: 1, systemPrompt: "Answer in one sentence." }];

function open(world: World): { here: Process; prompts: Prompts; ask: (id: string) => Promise<Message> } {
  world.provider.onCall = (call) => call.text("yes").end();
  const here = world.process();
  const { store, log } = here;
  return {
    here,
    prompts: new Prompts({ store, append: log.append.bind(log), variants: world.variants }),
    async ask(id) {
      const { reply } = await here.send(id, "Hello?");
      return await here.ended(id, reply.messageId);
    },
  };
}

const instruct = ({ store, log }: Process, userId: string, instructions: string) =>
  patchPreferences({ store, append: log.append.bind(log) }, userId, { instructions });

/** What an answer says of its prompt. */
function named({ asked }: Message): Message["asked"] {
  const { context: _, ...prompt } = asked ?? {};
  return prompt;
}

const told = (world: World) => world.provider.calls.at(-1)!.request.systemPrompt;
const rows = async (world: World) => await Array.fromAsync(world.kv.list<string>({ prefix: ["prompt"] }));

Deno.test("X6: the model is told the variant, the person's instructions and the conversation's prompt, in this order", async () => {
  await using world = await World.open();
  const { here, ask } = open(world);
  const id = await here.create();
  assertEquals([named(await ask(id)), told(world)], [{}, ""]);
  await instruct(here, world.userId, "I am a nurse.\n");
  await ask(id);
  assertEquals(told(world), "I am a nurse.");
  await here.conversations.patch(world.userId, id, { systemPrompt: " Speak French. " });
  await ask(id);
  assertEquals(told(world), "I am a nurse.\n\nSpeak French.");
  world.variants = ONLY;
  await ask(id);
  assertEquals(told(world), "Answer in one sentence.\n\nI am a nurse.\n\nSpeak French.");
});

Deno.test("X6: instructions are a person's own: another's answers know nothing of them", async () => {
  await using world = await World.open();
  const { here, ask } = open(world);
  await instruct(here, randomId(), "I am somebody else.");
  assertEquals([named(await ask(await here.create())), told(world)], [{}, ""]);
});

Deno.test("M13: an old answer still names what was asked of it, after the prompt was changed and changed back", async () => {
  await using world = await World.open();
  const { here, ask, prompts } = open(world);
  const id = await here.create();
  const asked: (Message["asked"])[] = [];
  for (const systemPrompt of ["Be kind.", "Be brief.", "", "Be kind."]) {
    await here.conversations.patch(world.userId, id, { systemPrompt });
    asked.push(named(await ask(id)));
  }
  const [kind, brief, none, again] = asked;
  assertEquals([none, again], [{}, kind]);
  assertNotEquals(brief, kind);
  assertEquals(await prompts.read(id, kind!.promptId!), "Be kind.");
  assertEquals(await prompts.read(id, brief!.promptId!), "Be brief.");
});

Deno.test("S2: an answer names its variant, and what is stored for people has nothing of the operator's words", async () => {
  await using world = await World.open();
  world.variants = ONLY;
  const { here, ask, prompts } = open(world);
  const id = await here.create();
  assertEquals(named(await ask(id)), { variant: "brief" });
  assertEquals(await rows(world), []);
  await here.conversations.patch(world.userId, id, { systemPrompt: "Be kind." });
  const { promptId, variant } = (await ask(id)).asked!;
  assertEquals([variant, await prompts.read(id, promptId!)], ["brief", "Be kind."]);
  const stored = JSON.stringify(await Array.fromAsync(world.kv.list({ prefix: [] }), ({ value }) => value));
  assert(!stored.includes("one sentence"), "the operator's words are in the store");
});

Deno.test("S1: a text is stored once in its conversation; an answer whose prompt did not change writes nothing for it", async () => {
  await using world = await World.open();
  const { here, ask } = open(world);
  const id = await here.create();
  await here.conversations.patch(world.userId, id, { systemPrompt: "Be kind." });
  await ask(id);
  const before = here.store.tried.length;
  for (let n = 0; n < 3; n++) await ask(id);
  const later = here.store.tried.slice(before);
  assertEquals(later.filter(({ writes }) => writes.some(({ key }) => key[0] === "prompt")), []);
  // No commit of its own, either: those of an answer begin it, say something, or end it.
  assert(later.every(({ writes }) => writes.some(({ key }) => key[0] === "topic")));
  assertEquals((await rows(world)).map(({ key, value }) => [key[1], value]), [[id, "Be kind."]]);
  const other = await here.create();
  await here.conversations.patch(world.userId, other, { systemPrompt: "Be kind." });
  await ask(other);
  assertEquals((await rows(world)).length, 2);
});

for (const fault of ["fail", "lose", "refuse"] as const satisfies Fault[]) {
  Deno.test(`S1: the text is there before the provider is asked, also when its commit meets "${fault}"`, async () => {
    await using world = await World.open();
    const { here, prompts } = open(world);
    const id = await here.create();
    const conversation = await here.conversations.patch(world.userId, id, { systemPrompt: "Be kind." });
    here.store.onCommit = faults(fault);
    const { text, asked } = await prompts.instructionsFor(world.userId, conversation);
    assertEquals([text, await prompts.read(id, asked.promptId!)], ["Be kind.", "Be kind."]);
  });
}

Deno.test("S1: whoever counts a prompt beforehand is told what an answer would be told, and stores nothing", async () => {
  await using world = await World.open();
  world.variants = ONLY;
  const { here, prompts } = open(world);
  await instruct(here, world.userId, "I am a nurse.");
  const id = await here.create();
  const conversation = await here.conversations.patch(world.userId, id, { systemPrompt: "Be kind." });
  const { text } = await prompts.preview(world.userId, conversation);
  assertEquals([text, await rows(world)], ["Answer in one sentence.\n\nI am a nurse.\n\nBe kind.", []]);
  assertEquals((await prompts.instructionsFor(world.userId, conversation)).text, text);
});

Deno.test("S1: the longest prompts there can be are told and kept, in any script", async () => {
  await using world = await World.open();
  world.variants = [{ ...ONLY[0]!, systemPrompt: "漢".repeat(SYSTEM_PROMPT_CHARS_MAX) }];
  const { here, ask, prompts } = open(world);
  await instruct(here, world.userId, "指".repeat(INSTRUCTIONS_CHARS_MAX));
  const id = await here.create();
  const systemPrompt = "字".repeat(SYSTEM_PROMPT_CHARS_MAX);
  await here.conversations.patch(world.userId, id, { systemPrompt });
  const { promptId } = (await ask(id)).asked!;
  const own = `${"指".repeat(INSTRUCTIONS_CHARS_MAX)}\n\n${systemPrompt}`;
  assertEquals(await prompts.read(id, promptId!), own);
  assertEquals(told(world), `${"漢".repeat(SYSTEM_PROMPT_CHARS_MAX)}\n\n${own}`);
});

Deno.test("S1: of a conversation that was purged no prompt is left, and none is stored any more", async () => {
  await using world = await World.open();
  const { here, ask, prompts } = open(world);
  const id = await here.create();
  const conversation = await here.conversations.patch(world.userId, id, { systemPrompt: "Be kind." });
  await ask(id);
  await here.conversations.remove(world.userId, id);
  await world.clock.advance(TRASH_TTL_MS + 1);
  assertEquals([await here.trash.purge(), await rows(world)], [1, []]);
  assertEquals((await prompts.instructionsFor(world.userId, conversation)).text, "Be kind.");
  assertEquals(await rows(world), []);
});

Deno.test("a prompt is read by its whole name, within its conversation, and by nothing else", async () => {
  await using world = await World.open();
  const { here, ask, prompts } = open(world);
  const [id, other] = [await here.create(), await here.create()];
  await here.conversations.patch(world.userId, id, { systemPrompt: "Be kind." });
  const promptId = (await ask(id)).asked!.promptId!;
  assertEquals((await Array.fromAsync(world.kv.list({ prefix: promptPrefix(id) }))).length, 1);
  const wrong = ["", "x", promptId.slice(0, -1), promptId.toUpperCase(), promptId + "0", "0".repeat(32)];
  for (const [conversation, name] of [[other, promptId], ...wrong.map((name) => [id, name])]) {
    const error = await assertRejects(() => prompts.read(conversation!, name!), AppError);
    assertEquals(error.code, "not_found");
  }
});

Deno.test("an answer that another process takes over is told the same, and names it", async () => {
  await using world = await World.open();
  world.variants = ONLY;
  const here = world.process();
  const id = await here.create();
  await here.conversations.patch(world.userId, id, { systemPrompt: "Be kind." });
  const { reply } = await here.send(id, "Hello?");
  const { request } = await world.provider.call(1);
  await here.runner.drain();
  const there = world.process();
  await there.sweep.run();
  const call = await world.provider.call(2);
  assertEquals(call.request.systemPrompt, request.systemPrompt);
  call.text("yes").end();
  const { asked } = await there.ended(id, reply.messageId);
  assertEquals([asked?.variant, asked?.promptId?.length], ["brief", 32]);
});

Deno.test("answers are counted by variant and outcome, and their tokens by variant", async () => {
  await using world = await World.open();
  world.variants = ONLY;
  const here = world.process();
  const metrics = here.store.metrics;
  world.provider.onCall = (call, n) => {
    call.text("yes").usage({ inputTokens: 1, outputTokens: 10 * n });
    if (n === 2) call.fail(new AppError("provider_refused", "No."));
    else call.end();
  };
  const id = await here.create();
  for (let n = 0; n < 3; n++) {
    const { reply } = await here.send(id, "Hello?");
    await here.ended(id, reply.messageId);
  }
  await here.runner.drain();
  // This process knows no variant by name: it counts them as none.
  assertEquals(metrics.getFor("throughline_answers_total", { variant: "", outcome: "complete" }), 2);
  assertEquals(metrics.getFor("throughline_answers_total", { variant: "", outcome: "failed" }), 1);
  assertEquals(metrics.getFor("throughline_answer_output_tokens_total", { variant: "" }), 60);
});
