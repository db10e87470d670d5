// Side jobs: who makes one, how often, and what becomes of it when it fails, takes too long, or its process ends.
import { assert, assertEquals } from "@std/assert";
import { randomId } from "@/lib/core/ids.ts";
import {
  type Making,
  missed,
  type Rules,
  type SideJob,
  SideJobs,
  taken,
  untaken,
} from "@/lib/jobs/side_job.ts";
import { remove } from "@/lib/kv/store.ts";
import { Lines } from "../../support/bus.ts";
import { FakeClock } from "../../support/clock.ts";
import { FaultyStore } from "../../support/faulty_store.ts";

const RULES: Rules = { triesMax: 2, retryMs: 1_000, makeMsMax: 5_000 };
const KEY = ["side"];
const FAILURES = "throughline_titles_failed_total";

Deno.test("S1: a record is taken once at a time, again when its lease or its pause is over, and not more often than allowed", () => {
  const first = taken(null, "a", RULES, 0)!;
  assertEquals(first, { state: "making", owner: "a", leaseUntil: 35_000, tries: 1 });
  assertEquals(taken(first, "b", RULES, 34_999), null);
  const second = taken(first, "b", RULES, 35_000)!;
  assertEquals([second.owner, second.tries], ["b", 2]);
  assertEquals(taken(second, "c", RULES, 1e9), null, "two have died over it");
  const failed = missed(first, RULES, 100);
  assertEquals(failed, { state: "failed", retryAt: 1_100, tries: 1 });
  assertEquals([taken(failed, "b", RULES, 1_099), taken(failed, "b", RULES, 1_100)?.tries], [null, 2]);
  assertEquals(missed(second, RULES, 100).retryAt, null);
  assertEquals(taken(missed(second, RULES, 100), "c", RULES, 1e9), null);
  assertEquals(missed({ ...first, tries: 2 }, { ...RULES, triesMax: 4 }, 0).retryAt, 2_000);
  assertEquals(taken({ state: "ready" }, "a", RULES, 0), null);
  assertEquals(untaken(first, 7), null);
  assertEquals(taken(untaken(second, 7), "c", RULES, 7)?.tries, 2);
});

async function scene() {
  const kv = await Deno.openKv(":memory:");
  const clock = new FakeClock();
  const store = new FaultyStore(kv);
  const logger = new Lines();
  const process = (atOnceMax = 4) =>
    new SideJobs({ store, clock, logger, processId: randomId(), counters: store.metrics, atOnceMax });
  const state = async () => (await kv.get<Making>(KEY)).value;
  return { kv, clock, store, logger, process, state, [Symbol.dispose]: () => kv.close() };
}

function job(make: SideJob["make"], more: Partial<SideJob> = {}): SideJob {
  const wanted = () => Promise.resolve([]);
  return { name: "side", fields: {}, failures: FAILURES, key: KEY, rules: RULES, wanted, make, ...more };
}

Deno.test("S1: of processes that begin one at once one makes it, and a process makes it once", async () => {
  using it = await scene();
  let made = 0;
  const wanted = () => Promise.resolve(made === 0 ? [] : null);
  const make: SideJob["make"] = async (claim) => {
    made++;
    await it.store.commit({ checks: [claim], writes: [remove(KEY)] });
  };
  const processes = [it.process(), it.process(), it.process()];
  for (const process of processes) {
    for (let i = 0; i < 3; i++) process.begin(job(make, { wanted }));
    assertEquals(process.size, 1);
  }
  await Promise.all(processes.map((process) => process.settled()));
  assertEquals([made, await it.state()], [1, null]);
  assertEquals(it.clock.sleeping, 0, "a timer is left");
});

Deno.test("what is not wanted, or cannot be had now, is not begun, and nothing is written", async () => {
  using it = await scene();
  const process = it.process();
  let asked = 0;
  const wanted = () => (asked++, Promise.resolve(null));
  const never = () => Promise.reject(new Error("never"));
  process.begin(job(never, { wanted }));
  await process.settled();
  await it.kv.set(KEY, { state: "failed", retryAt: null, tries: 2 });
  process.begin(job(never, { wanted }));
  await process.settled();
  assertEquals([asked, it.store.tried.length], [1, 0]);
});

