import { assert, assertEquals } from "@std/assert";
import { AppError } from "@/lib/core/errors.ts";
import type { Job } from "@/lib/jobs/job.ts";
import { generationKey } from "@/lib/kv/keys.ts";
import { textOf } from "@/lib/protocol/message.ts";
import { LEASE_MS, type Process, World } from "../../support/program.ts";

/** A provider whose answers can be resumed, each resumption being a call like any other. */
function storing(world: World): void {
  const { provider } = world;
  provider.resume = (checkpoint, signal) => {
    provider.resumed.push(checkpoint);
    return provider.stream({ model: "model", systemPrompt: "", turns: [] }, signal);
  };
}

/** A checkpoint goes out with the next commit after its text: here, with the next renewal of the lease. */
async function checkpointed(world: World, generationId: string, at: string): Promise<void> {
  const jobs = world.kv.watch<[Job]>([generationKey(generationId)]).getReader();
  try {
    await world.clock.advance(LEASE_MS / 3 + 1);
    for (;;) {
      const job = (await jobs.read()).value?.[0].value;
      if (job?.state === "running" && job.checkpoint?.at === at) return;
    }
  } finally {
    await jobs.cancel();
  }
}

/** An answer whose owner died after `say` had said its part of it, and another process that takes it over. */
async function takenOver(
  world: World,
  say: (world: World) => Promise<string>,
  checkpoint?: string,
): Promise<
  { there: Process; id: string; messageId: string; generationId: string; before: string }
> {
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  const before = await say(world);
  await here.until(id, ({ messages }) => textOf(messages.at(-1)!) === before);
  if (checkpoint !== undefined) await checkpointed(world, reply.generationId, checkpoint);
  here.kill();
  await world.clock.advance(LEASE_MS + 1);
  const there = world.process();
  await there.sweep.run();
  return { there, id, messageId: reply.messageId, generationId: reply.generationId, before };
}

Deno.test("P4: an answer that its provider stores is resumed: no word of it is said twice or lost", async () => {
  await using world = await World.open();
  storing(world);
  const { there, id, messageId } = await takenOver(world, async ({ provider }) => {
    const call = await provider.call(1);
    call.text("one ").checkpoint("at 1").text("two ").checkpoint("at 2").text("three ");
    return "one two three ";
  });
  // What the provider says again after its checkpoint is what the last owner had stored behind it.
  const call = await world.provider.call(2);
  const since = world.provider.resumed[0] === "at 2" ? ["three "] : ["two ", "three "];
  call.text(...since).checkpoint("at 3").text("four").end();
  const answer = await there.ended(id, messageId);
  assertEquals([answer.status, textOf(answer)], ["complete", "one two three four"]);
  assertEquals([answer.attempt, answer.recovered], [1, "resumed"]);
  assertEquals(world.provider.resumed.length, 1);
});

Deno.test("P4: a model that takes a beginning goes on from it, and followers are told", async () => {
  await using world = await World.open();
  world.provider.continues = () => true;
  const { there, id, messageId, before } = await takenOver(world, async ({ provider }) => {
    (await provider.call(1)).text("The answer ");
    return "The answer ";
  });
  const call = await world.provider.call(2);
  assertEquals(call.request.prefix, before);
  call.text("is 42.").end();
  const answer = await there.ended(id, messageId);
  assertEquals([answer.attempt, answer.recovered, textOf(answer)], [1, "continued", "The answer is 42."]);
});

Deno.test("P4: a provider that has forgotten the answer begins it anew, in a new attempt", async () => {
  await using world = await World.open();
  storing(world);
  const { there, id, messageId } = await takenOver(world, async ({ provider }) => {
    (await provider.call(1)).text("half ").checkpoint("lost").text("an answer");
    return "half an answer";
  });
  const resumed = await world.provider.call(2);
  resumed.fail(new AppError("provider_rejected", "Gone."));
  (await world.provider.call(3)).text("whole").end();
  const answer = await there.ended(id, messageId);
  assertEquals([answer.status, answer.attempt, answer.recovered, textOf(answer)], [
    "complete",
    2,
    undefined,
    "whole",
  ]);
});

Deno.test("P8: an answer that is resumed again and again ends all the same, its text kept", async () => {
  await using world = await World.open();
  storing(world);
  let { there, id, messageId, generationId } = await takenOver(world, async ({ provider }) => {
    (await provider.call(1)).text("a").checkpoint("a");
    return "a";
  }, "a");
  for (const [i, text] of ["b", "c"].entries()) {
    const call = await world.provider.call(i + 2);
    call.text(text).checkpoint(text);
    await there.until(id, ({ messages }) => textOf(messages.at(-1)!).endsWith(text));
    await checkpointed(world, generationId, text);
    there.kill();
    await world.clock.advance(LEASE_MS + 1);
    there = world.process();
    await there.sweep.run();
  }
  const answer = await there.ended(id, messageId);
  assertEquals([answer.status, answer.error?.code], ["failed", "attempts_exhausted"]);
  assertEquals(textOf(answer), "abc");
  assert(world.provider.calls.length <= 3);
});

Deno.test("P6: a stop whose owner is dead stops what the provider stores, too", async () => {
  await using world = await World.open();
  storing(world);
  const abandoned = Promise.withResolvers<string>();
  world.provider.abandon = (checkpoint) => Promise.resolve(abandoned.resolve(checkpoint));
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  (await world.provider.call(1)).text("half ").checkpoint("at half").text("an answer");
  await here.until(id, ({ messages }) => textOf(messages.at(-1)!) === "half an answer");
  here.kill();
  const there = world.process();
  await there.cancel(reply.generationId);
  await world.clock.advance(LEASE_MS + 1);
  await there.sweep.run();
  const answer = await there.ended(id, reply.messageId);
  assertEquals([answer.status, textOf(answer)], ["cancelled", "half an answer"]);
  assertEquals(await abandoned.promise, "at half");
  assertEquals(world.provider.resumed, []);
});

Deno.test("without a word of the answer there is nothing to go on from: a cut-off thought is never sent back", async () => {
  await using world = await World.open();
  world.provider.continues = () => true;
  const { there, id, messageId } = await takenOver(world, async ({ provider }) => {
    (await provider.call(1)).reasoning("Let me think");
    return "";
  });
  const call = await world.provider.call(2);
  assertEquals(call.request.prefix, undefined);
  call.text("Done.").end();
  const answer = await there.ended(id, messageId);
  assertEquals([answer.attempt, answer.parts], [2, [{ type: "text", text: "Done." }]]);
});
