// A store that is slow, hangs or is away, while a model goes on talking.
import { assert, assertEquals } from "@std/assert";
import { textOf } from "@/lib/protocol/message.ts";
import { countTo } from "../../support/count.ts";
import { type Fault, StoreAway } from "../../support/faulty_store.ts";
import { type Process, World } from "../../support/program.ts";

const TOKENS = 500;
const TOKEN_MS = 40;
/** Between two processes a continent apart. */
const COMMIT_MS = 200;
const AWAY_MS = 10_000;
/** Steps after the last token: an answer that needs more of them does not end. */
const STEPS_MAX = 500;

Deno.test("G1: commits that take 200 ms slow an answer by 5 % at most", async () => {
  const quick = await answer(0);
  const slow = await answer(COMMIT_MS);
  console.log(`an answer of ${quick.ms} ms takes ${slow.ms} ms with commits of ${COMMIT_MS} ms`);
  const what = `${slow.commits} commits in place of ${quick.commits}`;
  assert(slow.commits < quick.commits / 5, `${what} were not slow: this test would measure nothing`);
  assert(slow.ms <= quick.ms * 1.05, `${slow.ms} ms are more than ${quick.ms} ms and 5 %`);
});

Deno.test("G1: while a commit hangs the provider is read to its end, and nothing of it is lost", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  const call = await world.provider.call(1);
  const hanging = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  here.store.onCommit = async (): Promise<Fault> => {
    hanging.resolve();
    await release.promise;
    return "none";
  };
  call.text("1");
  await hanging.promise;
  for (let i = 2; i <= TOKENS; i++) call.text(` ${i}`);
  call.end();
  await call.closed;
  const tried = here.store.tried.length;
  release.resolve();
  const answer = await here.ended(id, reply.messageId);
  assertEquals([answer.status, answer.attempt, textOf(answer)], ["complete", 1, countTo(TOKENS)]);
  // What came meanwhile left in one commit, with the end.
  assertEquals(here.store.tried.length, tried + 1);
});

Deno.test("P8: a store that is away for 10 s, past every lease, costs no token and no second attempt", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  const call = await world.provider.call(1);
  const away = goAway(here);
  const steps = AWAY_MS / 500;
  for (let i = 1; i <= steps; i++) {
    call.text(i === 1 ? "1" : ` ${i}`);
    await world.clock.advance(500);
  }
  away.comeBack();
  // A sweep of its own process is as quick as the job itself, and must not claim what goes on here.
  await here.sweep.run();
  call.end();
  const answer = await here.ended(id, reply.messageId);
  assertEquals([answer.status, answer.attempt, textOf(answer)], ["complete", 1, countTo(steps)]);
  assertEquals(world.provider.calls.length, 1);
  assert(away.refused() > 0);
});

Deno.test("P4, P5: the store comes back to another process first: it takes over, and the old owner writes nothing", async () => {
  await using world = await World.open();
  const [here, there] = [world.process(), world.process()];
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  const first = await world.provider.call(1);
  first.text("1");
  await there.until(id, ({ messages }) => messages.some((message) => textOf(message) === "1"));
  const away = goAway(here);
  first.text(" 2");
  await world.clock.advance(AWAY_MS);
  world.provider.onCall = (call) => call.text(countTo(TOKENS)).end();
  await there.sweep.run();
  const answer = await there.ended(id, reply.messageId);
  assertEquals([answer.status, answer.attempt, textOf(answer)], ["complete", 2, countTo(TOKENS)]);
  const { cursor } = await there.state(id);

  const left = here.logger.lines.length;
  away.comeBack();
  first.text(" 3").end();
  await here.runner.drain();
  assertEquals((await there.state(id)).cursor, cursor);
  assertEquals(here.logger.lines.slice(left).map(({ event }) => event), ["generation_left"]);
  assertEquals(world.provider.calls.length, 2);
});

/** Simulated milliseconds from the first token of an answer until its end is stored, and its commits. */
async function answer(commitMs: number): Promise<{ ms: number; commits: number }> {
  await using world = await World.open();
  const { clock } = world;
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Count, please.");
  const call = await world.provider.call(1);
  here.store.onCommit = async (): Promise<Fault> => {
    if (commitMs > 0) await clock.sleep(commitMs);
    return "none";
  };
  let over = false;
  const ended = here.ended(id, reply.messageId).then((answer) => (over = true, answer));
  const startedAt = clock.now();
  const step = async () => {
    await clock.advance(TOKEN_MS);
    // KV answers in turn: what was under way before this read is done after it, and no real wait counts as simulated.
    await world.kv.get(["probe"]);
  };
  for (let i = 1; i <= TOKENS; i++) {
    call.text(i === 1 ? "1" : ` ${i}`);
    await step();
  }
  call.end();
  for (let steps = 0; !over; steps++) {
    if (steps > STEPS_MAX) throw new Error("The answer does not end");
    await step();
  }
  const endedAt = clock.now();
  assertEquals(textOf(await ended), countTo(TOKENS));
  return { ms: endedAt - startedAt, commits: here.store.tried.length };
}

/** Takes the store away from a process: nothing is read and nothing is written until it comes back. */
function goAway({ store }: Process): { comeBack: () => void; refused: () => number } {
  let refused = 0;
  store.onCommit = () => (refused++, "fail");
  store.onRead = () => {
    throw new StoreAway("The store is away");
  };
  return {
    comeBack() {
      store.onCommit = () => "none";
      store.onRead = () => {};
    },
    refused: () => refused,
  };
}
