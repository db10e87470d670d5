import { assert, assertEquals, assertRejects } from "@std/assert";
import { SEGMENTS_MAX } from "@/lib/bus/log.ts";
import { AppError } from "@/lib/core/errors.ts";
import { headKey, segmentKey, segmentPrefix, type TopicId } from "@/lib/kv/keys.ts";
import type { Plan } from "@/lib/kv/plan.ts";
import { type Key, remove, set } from "@/lib/kv/store.ts";
import { delta, logOn, textIn, TOPIC } from "../../support/bus.ts";
import { FakeClock } from "../../support/clock.ts";
import { type Fault, faults } from "../../support/faulty_store.ts";

const OTHER: TopicId = "u:00000000-0000-4000-8000-000000000002";

function plan(...texts: string[]): Plan {
  return { topics: [{ topic: TOPIC, entries: texts.map(delta) }] };
}

async function texts(log: ReturnType<typeof logOn>["log"], cursor = 0): Promise<string[] | null> {
  const entries = await log.after(TOPIC, cursor);
  entries?.forEach(({ seq }, i) => assertEquals(seq, cursor + 1 + i));
  return entries?.map(({ json }) => textIn(json)) ?? null;
}

Deno.test("B1: what was appended is read back from every cursor, through tail, segments and parts", async () => {
  using kv = await Deno.openKv(":memory:");
  const { log } = logOn(kv);
  // Small entries fill tails; 2,000 overflows one; 70,000 and 40,000 CJK are larger than a value of KV.
  const sizes = [1, 5, 200, 300, 400, 2_000, 3, 70_000, 10, 10, 900, 1, 880, 2];
  const said = sizes.map((size, i) => `${i}:${(i === 10 ? "漢" : "a").repeat(size)}`);
  for (const [i, text] of said.entries()) {
    const appended = await log.append(() => plan(text));
    assertEquals(appended?.firstSeqs, [i + 1]);
  }
  await log.append(() => plan("漢".repeat(40_000), "and", "more"));
  const all = [...said, "漢".repeat(40_000), "and", "more"];
  for (let cursor = 0; cursor <= all.length; cursor++) {
    assertEquals(await texts(log, cursor), all.slice(cursor));
  }
});

Deno.test("a topic that nobody wrote to is empty at 0, and has no other cursor", async () => {
  using kv = await Deno.openKv(":memory:");
  const { log } = logOn(kv);
  assertEquals(await log.after(TOPIC, 0), []);
  assertEquals(await log.after(TOPIC, 1), null);
});

Deno.test("F3: a cursor that no entry ever had is null, never an empty answer", async () => {
  using kv = await Deno.openKv(":memory:");
  const { log } = logOn(kv);
  await log.append(() => plan("a", "b"));
  for (const cursor of [3, 1e15, -1, -0.5, 0.5, 1.5, NaN, Infinity, -Infinity]) {
    assertEquals(await log.after(TOPIC, cursor), null, String(cursor));
  }
});

Deno.test("F3: a cursor whose entries have expired is null; later ones are served", async () => {
  using kv = await Deno.openKv(":memory:");
  const { log } = logOn(kv);
  for (let i = 1; i <= 40; i++) await log.append(() => plan(`${i} ${"x".repeat(100)}`));
  const segments = (await Array.fromAsync(kv.list({ prefix: segmentPrefix(TOPIC) }))).map(({ key }) => key);
  const starts = segments.map((key) => key.at(-1) as number);
  assert(starts.length >= 4, "too few segments to mean anything");
  const gone = starts[1]!;
  await kv.delete(segmentKey(TOPIC, gone));
  // Whatever needs the missing one is null, a cursor within it or before it; what begins after it is whole.
  assertEquals(await log.after(TOPIC, 0), null);
  assertEquals(await log.after(TOPIC, gone - 1), null);
  assertEquals(await log.after(TOPIC, gone), null);
  assertEquals((await texts(log, starts[2]! - 1))?.length, 40 - starts[2]! + 1);
  for (const key of segments) await kv.delete(key);
  assertEquals(await log.after(TOPIC, 0), null);
  assertEquals(await texts(log, 40), []);
});

