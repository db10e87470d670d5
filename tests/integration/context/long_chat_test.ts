// 300 turns with a model of 8,192 tokens that counts more than we estimate, and refuses what is more than it takes.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { SUMMARISE } from "@/lib/context/transcript.ts";
import { readMessage } from "@/lib/chat/messages.ts";
import type { ModelRequest } from "@/lib/models/provider.ts";
import type { Id } from "@/lib/core/ids.ts";
import type { Summary } from "@/lib/protocol/summary.ts";
import { CORPUS } from "../../fixtures/corpus.ts";
import { type Process, World } from "../../support/program.ts";
import { type Random, seeded } from "../../support/random.ts";
import { SmallModel } from "../../support/small_model.ts";

const MODEL = "compatible/small";
const WINDOW = 8_192;

async function smallWorld(outputTokensMax: number | null): Promise<{ world: World; model: SmallModel }> {
  const world = await World.open();
  world.limits.set(MODEL, { contextTokens: WINDOW, outputTokensMax });
  return { world, model: new SmallModel(world.provider, WINDOW) };
}

/** Words of many kinds, from a few to some thousand. */
function words(random: Random, charsMax: number): string {
  const chars = random.between(10, charsMax);
  let text = "";
  while (text.length < chars) text += `${CORPUS[random.between(0, CORPUS.length - 1)]!.text}\n`;
  return text.slice(0, chars).toWellFormed();
}

function create(here: Process): Promise<Id> {
  return here.conversations.create(here.world.userId, {
    model: MODEL,
    systemPrompt: "You are a patient teacher.",
  }).then(({ id }) => id);
}

/** Sends, and waits for the answer. */
async function turn(here: Process, id: Id, text: string): Promise<void> {
  const { reply } = await here.send(id, text);
  await here.done(reply.generationId);
  const answer = (await readMessage(here.store, id, reply.messageId))?.message;
  assertEquals([answer?.status, answer?.error], ["complete", undefined]);
}

/** Short messages, of which many fit; and long ones, of which five do. Longest lengths in characters. */
const CHATS = [
  {
    name: "short messages",
    outputTokensMax: null,
    answer: 1_500,
    question: 900,
    long: 6_000,
    summariesMax: 80,
  },
  {
    name: "long messages",
    outputTokensMax: 2_000,
    answer: 4_000,
    question: 3_000,
    long: 9_000,
    summariesMax: 200,
  },
];

for (const { name, outputTokensMax, answer, question, long, summariesMax } of CHATS) {
  Deno.test(`300 turns of ${name} with a model of 8k: it never refuses, and knows at turn 120 what was said at turn 3`, async () => {
    const random = seeded(name);
    const { world, model } = await smallWorld(outputTokensMax);
    await using _ = world;
    const here = world.process();
    const id = await create(here);
    model.answer = () => words(random, answer);
    for (let n = 1; n <= 300; n++) {
      const fact = n === 3 ? " Remember that my sister's boat is called Halcyon." : "";
      const text = `Turn ${n}.${fact} ${words(random, n % 25 === 0 ? long : question)}`;
      await turn(here, id, text);
      const request = model.asked.at(-1)!;
      assertEquals(request.turns.at(-1), { role: "user", text }, "the newest message, whole");
      assertEquals(request.turns[0]!.role, "user");
      if (n === 120) assertSaid(request, "Halcyon");
      await here.summaries.settled();
    }
    assertEquals(model.refused, []);
    assertSaid(model.asked.at(-1)!, "Halcyon");
    assert(!JSON.stringify(model.asked.at(-1)!.turns).includes("Halcyon"), "through the summary alone");
    const { messages, summaries = [] } = await here.state(id);
    assertEquals(messages.length, 600);
    assertMadeOnce(world, model, summaries);
    assert(summaries.length >= 40 && summaries.length <= summariesMax, `${summaries.length} summaries`);
    console.log(
      `300 turns: ${summaries.length} summaries, ${median(model)} of ${WINDOW} tokens at the median`,
    );
  });
}

Deno.test("two processes that answer in turn make one summary for each place", async () => {
  const random = seeded("two processes");
  const { world, model } = await smallWorld(null);
  await using _ = world;
  const both = [world.process(), world.process()];
  const id = await create(both[0]!);
  model.answer = () => words(random, 1_200);
  for (let n = 1; n <= 60; n++) {
    await turn(both[n % 2]!, id, `Turn ${n}. ${words(random, 1_200)}`);
    if (n % 3 === 0) await Promise.all(both.map((here) => here.summaries.settled()));
  }
  await Promise.all(both.map((here) => here.summaries.settled()));
  const { summaries = [] } = await both[0]!.state(id);
  assert(summaries.length > 8, `${summaries.length} summaries`);
  assertMadeOnce(world, model, summaries);
  assertEquals(model.refused, []);
});

/** Each place has one summary, and no request was made for another. One of long messages takes more than one request. */
function assertMadeOnce(world: World, model: SmallModel, summaries: readonly Summary[]): void {
  const made = world.processes.flatMap(({ logger }) =>
    logger.lines.filter(({ event }) => event === "summary_made").map(({ fields }) => fields)
  );
  assertEquals(
    made.map(({ throughId }) => throughId).sort(),
    summaries.map(({ throughId }) => throughId).sort(),
  );
  const requests = made.reduce((sum, { requests }) => sum + Number(requests), 0);
  assertEquals([model.summarised.length, world.summaryBills.length], [requests, requests]);
}

function assertSaid({ systemPrompt }: ModelRequest, words: string): void {
  assertStringIncludes(systemPrompt, "You are a patient teacher.");
  assertStringIncludes(systemPrompt, words);
  assert(systemPrompt !== SUMMARISE);
}

function median(model: SmallModel): number {
  const counts = model.asked.map((request) => model.count(request)).sort((a, b) => a - b);
  return counts[counts.length >> 1]!;
}