Deno.test("what it is for is checked when it is taken: nothing is written for what is gone by then", async () => {
  using it = await scene();
  const process = it.process();
  const [owner, other] = [["owner"], ["other"]];
  await it.kv.set(owner, 1);
  let made = 0;
  const wanted = (then: () => Promise<unknown>) => async () => {
    const { value, versionstamp } = await it.kv.get(owner);
    await then();
    return value === null ? null : [{ key: owner, versionstamp }];
  };
  const make = () => (made++, Promise.resolve());
  process.begin(job(make, { wanted: wanted(() => it.kv.delete(owner)) }));
  await process.settled();
  assertEquals([made, await it.state()], [0, null]);
  // What merely changed is looked at again.
  await it.kv.set(owner, 1);
  let changes = 0;
  const change = () => changes++ === 0 ? it.kv.set(owner, 2) : Promise.resolve();
  process.begin(job(make, { wanted: wanted(change), key: other }));
  await process.settled();
  assertEquals(made, 1);
});

Deno.test("S3: no more than so many are under way; what fails is counted, and tried again later", async () => {
  using it = await scene();
  const process = it.process(2);
  let begun = 0;
  const fail = () => (begun++, Promise.reject(new Error("no")));
  for (let i = 0; i < 5; i++) process.begin(job(fail, { key: [...KEY, i] }));
  assertEquals(process.size, 2);
  await process.settled();
  assertEquals([begun, process.size, it.store.metrics.get(FAILURES)], [2, 0, 2]);
  assertEquals(it.logger.events(), ["side_failed", "side_failed"]);
  const again = () => process.begin(job(fail, { key: [...KEY, 0] }));
  again();
  await process.settled();
  assertEquals(begun, 2, "not before its time");
  await it.clock.advance(RULES.retryMs);
  again();
  await process.settled();
  await it.clock.advance(1e9);
  again();
  await process.settled();
  assertEquals([begun, it.store.metrics.get(FAILURES)], [3, 3]);
});

Deno.test("one that takes too long has failed", async () => {
  using it = await scene();
  const process = it.process();
  const begun = Promise.withResolvers<AbortSignal>();
  process.begin(job((_, signal) => {
    begun.resolve(signal);
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  }));
  const signal = await begun.promise;
  await it.clock.advance(RULES.makeMsMax - 1);
  assert(!signal.aborted);
  await it.clock.advance(1);
  await process.settled();
  assertEquals((await it.state())?.state as string, "failed");
  assertEquals(it.clock.sleeping, 0, "a timer is left");
});

Deno.test("a process that drains lets go at once, and the try does not count; what was begun after that is not", async () => {
  using it = await scene();
  const [one, other] = [it.process(), it.process()];
  const begun = Promise.withResolvers<void>();
  one.begin(job((_, signal) => {
    begun.resolve();
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  }));
  await begun.promise;
  await one.drain();
  assertEquals([await it.state(), it.store.metrics.get(FAILURES)], [null, 0]);
  let made = 0;
  const make = () => (made++, Promise.resolve());
  one.begin(job(make));
  await one.settled();
  assertEquals(made, 0);
  other.begin(job(make));
  await other.settled();
  assertEquals([made, (await it.state())?.tries], [1, 1]);
});

Deno.test("S2: what another has taken meanwhile is not let go of", async () => {
  using it = await scene();
  const process = it.process();
  const theirs = { state: "making", owner: randomId(), leaseUntil: 1, tries: 2 };
  process.begin(job(async () => {
    await it.kv.set(KEY, theirs);
    throw new Error("late");
  }));
  await process.settled();
  assertEquals(await it.state() as unknown, theirs);
});

Deno.test("a store that fails is said in the log, and nobody waits for it", async () => {
  using it = await scene();
  const process = it.process();
  it.store.onCommit = () => "fail";
  process.begin(job(() => Promise.resolve()));
  await process.settled();
  assertEquals(it.logger.events(), ["side_crashed"]);
});
