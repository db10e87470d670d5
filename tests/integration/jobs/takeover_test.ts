import { assert, assertEquals } from "@std/assert";
import { ATTEMPTS_MAX, type RunningJob } from "@/lib/jobs/job.ts";
import { conversationTopic, generationKey } from "@/lib/kv/keys.ts";
import { textOf } from "@/lib/protocol/message.ts";
import { type Fault, faults } from "../../support/faulty_store.ts";
import { LEASE_MS, type Process, World } from "../../support/program.ts";

/** A process that has written `text` of an answer and then holds its breath; `wake` lets it go on. */
async function stalled(world: World, text: string) {
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  const call = await world.provider.call(world.provider.calls.length || 1);
  call.text(text);
  await here.until(id, ({ messages }) => textOf(messages.at(-1)!) === text);
  const { promise, resolve } = Promise.withResolvers<Fault>();
  here.store.onCommit = () => promise;
  return { here, id, reply, call, wake: () => resolve("none") };
}

async function leaseOver(world: World): Promise<void> {
  await world.clock.advance(LEASE_MS + 1);
}

const types = async (here: Process, id: string) =>
  (await here.log.after(conversationTopic(id), 0))!.map(({ type }) => type);

Deno.test("P4: a job whose owner died begins anew elsewhere, says so, and ends", async () => {
  await using world = await World.open();
  const { here, id, reply } = await stalled(world, "half an ans");
  here.kill();
  const there = world.process();
  await there.sweep.run();
  assertEquals(world.provider.calls.length, 1, "it was taken over under a lease that ran");
  await leaseOver(world);
  await there.sweep.run();
  (await world.provider.call(2)).text("whole").end();
  const answer = await there.ended(id, reply.messageId);
  assertEquals([answer.status, answer.attempt, textOf(answer)], ["complete", 2, "whole"]);
  assert((await types(there, id)).includes("restart"));
});

Deno.test("P4: two processes that sweep at once make one claim, one restart and one call", async () => {
  for (let round = 0; round < 5; round++) {
    await using world = await World.open();
    const { here, id, reply } = await stalled(world, "half");
    here.kill();
    await leaseOver(world);
    const others = [world.process(), world.process(), world.process()];
    await Promise.all(others.map(({ sweep }) => sweep.run()));
    (await world.provider.call(2)).text("whole").end();
    const answer = await others[0]!.ended(id, reply.messageId);
    assertEquals([answer.attempt, textOf(answer)], [2, "whole"]);
    assertEquals(world.provider.calls.length, 2);
    assertEquals((await types(others[0]!, id)).filter((type) => type === "restart").length, 1);
  }
});

Deno.test("P5: a zombie that wakes after a takeover writes nothing, and lets go of its provider", async () => {
  await using world = await World.open();
  const { here, id, reply, call, wake } = await stalled(world, "half");
  call.text(" of the old").end();
  await leaseOver(world);
  const there = world.process();
  await there.sweep.run();
  const second = await world.provider.call(2);
  wake();
  await call.closed;
  await here.runner.drain();
  assert(here.logger.events().includes("generation_left"));
  second.text("whole").end();
  const answer = await there.ended(id, reply.messageId);
  assertEquals([answer.status, textOf(answer)], ["complete", "whole"]);
  const log = (await there.log.after(conversationTopic(id), 0))!.map(({ json }) => json).join();
  assert(!log.includes("of the old"), "the zombie wrote");
});

Deno.test("P5: a zombie that wakes after the end writes nothing either", async () => {
  await using world = await World.open();
  const { here, id, reply, call, wake } = await stalled(world, "half");
  await leaseOver(world);
  const there = world.process();
  await there.sweep.run();
  (await world.provider.call(2)).text("whole").end();
  const answer = await there.ended(id, reply.messageId);
  const before = await types(there, id);
  call.text(" late").end();
  wake();
  await here.runner.drain();
  assertEquals(await types(there, id), before);
  assertEquals(await there.ended(id, reply.messageId), answer);
});

Deno.test("P4: a machine that slept past its own lease takes its job over from itself, and one attempt goes on", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  const call = await world.provider.call(1);
  call.text("half");
  await here.until(id, ({ messages }) => textOf(messages.at(-1)!) === "half");
  // The sweep is faster than the renewal, which is due as well.
  const renewal = Promise.withResolvers<Fault>();
  here.store.onCommit = ({ writes }) =>
    writes.some(({ key, value }) => key[0] === "generation" && (value as RunningJob | undefined)?.epoch === 1)
      ? renewal.promise
      : "none";
  // Long enough that the attempt would have given up: until then it goes on where it is, and is left alone.
  await leaseOver(world);
  await here.sweep.run();
  assertEquals(world.provider.calls.length, 1);
  await world.clock.advance(2 * 60_000);
  await here.sweep.run();
  await call.closed;
  const second = await world.provider.call(2);
  renewal.resolve("none");
  second.text("whole").end();
  const answer = await here.ended(id, reply.messageId);
  assertEquals([answer.status, answer.attempt, textOf(answer)], ["complete", 2, "whole"]);
});

