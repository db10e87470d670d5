// Claims that meet another writer between what they read and what they commit. The simulator found both.
import { assert, assertEquals } from "@std/assert";
import type { Job } from "@/lib/jobs/job.ts";
import { textOf } from "@/lib/protocol/message.ts";
import type { Fault } from "../../support/faulty_store.ts";
import { LEASE_MS, World } from "../../support/program.ts";

Deno.test("P4: a claim that failed does not take another's restart in its place for its own", async () => {
  await using world = await World.open();
  const dead = world.process();
  const id = await dead.create();
  const { reply } = await dead.send(id, "Hello?");
  await world.provider.call(1);
  dead.kill();
  await world.clock.advance(LEASE_MS + 1);
  const [first, second] = [world.process(), world.process()];
  second.store.onCommit = async (): Promise<Fault> => {
    second.store.onCommit = () => "none";
    await first.sweep.run();
    return "fail";
  };
  await second.sweep.run();
  assert(first.logger.events().includes("generation_taken_over"));
  assert(!second.logger.events().includes("generation_taken_over"), "both took it over");
  (await world.provider.call(2)).text("whole").end();
  assertEquals(textOf(await first.ended(id, reply.messageId)), "whole");
  assertEquals(world.provider.calls.length, 2);
});

Deno.test("P1: what the last owner writes until the moment of a claim is part of the text that goes on", async () => {
  await using world = await World.open();
  world.provider.continues = () => true;
  const [owner, taker] = [world.process(), world.process()];
  const id = await owner.create();
  const { reply } = await owner.send(id, "Hello?");
  const call = (await world.provider.call(1)).text("half");
  const has = (text: string) => taker.until(id, ({ messages }) => textOf(messages.at(-1)!) === text);
  await has("half");
  const { promise: held, resolve: letGo } = Promise.withResolvers<Fault>();
  const { promise: tried, resolve: tries } = Promise.withResolvers<void>();
  owner.store.onCommit = () => (tries(), held);
  call.text(" more");
  await tried;
  owner.kill();
  await world.clock.advance(LEASE_MS + 1);
  // After the text was read, and before the claim is committed.
  taker.store.onRead = async ([key]) => {
    if (key?.[0] !== "message") return;
    taker.store.onRead = () => {};
    letGo("none");
    await has("half more");
  };
  await taker.sweep.run();
  const second = await world.provider.call(2);
  assertEquals(second.request.prefix, "half more");
  second.text(" and the rest").end();
  assertEquals(textOf(await taker.ended(id, reply.messageId)), "half more and the rest");
});

Deno.test("P5: a claim that only ends an answer moves the head as well, by which its last owner goes", async () => {
  await using world = await World.open();
  const [owner, taker] = [world.process(), world.process()];
  const id = await owner.create();
  const { reply } = await owner.send(id, "Hello?");
  (await world.provider.call(1)).text("half");
  await owner.until(id, ({ messages }) => textOf(messages.at(-1)!) === "half");
  owner.kill();
  await taker.cancel(reply.generationId);
  await world.clock.advance(LEASE_MS + 1);
  await taker.sweep.run();
  assertEquals((await taker.ended(id, reply.messageId)).status, "cancelled");
  const claim = taker.store.tried.find(({ writes }) =>
    writes.some(({ key, value }) =>
      key[0] === "generation" && (value as Job | undefined)?.state === "running"
    )
  );
  assert(claim !== undefined, "nothing was claimed");
  assert(claim.writes.some(({ key }) => key[0] === "topic" && key[2] === "head"));
});