Deno.test("F3: a segment of which a part has expired is null, like one that is gone", async () => {
  using kv = await Deno.openKv(":memory:");
  const { log } = logOn(kv);
  await log.append(() => plan("a".repeat(100_000)));
  await kv.delete([...segmentKey(TOPIC, 1), "part", 0]);
  assertEquals(await log.after(TOPIC, 0), null);
});

Deno.test("a cursor with more segments after it than one catch-up may read is null", async () => {
  using kv = await Deno.openKv(":memory:");
  const { log, store } = logOn(kv);
  // Segments as `append` would leave them, each of one entry, written in large commits to save time.
  const total = SEGMENTS_MAX + 10;
  for (let from = 1; from <= total; from += 500) {
    const writes = Array.from({ length: Math.min(500, total - from + 1) }, (_, i) => {
      const firstSeq = from + i;
      return set(segmentKey(TOPIC, firstSeq), {
        whole: { firstSeq, entries: [["delta", JSON.stringify(delta(`${firstSeq}`).data)] as const] },
      });
    });
    await store.commit({ checks: [], writes });
  }
  await kv.set(headKey(TOPIC), { seq: total, tailFrom: total + 1, tail: [] });
  assertEquals(await log.after(TOPIC, 0), null);
  assertEquals((await log.after(TOPIC, 10))?.length, SEGMENTS_MAX);
  assertEquals((await log.after(TOPIC, 0, total))?.length, total);
});

Deno.test("a reader is given a long log in pages, each of them small, and none cuts a large entry", async () => {
  using kv = await Deno.openKv(":memory:");
  const { log } = logOn(kv);
  for (let i = 0; i < 60; i++) {
    await log.append(() => plan((i % 10 === 9 ? "漢" : "a").repeat(i % 10 === 9 ? 60_000 : 950)));
  }
  for (const from of [0, 1, 8, 9, 10, 33, 59, 60]) {
    const whole = await log.after(TOPIC, from) ?? [];
    const paged: typeof whole = [];
    for (let cursor = from, pages = 0; cursor < 60; cursor = paged.at(-1)!.seq) {
      const page = await log.next(TOPIC, cursor);
      assert(
        page !== null && page.length > 0 && page.length <= 32,
        `${page?.length} entries after ${cursor}`,
      );
      paged.push(...page);
      assert(++pages < 60);
    }
    assertEquals(paged, whole, `from ${from}`);
  }
  assertEquals(await log.next(TOPIC, 60), []);
  for (const cursor of [61, -1, NaN, 0.5]) assertEquals(await log.next(TOPIC, cursor), null, String(cursor));
});

Deno.test("a commit that hangs keeps those behind it waiting for their own time, and no longer", async () => {
  using kv = await Deno.openKv(":memory:");
  const clock = new FakeClock();
  const never = Promise.withResolvers<never>();
  const { log, store } = logOn(kv, { clock });
  const reached = Promise.withResolvers<void>();
  store.onCommit = () => (reached.resolve(), never.promise);
  void log.append(() => plan("hangs"));
  await reached.promise;
  const behind = log.append(() => plan("behind"), 1_000).then(() => null, (error: unknown) => error);
  for (let i = 0; i < 5; i++) await clock.advance(500);
  const error = await behind;
  assert(error instanceof AppError && error.code === "busy");
});

Deno.test("B1: two writers of one topic interleave without a gap or a loss", async () => {
  using kv = await Deno.openKv(":memory:");
  const writers = [logOn(kv).log, logOn(kv).log];
  const said = await Promise.all(writers.map(async (log, w) => {
    const mine: string[] = [];
    for (let i = 0; i < 25; i++) {
      mine.push(`${w}.${i}`);
      await log.append(() => plan(`${w}.${i}`), 60_000);
    }
    return mine;
  }));
  const all = await texts(writers[0]!) ?? [];
  assertEquals(all.length, 50);
  for (const [w, mine] of said.entries()) assertEquals(all.filter((text) => text.startsWith(`${w}.`)), mine);
});

