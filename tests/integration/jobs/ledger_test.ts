// The ledger: what calls used stands in it once, whatever happens to the commits that enter it.
import { assert, assertEquals } from "@std/assert";
import { AppError } from "@/lib/core/errors.ts";
import { type Id, randomId } from "@/lib/core/ids.ts";
import { restartPlan } from "@/lib/generate/restart.ts";
import { claimed, type RunningJob } from "@/lib/jobs/job.ts";
import { readMessage } from "@/lib/chat/messages.ts";
import type { Spent } from "@/lib/protocol/conversation.ts";
import { isTerminal, type Message, textOf, type Usage } from "@/lib/protocol/message.ts";
import { totalOf } from "@/lib/usage/bill.ts";
import { entered, type LedgerEntry, type OtherCall } from "@/lib/usage/ledger.ts";
import { type Fault, faults } from "../../support/faulty_store.ts";
import { LEASE_MS, type Process, World } from "../../support/program.ts";
import { seeded } from "../../support/random.ts";

const usage = (outputTokens: number): Usage => ({ inputTokens: 10, outputTokens });

/** The ledger of everyone, with its keys. */
async function ledger(world: World): Promise<{ key: Deno.KvKey; value: LedgerEntry }[]> {
  return await Array.fromAsync(world.kv.list<LedgerEntry>({ prefix: ["ledger"] }));
}

/** Entries as the sum that a conversation keeps. */
function sumOf(entries: readonly LedgerEntry[]): Spent | undefined {
  if (entries.length === 0) return undefined;
  const known = entries.filter(({ costMicroUsd }) => costMicroUsd !== null);
  return {
    microUsd: known.reduce((sum, { costMicroUsd }) => sum + costMicroUsd!, 0),
    unpriced: entries.length - known.length,
  };
}

/** What an answer of these calls costs. */
function costOf(entries: readonly LedgerEntry[]): number | null | undefined {
  const spent = sumOf(entries);
  return spent === undefined ? undefined : spent.unpriced > 0 ? null : spent.microUsd;
}

async function spentBy(process: Process, id: Id): Promise<Spent | undefined> {
  return (await process.conversations.readAny(id)).conversation.spent;
}

/** Says `half`, and has used `tokens` of output so far. */
async function halfway(world: World, process: Process, id: Id, call: number, tokens: number) {
  (await world.provider.call(call)).text("half").usage(usage(tokens));
  await process.until(id, ({ messages }) => textOf(messages.at(-1)!) === "half");
}

Deno.test("an answer's call is entered under its owner, its day and its attempt, with what it cost", async () => {
  await using world = await World.open();
  world.provider.onCall = (call) =>
    call.text("yes").usage({ inputTokens: 10, outputTokens: 5, cachedInputTokens: 4 }).end();
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  await here.ended(id, reply.messageId);
  assertEquals((await ledger(world)).map(({ key, value }) => ({ key, value })), [{
    key: ["ledger", world.userId, "2026-11-15", reply.generationId, 1, 0],
    value: {
      at: world.clock.now(),
      conversationId: id,
      messageId: reply.messageId,
      model: "demo/tour",
      kind: "answer",
      outcome: "complete",
      usage: { inputTokens: 10, outputTokens: 5, cachedInputTokens: 4 },
      costMicroUsd: 15,
    },
  }]);
  assertEquals(await spentBy(here, id), { microUsd: 15, unpriced: 0 });
});

Deno.test("the commit of an end tells followers of the conversation what it has spent", async () => {
  await using world = await World.open();
  world.provider.onCall = (call, n) => call.usage(usage(n)).text("yes").end();
  const here = world.process();
  const id = await here.create();
  for (const total of [3, 9]) {
    const { reply } = await here.send(id, "Hello?");
    await here.ended(id, reply.messageId);
    assertEquals((await here.state(id)).conversation.spent, { microUsd: total, unpriced: 0 });
  }
});

