import { assert, assertEquals, assertRejects } from "@std/assert";
import { AppError } from "@/lib/core/errors.ts";
import { claimed, ended, type Job, type RunningJob } from "@/lib/jobs/job.ts";
import { Lease } from "@/lib/jobs/lease.ts";
import { generationKey } from "@/lib/kv/keys.ts";
import { type Key, set, type Write } from "@/lib/kv/store.ts";
import { FaultyStore } from "../../support/faulty_store.ts";

const LEASE_MS = 9_000;
const key = generationKey("j");
const fruit: Key<string> = ["written"];

async function scene(kv: Deno.Kv) {
  const store = new FaultyStore(kv);
  const base = {
    id: "j",
    conversationId: "c",
    userId: "u",
    messageId: "m",
    model: "demo/tour",
    requestId: "r",
  };
  const job = claimed(
    { ...base, state: "queued", createdAt: 0, attempt: 1, epoch: 0, handedBack: 0 },
    "one",
    LEASE_MS,
    0,
  );
  const versionstamp = await store.commit({ checks: [], writes: [set(key, job)] });
  const put = (value: Job) => store.commit({ checks: [], writes: [set(key, value)] });
  let reads = 0;
  store.onRead = () => void reads++;
  return { store, job, put, versionstamp, lease: new Lease(job, versionstamp, LEASE_MS), reads: () => reads };
}

/** One commit of the job: its fence, and what it writes. */
async function write(
  lease: Lease,
  store: FaultyStore,
  writes: Write[] = [],
  again = false,
): Promise<string | null> {
  const check = await lease.fence(store, again);
  return await store.commit({ checks: [check], writes: [set(fruit, "mine"), ...writes] });
}

async function fenced(lease: Lease, store: FaultyStore): Promise<AppError> {
  const error = await assertRejects(async () => await lease.fence(store, true), AppError);
  assertEquals(error.code, "fenced");
  return error;
}

Deno.test("P5: after a claim by another, the old owner's next commit fails, and then it learns that it is fenced", async () => {
  using kv = await Deno.openKv(":memory:");
  const { store, job, put, lease } = await scene(kv);
  assert(await write(lease, store) !== null);
  await kv.delete(fruit);
  await put(claimed(job, "two", LEASE_MS, 20_000));
  assertEquals(await write(lease, store), null);
  assertEquals((await kv.get(fruit)).value, null);
  const error = await fenced(lease, store);
  assert(error.message.includes("epoch 1"), error.message);
});

Deno.test("P5: a claim by the same process under a new epoch fences the old attempt too", async () => {
  using kv = await Deno.openKv(":memory:");
  const { store, job, put, lease } = await scene(kv);
  await put(claimed(job, "one", LEASE_MS, 20_000));
  await fenced(lease, store);
});

Deno.test("P5: a job that ended or went away fences its owner", async () => {
  using kv = await Deno.openKv(":memory:");
  const { store, job, put, lease } = await scene(kv);
  await put(ended(job, "cancelled", 5));
  assert((await fenced(lease, store)).message.includes("done"));
  await kv.delete(key);
  assert((await fenced(lease, store)).message.includes("gone"));
});

Deno.test("a chain of renewals reads nothing, and each moves the time of the next", async () => {
  using kv = await Deno.openKv(":memory:");
  const { store, lease, reads } = await scene(kv);
  assertEquals(lease.renewAt, LEASE_MS / 3);
  for (let now = 3_000; now < 30_000; now += 3_000) {
    assertEquals(lease.renewAt, now);
    const { write: renewal, done } = lease.renewal(now);
    const versionstamp = await write(lease, store, [renewal]);
    assert(versionstamp !== null, `the renewal at ${now} was refused`);
    done(versionstamp);
  }
  assertEquals(reads(), 0);
});

Deno.test("a renewal that was not committed leaves the lease as it was", async () => {
  using kv = await Deno.openKv(":memory:");
  const { store, lease } = await scene(kv);
  lease.renewal(3_000);
  assertEquals(lease.renewAt, LEASE_MS / 3);
  assert(await write(lease, store) !== null);
});

Deno.test("a renewal whose versionstamp is unknown is read again, once", async () => {
  using kv = await Deno.openKv(":memory:");
  const { store, lease, reads } = await scene(kv);
  const { write: renewal, done } = lease.renewal(3_000);
  await write(lease, store, [renewal]);
  done(null);
  assert(await write(lease, store) !== null);
  assert(await write(lease, store) !== null);
  assertEquals(reads(), 1);
  assertEquals(lease.job.leaseUntil, 3_000 + LEASE_MS);
});

Deno.test("a lease that is handed back is expired, and still ours until somebody claims it", async () => {
  using kv = await Deno.openKv(":memory:");
  const { store, lease } = await scene(kv);
  const { write: release, done } = lease.release();
  done(await write(lease, store, [release]));
  assertEquals((await kv.get<RunningJob>(key)).value?.leaseUntil, 0);
  assert(await write(lease, store) !== null);
});
