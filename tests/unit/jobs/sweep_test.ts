import { assertEquals } from "@std/assert";
import { ATTEMPTS_MAX, claimed, ended, type Job, type QueuedJob, type RunningJob } from "@/lib/jobs/job.ts";
import { Sweep } from "@/lib/jobs/sweep.ts";
import { generationKey, runningKey, runningPrefix } from "@/lib/kv/keys.ts";
import { set } from "@/lib/kv/store.ts";
import { Lines } from "../../support/bus.ts";
import { FakeClock } from "../../support/clock.ts";
import { type Fault, FaultyStore } from "../../support/faulty_store.ts";

const LEASE_MS = 10_000;
const EVERY_MS = 2_000;

function scene(kv: Deno.Kv, rescue: (job: RunningJob) => Promise<void> = () => Promise.resolve()) {
  const clock = new FakeClock();
  const logger = new Lines();
  const store = new FaultyStore(kv);
  const rescued: string[] = [];
  const sweep = new Sweep({
    store,
    clock,
    logger,
    everyMs: EVERY_MS,
    rescue: (job) => (rescued.push(job.id), rescue(job)),
  });
  const queued = (id: string): QueuedJob => ({
    state: "queued",
    id,
    conversationId: "c",
    userId: "u",
    messageId: "m",
    model: "demo/tour",
    requestId: "r",
    createdAt: 0,
    attempt: 1,
    epoch: 0,
    handedBack: 0,
  });
  const running = (id: string, leaseUntil: number): RunningJob => ({
    ...claimed(queued(id), "somebody", LEASE_MS, 0),
    leaseUntil,
  });
  const put = async (...jobs: (Job | string)[]) => {
    for (const job of jobs) {
      const id = typeof job === "string" ? job : job.id;
      const record = typeof job === "string" ? [] : [set(generationKey(id), job)];
      await store.commit({ checks: [], writes: [set(runningKey(id), true), ...record] });
    }
  };
  const index = async () =>
    (await Array.fromAsync(kv.list({ prefix: runningPrefix() }))).map(({ key }) => key.at(-1));
  return { clock, logger, store, sweep, rescued, queued, running, put, index };
}

Deno.test("P4: a sweep rescues jobs with an expired lease, leaves the others, and forgets what needs nobody", async () => {
  using kv = await Deno.openKv(":memory:");
  const { sweep, clock, rescued, queued, running, put, index, logger } = scene(kv);
  const now = clock.now();
  await put(
    running("expired", now),
    running("handed-back", 0),
    { ...running("exhausted", now - 1), epoch: ATTEMPTS_MAX },
    running("alive", now + 1),
    ended(running("over", now), "complete", now),
    queued("waiting"),
    "unknown",
  );
  await sweep.run();
  assertEquals(rescued.toSorted(), ["exhausted", "expired", "handed-back"]);
  assertEquals((await index()).toSorted(), ["alive", "exhausted", "expired", "handed-back"]);
  assertEquals(logger.lines, []);
});

Deno.test("a job that begins while its stale index row is looked at keeps the row", async () => {
  using kv = await Deno.openKv(":memory:");
  const { sweep, clock, store, put, running, index } = scene(kv);
  await put("young");
  store.onCommit = async (): Promise<Fault> => {
    store.onCommit = () => "none";
    await kv.set(generationKey("young"), running("young", clock.now() + LEASE_MS));
    return "none";
  };
  await sweep.run();
  assertEquals(await index(), ["young"]);
});

Deno.test("P8: a rescue that fails is logged, and does not stop the others", async () => {
  using kv = await Deno.openKv(":memory:");
  const { sweep, rescued, put, running, logger } = scene(
    kv,
    ({ id }) => id === "b" ? Promise.reject(new Error("too late")) : Promise.resolve(),
  );
  await put(running("a", 0), running("b", 0), running("c", 0));
  await sweep.run();
  assertEquals(rescued, ["a", "b", "c"]);
  assertEquals(logger.lines.map(({ event, fields }) => [event, fields.generationId, fields.cause]), [
    ["rescue_failed", "b", "Error: too late"],
  ]);
});

Deno.test("P4: a job is found however many others run before it in the index", async () => {
  using kv = await Deno.openKv(":memory:");
  const { sweep, clock, rescued, put, running, store } = scene(kv);
  const alive = clock.now() + LEASE_MS;
  for (let from = 0; from < 2_500; from += 250) {
    const jobs = Array.from(
      { length: 250 },
      (_, i) => running(`a${String(from + i).padStart(5, "0")}`, alive),
    );
    await store.commit({
      checks: [],
      writes: jobs.flatMap((job) => [set(runningKey(job.id), true), set(generationKey(job.id), job)]),
    });
  }
  await put(running("z", 0));
  for (let sweeps = 0; sweeps < 4; sweeps++) await sweep.run();
  assertEquals(rescued.includes("z"), true);
});

Deno.test("a store that is away is logged, and the next sweep finds what this one missed", async () => {
  using kv = await Deno.openKv(":memory:");
  const { sweep, rescued, put, running, logger, store } = scene(kv);
  await put(running("a", 0));
  const { list } = FaultyStore.prototype;
  store.list = () => Promise.reject(new Error("away"));
  await sweep.run();
  store.list = list;
  await sweep.run();
  assertEquals(logger.events(), ["sweep_failed"]);
  assertEquals(rescued, ["a"]);
});

Deno.test("sweeps asked for during a sweep share it", async () => {
  using kv = await Deno.openKv(":memory:");
  const { sweep, rescued, put, running } = scene(kv);
  await put(running("a", 0));
  await Promise.all([sweep.run(), sweep.run(), sweep.run()]);
  assertEquals(rescued, ["a"]);
  await sweep.run();
  assertEquals(rescued, ["a", "a"]);
});

Deno.test("a started sweep runs at once and on its timer; a stopped one leaves no timer and starts no rescue", async () => {
  using kv = await Deno.openKv(":memory:");
  const under = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const { sweep, clock, rescued, put, running } = scene(kv, () => (begun.resolve(), under.promise));
  sweep.start();
  await sweep.run(); // the one that `start` began
  assertEquals(rescued, []);
  await put(running("a", 0), running("b", 0));
  await clock.advance(EVERY_MS);
  await begun.promise;
  const stopped = sweep.stop();
  under.resolve();
  await stopped;
  assertEquals(rescued, ["a"]);
  await clock.advance(10 * EVERY_MS);
  assertEquals(rescued, ["a"]);
  assertEquals(clock.sleeping, 0);
});