Deno.test("a price that nobody knows costs null, never 0, and the sums say that it is missing", async () => {
  await using world = await World.open();
  world.costMicroUsd = (model, { outputTokens }) => model === "demo/tour" ? outputTokens : undefined;
  world.provider.onCall = (call) => call.usage(usage(7)).text("yes").end();
  const here = world.process();
  const id = await here.create();
  const { reply: known } = await here.send(id, "one");
  assertEquals((await here.ended(id, known.messageId)).costMicroUsd, 7);
  const { reply } = await here.send(id, { text: "two", model: "demo/other" });
  assertEquals((await here.ended(id, reply.messageId)).costMicroUsd, null);
  assertEquals((await ledger(world)).map(({ value }) => value.costMicroUsd).toSorted(), [7, null]);
  assertEquals(await spentBy(here, id), { microUsd: 7, unpriced: 1 });
});

Deno.test("an answer whose provider counted nothing has no cost and no entry: unknown is not 0", async () => {
  await using world = await World.open();
  world.provider.onCall = (call) => call.text("yes").end();
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  const answer = await here.ended(id, reply.messageId);
  assertEquals(Object.hasOwn(answer, "costMicroUsd"), false);
  assertEquals([await ledger(world), await spentBy(here, id)], [[], undefined]);
});

for (
  const [how, outcome, end] of [
    ["is stopped", "cancelled", (here: Process, generationId: Id) => here.cancel(generationId)],
    ["fails", "failed", async ({ world }: Process) => {
      (await world.provider.call(1)).fail(new AppError("provider_refused", "No."));
    }],
  ] as const
) {
  Deno.test(`an answer that ${how} in mid-sentence has cost what was counted until then`, async () => {
    await using world = await World.open();
    const here = world.process();
    const id = await here.create();
    const { reply } = await here.send(id, "Hello?");
    await halfway(world, here, id, 1, 4);
    await end(here, reply.generationId);
    const answer = await here.ended(id, reply.messageId);
    assertEquals([answer.status, answer.costMicroUsd], [outcome, 12]);
    assertEquals((await ledger(world)).map(({ value }) => [value.outcome, value.usage]), [[
      outcome,
      usage(4),
    ]]);
    assertEquals(await spentBy(here, id), { microUsd: 12, unpriced: 0 });
  });
}

for (const fault of ["lose", "fail", "refuse"] as const satisfies Fault[]) {
  Deno.test(`an end whose commit meets "${fault}" is entered once`, async () => {
    await using world = await World.open();
    const here = world.process();
    const id = await here.create();
    const { reply } = await here.send(id, "Hello?");
    await halfway(world, here, id, 1, 4);
    here.store.onCommit = faults(fault, fault);
    (await world.provider.call(1)).end();
    const answer = await here.ended(id, reply.messageId);
    await here.runner.drain();
    assertEquals(answer.costMicroUsd, 12);
    assertEquals((await ledger(world)).length, 1);
    assertEquals(await spentBy(here, id), { microUsd: 12, unpriced: 0 });
  });
}

Deno.test("an attempt that is handed back is entered by the commit that lets go of it, and the answer costs both", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  await halfway(world, here, id, 1, 4);
  // The commit lands and its answer is lost: what it spent is in the job already when it is read again.
  here.store.onCommit = faults("lose");
  await here.runner.drain();
  const job = await world.job(reply.generationId) as RunningJob;
  assertEquals(job.spent, { microUsd: 12, unpriced: 0 });
  assertEquals((await ledger(world)).map(({ value }) => value.outcome), ["cancelled"]);
  const there = world.process();
  await there.sweep.run();
  (await world.provider.call(2)).text("whole").usage(usage(5)).end();
  const answer = await there.ended(id, reply.messageId);
  assertEquals([answer.usage, answer.costMicroUsd], [usage(5), 27]);
  assertEquals((await ledger(world)).map(({ key }) => key.slice(3)), [
    [reply.generationId, 1, 0],
    [reply.generationId, 2, 0],
  ]);
  assertEquals(await spentBy(there, id), { microUsd: 27, unpriced: 0 });
});