Deno.test("a busy writer reads nothing, and a conflict costs it one read", async () => {
  using kv = await Deno.openKv(":memory:");
  const { log, store } = logOn(kv);
  let reads = 0;
  await log.append(() => plan("a"));
  store.onRead = () => void reads++;
  for (let i = 0; i < 10; i++) await log.append(() => plan("b"));
  assertEquals(reads, 0);
  await logOn(kv).log.append(() => plan("somebody else"));
  const tried = store.tried.length;
  await log.append(() => plan("c"));
  assertEquals(reads, 1);
  assertEquals(store.tried.length - tried, 2);
  assertEquals((await texts(log))?.slice(-2), ["somebody else", "c"]);
});

Deno.test("B2: what changes with the entries changes in their commit, or not at all", async () => {
  using kv = await Deno.openKv(":memory:");
  const { log } = logOn(kv);
  const key: Key<number> = ["record"];
  const taken = await kv.set(key, 1);
  let plans = 0;
  const appended = await log.append(() => {
    plans++;
    return {
      topics: [{ topic: TOPIC, entries: [delta("x")] }, { topic: OTHER, entries: [delta("y"), delta("z")] }],
      // The first try checks a state that is not there any more.
      checks: [{ key, versionstamp: plans === 1 ? null : taken.versionstamp }],
      writes: (firstSeqs) => [set(key, firstSeqs.length + plans)],
    };
  });
  assertEquals(plans, 2);
  assertEquals(appended?.firstSeqs, [1, 1]);
  assertEquals(await kv.get(key), { key: ["record"], value: 4, versionstamp: appended!.versionstamp! });
  assertEquals((await log.after(OTHER, 0))?.length, 2);
});

Deno.test("B3: an append whose answer was lost is not made twice", async () => {
  using kv = await Deno.openKv(":memory:");
  const { log, store } = logOn(kv);
  await log.append(() => plan("before"));
  store.onCommit = faults("lose");
  let plans = 0;
  const appended = await log.append(() => (plans++, plan("once")));
  assertEquals(appended, { versionstamp: null, firstSeqs: [2] });
  assertEquals(plans, 1);
  assertEquals(await texts(log), ["before", "once"]);
});

Deno.test("B3: nor is it made twice when somebody else appended meanwhile, or when its entries were sealed", async () => {
  using kv = await Deno.openKv(":memory:");
  const { log, store } = logOn(kv);
  const other = logOn(kv).log;
  store.onCommit = faults("lose");
  // The other's entry seals ours before the writer looks for it.
  let looked = false;
  store.onRead = async () => {
    if (looked || store.tried.length === 0) return;
    looked = true;
    await other.append(() => plan("o".repeat(850)));
  };
  const appended = await log.append(() => plan("mine", "m".repeat(700)));
  assert(looked, "nobody appended meanwhile");
  assertEquals(appended, { versionstamp: null, firstSeqs: [1] });
  assertEquals(await texts(log), ["mine", "m".repeat(700), "o".repeat(850)]);
});

Deno.test("B3: a try that failed for good is made again, behind what others appended", async () => {
  using kv = await Deno.openKv(":memory:");
  const { log, store } = logOn(kv);
  const other = logOn(kv).log;
  store.onCommit = async (): Promise<Fault> => {
    store.onCommit = () => "none";
    await other.append(() => plan("other"));
    return "fail";
  };
  const appended = await log.append(() => plan("mine"));
  assertEquals(appended?.firstSeqs, [2]);
  assertEquals(await texts(log), ["other", "mine"]);
});

Deno.test("B3: any sequence of lost, failed and refused tries leaves one entry", async () => {
  for (const first of ["fail", "lose", "refuse"] as const) {
    for (const second of ["fail", "lose", "refuse", "none"] as const) {
      using kv = await Deno.openKv(":memory:");
      const { log, store } = logOn(kv);
      store.onCommit = faults(first, second);
      await log.append(() => plan("once"));
      store.onCommit = () => "none";
      await log.append(() => plan("next"));
      assertEquals(await texts(log), ["once", "next"], `${first}, ${second}`);
    }
  }
});

