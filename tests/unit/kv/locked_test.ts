// Two connections to one file, as of two workers, or of two processes.
import { assertEquals, assertRejects } from "@std/assert";
import { isLocked, whenUnlocked } from "@/lib/kv/locked.ts";
import { Store } from "@/lib/kv/store.ts";
import { Metrics } from "@/lib/observe/metrics.ts";
import { FakeClock } from "../../support/clock.ts";
import { join } from "../../support/paths.ts";

/** Without a pause between them, each of so many is refused three times or so. */
const COMMITS = 500;

Deno.test("L1: commits of two connections to one file that meet all land, each once", async () => {
  const folder = await Deno.makeTempDir({ prefix: "throughline-locked-" });
  const path = join(folder, "kv.db");
  try {
    using one = await Deno.openKv(path);
    using other = await Deno.openKv(path);
    await Promise.all([one, other].map(async (kv, i) => {
      const store = new Store(kv, new Metrics());
      const key = ["written by", i];
      let versionstamp: string | null = null;
      for (let value = 1; value <= COMMITS; value++) {
        // A commit that had landed before it was made again would fail its own check.
        versionstamp = await store.commit({ checks: [{ key, versionstamp }], writes: [{ key, value }] });
        assertEquals(typeof versionstamp, "string");
      }
    }));
    for (const i of [0, 1]) assertEquals((await one.get(["written by", i])).value, COMMITS);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a lock that is never released is reported after a bounded time, with pauses", async () => {
  const clock = new FakeClock();
  const startedAt = clock.now();
  let tries = 0;
  const given = assertRejects(
    () => whenUnlocked(() => (tries++, Promise.reject(new TypeError("database is locked"))), clock),
    TypeError,
    "database is locked",
  );
  await clock.advance(10_000);
  await given;
  assertEquals(tries, 300);
  assertEquals(clock.now() - startedAt, 10_000);
  assertEquals(clock.sleeping, 0);
});

Deno.test("whatever else a commit fails with is not tried again", async () => {
  let tries = 0;
  const failing = () => (tries++, Promise.reject(new TypeError("the network is down")));
  await assertRejects(() => whenUnlocked(failing, new FakeClock()), TypeError, "the network");
  assertEquals(tries, 1);
  assertEquals([isLocked(new TypeError("database is locked")), isLocked("database is locked")], [
    true,
    false,
  ]);
});