Deno.test("an answer that is resumed elsewhere is one call: what it used until then is not counted twice", async () => {
  await using world = await World.open();
  world.provider.resume = (checkpoint, signal) => {
    world.provider.resumed.push(checkpoint);
    return world.provider.stream({ model: "model", systemPrompt: "", turns: [] }, signal);
  };
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  const call = await world.provider.call(1);
  call.checkpoint("0").text("half").usage(usage(4)).checkpoint("1");
  await here.until(id, ({ messages }) => textOf(messages.at(-1)!) === "half");
  await world.clock.advance(LEASE_MS / 3 + 1);
  await here.runner.drain();
  const there = world.process();
  await there.sweep.run();
  (await world.provider.call(2)).text(" and half").usage(usage(9)).end();
  const answer = await there.ended(id, reply.messageId);
  assertEquals([world.provider.resumed.length, textOf(answer), answer.costMicroUsd], [
    1,
    "half and half",
    27,
  ]);
  assertEquals((await ledger(world)).length, 1);
});

Deno.test("a resumption that is refused costs nothing, and the attempt after it is entered as its own", async () => {
  await using world = await World.open();
  world.provider.resume = (checkpoint, signal) => {
    world.provider.resumed.push(checkpoint);
    return world.provider.stream({ model: "model", systemPrompt: "", turns: [] }, signal);
  };
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  (await world.provider.call(1)).checkpoint("0").text("half").checkpoint("1");
  await here.until(id, ({ messages }) => textOf(messages.at(-1)!) === "half");
  await world.clock.advance(LEASE_MS / 3 + 1);
  here.kill();
  await world.clock.advance(LEASE_MS + 1);
  const there = world.process();
  await there.sweep.run();
  (await world.provider.call(2)).fail(new AppError("provider_rejected", "Gone."));
  (await world.provider.call(3)).text("whole").usage(usage(2)).end();
  const answer = await there.ended(id, reply.messageId);
  assertEquals([answer.attempt, textOf(answer), answer.costMicroUsd], [2, "whole", 6]);
  assertEquals(await spentBy(there, id), { microUsd: 6, unpriced: 0 });
});

Deno.test("a text that begins anew enters what the attempt that is void used, and its job has spent it", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  const { value: job, versionstamp } = await world.kv.get<RunningJob>(["generation", reply.generationId]);
  const bills = [{
    model: "demo/tour",
    usage: usage(4),
    outcome: "failed" as const,
    at: 0,
    costMicroUsd: 12,
  }];
  const claim = claimed({ ...job!, spent: totalOf(bills) }, here.id, LEASE_MS, world.clock.now());
  const check = { key: ["generation", reply.generationId], versionstamp };
  const writes = entered(job!, "answer", bills);
  await here.log.append(() => restartPlan(here.store, claim, check, "retried", writes));
  assertEquals((await ledger(world)).map(({ key }) => key.slice(3)), [[reply.generationId, 1, 0]]);
  const next = await world.job(reply.generationId);
  assertEquals([next?.attempt, next?.epoch, next?.spent], [2, 2, { microUsd: 12, unpriced: 0 }]);
});

Deno.test("P5: what a zombie has read is entered by nobody: its answer costs what its successor used", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  await halfway(world, here, id, 1, 4);
  const { promise: held, resolve: wake } = Promise.withResolvers<Fault>();
  here.store.onCommit = () => held;
  (await world.provider.call(1)).usage(usage(400)).end();
  await world.clock.advance(LEASE_MS + 1);
  const there = world.process();
  await there.sweep.run();
  (await world.provider.call(2)).text("whole").usage(usage(5)).end();
  await there.ended(id, reply.messageId);
  wake("none");
  await here.runner.drain();
  assertEquals((await ledger(world)).map(({ value }) => value.usage.outputTokens), [5]);
  assertEquals(await spentBy(there, id), { microUsd: 15, unpriced: 0 });
});