Deno.test("a plan that throws an AppError ends the append with it; one that returns null ends it with null", async () => {
  using kv = await Deno.openKv(":memory:");
  const { log, store } = logOn(kv);
  const refusal = new AppError("limited", "Enough.");
  const error = await assertRejects(() => log.append(() => Promise.reject(refusal)));
  assertEquals(error, refusal);
  assertEquals(await log.append(() => null), null);
  assertEquals(store.tried.length, 0);
});

Deno.test("P8: an append gives up with `busy` when the store is away for longer than it was given", async () => {
  using kv = await Deno.openKv(":memory:");
  const clock = new FakeClock();
  const { log, store } = logOn(kv, { clock });
  store.onCommit = () => "fail";
  const begun = clock.now();
  const failed = assertRejects(() => log.append(() => plan("never"), 1_000), AppError);
  let settled = false;
  void failed.then(() => (settled = true));
  while (!settled && clock.now() - begun < 10_000) await clock.advance(50);
  const error = await failed;
  assertEquals(error.code, "busy");
  assertEquals((error.cause as Error).name, "StoreAway");
  const lasted = clock.now() - begun;
  assert(lasted >= 1_000 && lasted <= 1_500, `it lasted ${lasted} ms`);
  assert(store.tried.length > 3, "it tried only once");
  assertEquals(await log.after(TOPIC, 0), []);
});

Deno.test("an append that is too large is refused at once, and tried no more", async () => {
  using kv = await Deno.openKv(":memory:");
  const { log, store } = logOn(kv);
  const error = await assertRejects(() => log.append(() => plan("漢".repeat(400_000))), AppError);
  assertEquals(error.code, "too_large");
  assertEquals(store.tried.length, 0);
});

Deno.test("B1: a topic that was purged begins anew at 1, whatever its writer remembers", async () => {
  using kv = await Deno.openKv(":memory:");
  const { log, store } = logOn(kv);
  await log.append(() => plan("a", "b"));
  await store.commit({ checks: [], writes: [remove(headKey(TOPIC))] });
  const appended = await log.append(() => plan("c"));
  assertEquals(appended?.firstSeqs, [1]);
  assertEquals(await texts(log), ["c"]);
});

Deno.test("P5: a fence is left out only while the head stands as the writer's own last commit left it", async () => {
  using kv = await Deno.openKv(":memory:");
  const { log, store } = logOn(kv);
  const fenceKey: Key<number> = ["fence"];
  const fence = { key: fenceKey, versionstamp: (await kv.set(fenceKey, 1)).versionstamp };
  let since: string | null = null;
  const write = async (text: string) => {
    const appended = await log.append(() => ({ ...plan(text), fence: { check: fence, since } }));
    since = appended?.versionstamp ?? null;
  };
  const checkedFence = () => store.tried.at(-1)!.checks.some(({ key }) => key === fenceKey);
  await write("a");
  assertEquals(checkedFence(), true, "the first commit knows nothing of the head");
  await write("b");
  assertEquals(checkedFence(), false, "the head stands, and with it the fence");
  // Somebody else of this process writes the topic: the log knows the new head, but the writer does not.
  await log.append(() => plan("another's"));
  await write("c");
  assertEquals(checkedFence(), true);
  // Taken over: the record changes, and the head moves with it, as each claim sees to.
  const taker = logOn(kv).log;
  await taker.append(() => ({
    topics: [{ topic: TOPIC, entries: [] }],
    writes: () => [set(fenceKey, 2)],
  }));
  const tries = store.tried.length;
  const error = await assertRejects(
    () =>
      log.append(() => {
        if (store.tried.length > tries) throw new AppError("fenced", "The commit failed its check");
        return { ...plan("zombie's"), fence: { check: fence, since } };
      }),
    AppError,
  );
  assertEquals(error.code, "fenced");
  assertEquals(await texts(log), ["a", "b", "another's", "c"]);
});