Deno.test("P8: after its last attempt a job fails, and what the last one wrote is kept", async () => {
  await using world = await World.open();
  const { here, id, reply } = await stalled(world, "half 漢 😀");
  here.kill();
  const job = await world.job(reply.generationId) as RunningJob;
  for (let attempt = 2; attempt <= ATTEMPTS_MAX; attempt++) {
    await leaseOver(world);
    const next = world.process();
    await next.sweep.run();
    const call = await world.provider.call(attempt);
    call.text(`half of ${attempt}`);
    await next.until(id, ({ messages }) => textOf(messages.at(-1)!) === `half of ${attempt}`);
    next.kill();
  }
  await leaseOver(world);
  const last = world.process();
  await last.sweep.run();
  const answer = await last.ended(id, reply.messageId);
  assertEquals([answer.status, answer.attempt, answer.error?.code, textOf(answer)], [
    "failed",
    ATTEMPTS_MAX,
    "attempts_exhausted",
    `half of ${ATTEMPTS_MAX}`,
  ]);
  assertEquals(world.provider.calls.length, ATTEMPTS_MAX);
  assertEquals(job.attempt, 1);
});

Deno.test("P6: a stop whose owner is dead ends the job as cancelled at takeover, its text kept, its queue going on", async () => {
  await using world = await World.open();
  const { here, id, reply } = await stalled(world, "half 漢 😀");
  const there = world.process();
  const next = await there.send(id, "and then?");
  here.kill();
  await there.cancel(reply.generationId);
  await leaseOver(world);
  await there.sweep.run();
  const answer = await there.ended(id, reply.messageId);
  assertEquals([answer.status, answer.attempt, textOf(answer)], ["cancelled", 1, "half 漢 😀"]);
  (await world.provider.call(2)).text("then this").end();
  assertEquals((await there.ended(id, next.reply.messageId)).status, "complete");
});

Deno.test("P4: a claim whose answer was lost is one claim, and its job runs", async () => {
  await using world = await World.open();
  const { here, id, reply } = await stalled(world, "half");
  here.kill();
  await leaseOver(world);
  const there = world.process();
  there.store.onCommit = faults("lose");
  await there.sweep.run();
  (await world.provider.call(2)).text("whole").end();
  assertEquals((await there.ended(id, reply.messageId)).attempt, 2);
});

Deno.test("P8: a claim for an end whose answer was lost is made again when its own lease is over", async () => {
  await using world = await World.open();
  const { here, id, reply } = await stalled(world, "half");
  here.kill();
  const there = world.process();
  await there.cancel(reply.generationId);
  await leaseOver(world);
  there.store.onCommit = faults("lose");
  await there.sweep.run();
  await leaseOver(world);
  await there.sweep.run();
  const answer = await there.ended(id, reply.messageId);
  assertEquals([answer.status, textOf(answer)], ["cancelled", "half"]);
});

Deno.test("a drain flushes what was said, hands the lease back, and another process goes on at once", async () => {
  await using world = await World.open();
  const here = world.process({ flushMs: 1_000 });
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  const call = await world.provider.call(1);
  call.text("a");
  await here.until(id, ({ messages }) => textOf(messages.at(-1)!) === "a");
  call.text("b", "c");
  await world.clock.advance(1);
  await here.runner.drain();
  await call.closed;
  assertEquals(textOf((await here.state(id)).messages.at(-1)!), "abc");
  const job = await world.job(reply.generationId) as RunningJob;
  assertEquals([job.state, job.leaseUntil], ["running", 0]);
  assertEquals([here.runner.size, here.watcher.size, world.clock.sleeping], [0, 0, 0]);
  const there = world.process();
  await there.sweep.run();
  (await world.provider.call(2)).text("whole").end();
  assertEquals((await there.ended(id, reply.messageId)).status, "complete");
});

Deno.test("a job that begins during a drain is handed back without a call to the provider", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  await here.runner.drain();
  const { reply } = await here.send(id, "Hello?");
  await here.runner.drain();
  assertEquals(world.provider.calls.length, 0);
  assertEquals((await world.kv.get<RunningJob>(generationKey(reply.generationId))).value?.leaseUntil, 0);
});