Deno.test("an answer that goes on in its own message costs what it had cost, and this; its conversation spends this", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  const call = await world.provider.call(1);
  // As the record of a message stands that was continued: its cost of before, while it streams.
  const before = (await readMessage(here.store, id, reply.messageId))!;
  const message: Message = { ...before.message, costMicroUsd: 100, rating: "up" };
  await world.kv.set(["message", id, reply.messageId], { whole: { ...before, message } });
  call.text("more").usage(usage(4)).end();
  const answer = (await here.until(id, ({ messages }) => isTerminal(messages.at(-1)!.status))).messages.at(
    -1,
  )!;
  assertEquals([answer.costMicroUsd, answer.rating], [112, "up"]);
  assertEquals(await spentBy(here, id), { microUsd: 12, unpriced: 0 });
});

Deno.test("an answer that ends in the trash is entered, and its conversation is not listed again", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  await halfway(world, here, id, 1, 4);
  await here.conversations.remove(world.userId, id);
  await here.ended(id, reply.messageId);
  assertEquals((await ledger(world)).length, 1);
  assertEquals(await spentBy(here, id), { microUsd: 12, unpriced: 0 });
  assertEquals((await here.conversations.page(world.userId)).conversations, []);
});

Deno.test("an end leaves its conversation where its beginning put it in the list", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  await world.clock.advance(1_000);
  const { reply } = await here.send(id, "Hello?");
  const begunAt = world.clock.now();
  const call = await world.provider.call(1);
  await world.clock.advance(1_000);
  const other = await here.create();
  await world.clock.advance(1_000);
  call.text("yes").end();
  await here.ended(id, reply.messageId);
  assertEquals((await here.conversations.readAny(id)).conversation.updatedAt, begunAt);
  const { conversations } = await here.conversations.page(world.userId);
  assertEquals(conversations.map((conversation) => conversation.id), [other, id]);
  const rows = await Array.fromAsync(world.kv.list({ prefix: ["recent"] }));
  assertEquals(rows.length, 2, "the list has a row for each, and none that was left behind");
});

const summary = (world: World, conversationId: Id, tokens: number): OtherCall => ({
  id: randomId(),
  userId: world.userId,
  conversationId,
  messageId: randomId(),
  kind: "summary",
  bill: { model: "demo/tour", usage: usage(tokens), outcome: "complete", at: world.clock.now() },
});

for (const fault of ["none", "lose", "fail", "refuse"] as const satisfies Fault[]) {
  Deno.test(`a summary is entered once when its commit meets "${fault}", also when it is recorded again`, async () => {
    await using world = await World.open();
    const here = world.process();
    const id = await here.create();
    const call = summary(world, id, 8);
    here.store.onCommit = faults(fault);
    await here.charge(call);
    await here.charge(call);
    assertEquals(
      (await ledger(world)).map(({ value }) => [value.kind, value.messageId, value.costMicroUsd]),
      [[
        "summary",
        call.messageId,
        24,
      ]],
    );
    assertEquals((await here.state(id)).conversation.spent, { microUsd: 24, unpriced: 0 });
  });
}

Deno.test("two summaries that cost the same are two, also when the commit of one fails as the other's lands", async () => {
  await using world = await World.open();
  const here = world.process();
  const there = world.process();
  const id = await here.create();
  here.store.onCommit = async (): Promise<Fault> => {
    here.store.onCommit = () => "none";
    await there.charge(summary(world, id, 8));
    return "fail";
  };
  await here.charge(summary(world, id, 8));
  assertEquals((await ledger(world)).length, 2);
  assertEquals(await spentBy(here, id), { microUsd: 48, unpriced: 0 });
});

Deno.test("a summary of a conversation that is gone is entered all the same", async () => {
  await using world = await World.open();
  const here = world.process();
  await here.charge(summary(world, randomId(), 8));
  assertEquals((await ledger(world)).length, 1);
});

Deno.test("whatever becomes of commits and processes, each sum is that of its entries, and no call is entered twice", async () => {
  const random = seeded("ledger");
  for (let run = 0; run < 25; run++) {
    await using world = await World.open();
    const chance = (percent: number) => random.between(1, 100) <= percent;
    world.costMicroUsd = (model, { outputTokens }) => model === "demo/tour" ? outputTokens : null;
    world.provider.continues = () => chance(50);
    /** Of each call that came to its own end, the tokens: no two calls have the same. */
    const complete = new Set<number>();
    world.provider.onCall = (call, n) => {
      call.text("some ", "words ").usage(usage(1_000 * n));
      const fate = random.between(1, 10);
      if (fate <= 5) {
        call.usage(usage(1_000 * n + 1)).end();
        complete.add(1_000 * n + 1);
      } else if (fate <= 7) call.fail(new AppError("provider_refused", "No."));
    };
    const begin = (): Process => {
      const process = world.process();
      process.store.onCommit = () =>
        chance(10) ? "fail" : chance(10) ? "lose" : chance(5) ? "refuse" : "none";
      return process;
    };
    let here = begin();
    const id = await here.create();
    const asked: Id[] = [];
    for (let n = random.between(1, 4); n > 0; n--) {
      const model = chance(30) ? "demo/unpriced" : "demo/tour";
      asked.push((await here.send(id, { text: "Hello?", model })).reply.messageId);
    }
    const isOver = async () => (await here.conversations.readAny(id)).conversation.running === null;
    for (let trouble = 0; trouble < 40 && !await isOver(); trouble++) {
      switch (random.between(1, 4)) {
        case 1:
          await here.runner.drain();
          here = begin();
          break;
        case 2:
          here.kill();
          here = begin();
          break;
        case 3: {
          const { running } = (await here.conversations.readAny(id)).conversation;
          if (running !== null) await here.cancel(running);
          break;
        }
        default:
          if (chance(50)) await here.charge(summary(world, id, 500 + trouble));
      }
      await world.clock.advance(random.between(1, 2 * LEASE_MS));
      await here.sweep.run();
      await world.clock.advance(1_000);
    }
    // What still waits for its provider is stopped.
    for (let left = 0; left < 100 && !await isOver(); left++) {
      const { running } = (await here.conversations.readAny(id)).conversation;
      if (running !== null) await here.cancel(running);
      await world.clock.advance(LEASE_MS + 1);
      await here.sweep.run();
      await world.clock.advance(1_000);
    }
    assert(await isOver(), `run ${run}: an answer has no end`);
    const entries = (await ledger(world)).map(({ value }) => value);
    assertEquals(await spentBy(here, id), sumOf(entries), `run ${run}`);
    for (const messageId of asked) {
      const { message } = (await readMessage(here.store, id, messageId))!;
      const own = entries.filter((entry) => entry.messageId === messageId);
      assertEquals(message.costMicroUsd, costOf(own), `run ${run}`);
      if (message.status === "complete") {
        assert(
          complete.has(message.usage!.outputTokens),
          `run ${run}: the usage is of no call that was completed`,
        );
        assertEquals(own.filter(({ outcome }) => outcome === "complete").map((entry) => entry.usage), [
          message.usage,
        ]);
      }
    }
    const calls = entries.filter(({ kind }) => kind === "answer").map(({ usage }) =>
      Math.floor(usage.outputTokens / 1_000)
    );
    assertEquals(new Set(calls).size, calls.length, `run ${run}: a call was entered twice`);
    assert(calls.every((call) => call >= 1 && call <= world.provider.calls.length));
  }
});
