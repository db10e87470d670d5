import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import type { Numbered } from "@/lib/bus/head.ts";
import { Hub } from "@/lib/bus/hub.ts";
import type { Log } from "@/lib/bus/log.ts";
import { pack } from "@/lib/bus/packed.ts";
import { headKey, type TopicId } from "@/lib/kv/keys.ts";
import { Metrics } from "@/lib/observe/metrics.ts";
import { delta, Lines, logOn, TOPIC } from "../../support/bus.ts";
import { ScriptedWatch } from "../../support/scripted_watch.ts";

function scene(kv: Deno.Kv) {
  const { log, store } = logOn(kv);
  const watch = new ScriptedWatch();
  const logger = new Lines();
  /** Reads of the log by the hub itself. */
  const reads: number[] = [];
  let failing = false;
  /** The hub's reads, to be awaited by whoever wants to see what it makes of them. */
  const reading: Promise<unknown>[] = [];
  const hubLog: Pick<Log, "after"> = {
    after: (topic, cursor) => {
      reads.push(cursor);
      const read = failing ? Promise.reject(new Error("away")) : log.after(topic, cursor);
      reading.push(read);
      return read;
    },
  };
  const hub = new Hub({ log: hubLog, watch, logger, counters: store.metrics });
  return {
    log,
    store,
    watch,
    logger,
    reads,
    hub,
    fail: (now: boolean) => void (failing = now),
    append: (...texts: string[]) =>
      log.append(() => ({ topics: [{ topic: TOPIC, entries: texts.map(delta) }] })),
    /** Tells the hub of the head as it is, and lets it work. */
    async wake() {
      watch.tell(headKey(TOPIC), await store.get(headKey(TOPIC)));
      await Promise.allSettled(reading);
      await new Promise((resolve) => setTimeout(resolve, 0)); // what the hub does with them is microtasks
    },
  };
}

const seqs = (entries: readonly Numbered[] | null) => entries?.map(({ seq }) => seq) ?? null;

Deno.test("H1: one watch serves all followers of a topic, and is closed when the last one leaves", async () => {
  using kv = await Deno.openKv(":memory:");
  const { hub, watch, store } = scene(kv);
  const all = Array.from({ length: 50 }, () => hub.subscribe(TOPIC, () => {}));
  assertEquals(watch.opened, 1);
  assertEquals(store.metrics.get("throughline_topics_watched"), 1);
  for (const subscription of all.slice(1)) subscription[Symbol.dispose]();
  assertEquals(watch.watching(headKey(TOPIC)), 1);
  all[0]![Symbol.dispose]();
  all[0]![Symbol.dispose]();
  assertEquals(watch.watching(headKey(TOPIC)), 0);
  assertEquals(store.metrics.get("throughline_topics_watched"), 0);
  using _again = hub.subscribe(TOPIC, () => {});
  assertEquals(watch.opened, 2);
});

Deno.test("H1: a follower at the head is served from the buffer, without a read", async () => {
  using kv = await Deno.openKv(":memory:");
  const { hub, append, wake, reads } = scene(kv);
  let wakes = 0;
  using subscription = hub.subscribe(TOPIC, () => wakes++);
  assertEquals(subscription.after(0), null); // nothing is known yet: read the log
  await append("a");
  await wake();
  await append("b", "c");
  await wake();
  assertEquals(wakes, 2);
  assertEquals(seqs(subscription.after(0)), [1, 2, 3]);
  assertEquals(seqs(subscription.after(2)), [3]);
  assertEquals(seqs(subscription.after(3)), []);
  assertEquals(subscription.after(4), null);
  assertEquals(reads, []);
});

Deno.test("H1: heads that were skipped are filled from the log, once for everybody", async () => {
  using kv = await Deno.openKv(":memory:");
  const { hub, append, wake, reads } = scene(kv);
  using first = hub.subscribe(TOPIC, () => {});
  using second = hub.subscribe(TOPIC, () => {});
  await append("a");
  await wake();
  for (let i = 0; i < 20; i++) await append("x".repeat(300));
  await wake();
  assertEquals(seqs(first.after(1)), Array.from({ length: 20 }, (_, i) => i + 2));
  assertEquals(seqs(second.after(20)), [21]);
  assertEquals(reads, [1]);
});

Deno.test("H2: a follower that fell behind the buffer is sent to the log", async () => {
  using kv = await Deno.openKv(":memory:");
  const { hub, append, wake } = scene(kv);
  using subscription = hub.subscribe(TOPIC, () => {});
  await append("first");
  await wake();
  for (let i = 0; i < 6; i++) {
    await append(...Array.from({ length: 100 }, (_, j) => `${i}.${j}`));
    await wake();
  }
  assertEquals(subscription.after(0), null);
  const some = subscription.after(500);
  assertEquals(some?.length, 101);
  assertEquals(some?.at(-1)?.seq, 601);
});

Deno.test("H1: stale, doubled and early wake-ups change nothing", async () => {
  using kv = await Deno.openKv(":memory:");
  const { hub, append, wake, watch, store } = scene(kv);
  using subscription = hub.subscribe(TOPIC, () => {});
  await append("a");
  const old = await store.get(headKey(TOPIC));
  await append("b");
  await wake();
  await wake();
  watch.tell(headKey(TOPIC), old);
  watch.tell(headKey(TOPIC), { value: null, versionstamp: null });
  await append("c");
  await wake();
  assertEquals(seqs(subscription.after(0)), [1, 2, 3]);
});

Deno.test("a read that fails wakes everybody to read for themselves, and the next head heals the buffer", async () => {
  using kv = await Deno.openKv(":memory:");
  const { hub, append, wake, logger, fail } = scene(kv);
  let wakes = 0;
  using subscription = hub.subscribe(TOPIC, () => wakes++);
  await append("a");
  await wake();
  for (let i = 0; i < 10; i++) await append("x".repeat(300));
  fail(true);
  await wake();
  assertEquals(logger.events(), ["hub_read_failed"]);
  assertEquals(wakes, 2);
  assertEquals(subscription.after(1), null);
  fail(false);
  await append("b");
  await wake();
  assertEquals(wakes, 3);
  assertEquals(seqs(subscription.after(11)), [12]);
});

Deno.test("a head that arrives during a read that fails is not left waiting for the next one", async () => {
  using kv = await Deno.openKv(":memory:");
  const { store, log } = logOn(kv);
  const watch = new ScriptedWatch();
  const read = Promise.withResolvers<never>();
  const reading = Promise.withResolvers<void>();
  let reads = 0;
  const after: Log["after"] = (topic, cursor) => {
    if (++reads > 1) return log.after(topic, cursor);
    reading.resolve();
    return read.promise;
  };
  const hub = new Hub({ log: { after }, watch, logger: new Lines(), counters: store.metrics });
  const append = (text: string) => log.append(() => ({ topics: [{ topic: TOPIC, entries: [delta(text)] }] }));
  const wakes: (() => void)[] = [];
  using subscription = hub.subscribe(TOPIC, () => wakes.splice(0).forEach((wake) => wake()));
  const tell = async () => watch.tell(headKey(TOPIC), await store.get(headKey(TOPIC)));
  await append("a");
  await tell();
  for (let i = 0; i < 10; i++) await append("x".repeat(300));
  await tell();
  await reading.promise;
  await append("newest");
  await tell();
  const woken = new Promise<void>((resolve) => wakes.push(resolve));
  read.reject(new Error("away"));
  await woken;
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert(seqs(subscription.after(11))?.includes(12), "the head that came meanwhile was forgotten");
});

Deno.test("H3: followers at one cursor are given one and the same array, until the topic changes", async () => {
  using kv = await Deno.openKv(":memory:");
  const { hub, append, wake } = scene(kv);
  const all = Array.from({ length: 100 }, () => hub.subscribe(TOPIC, () => {}));
  await append("a", "b", "c");
  await wake();
  const [first] = all;
  const before = first!.after(1);
  for (const subscription of all) assertStrictEquals(subscription.after(1), before);
  assertEquals(seqs(first!.after(2)), [3]);
  await append("d");
  await wake();
  const after = first!.after(1);
  assertNotStrictEquals(after, before);
  assertEquals([seqs(before), seqs(after)], [[2, 3], [2, 3, 4]]);
  for (const subscription of all) {
    assertStrictEquals(subscription.after(1), after);
    subscription[Symbol.dispose]();
  }
  assertEquals(hub.bufferedBytes, 0);
});

Deno.test("H4: what all topics hold is bounded; who follows one at rest is sent to the log", async () => {
  const watch = new ScriptedWatch();
  const log = { after: () => Promise.reject(new Error("every head holds all there is")) };
  const hub = new Hub({ log, watch, logger: new Lines(), counters: new Metrics() });
  const [json] = [JSON.stringify("x".repeat(100_000))];
  const tail = pack([["delta", json], ["delta", json], ["delta", json], ["delta", json]]);
  const held: number[] = [];
  const all = Array.from({ length: 60 }, (_, i) => {
    const topic: TopicId = `c:00000000-0000-4000-8000-0000000001${String(i).padStart(2, "0")}`;
    return { topic, subscription: hub.subscribe(topic, () => held.push(hub.bufferedBytes)) };
  });
  for (const { topic } of all) {
    watch.tell(headKey(topic), { value: { seq: 4, tailFrom: 1, tail }, versionstamp: "1" });
    await new Promise((resolve) => setTimeout(resolve, 0)); // what the hub does with it is microtasks
  }
  assertEquals(held.length, all.length);
  assert(Math.max(...held) <= 32 * 1024 * 1024, `${Math.max(...held)} bytes are held`);
  // The newest are there, the oldest are not; and at its head a topic needs no buffer.
  const after = (i: number, cursor: number) => seqs(all.at(i)!.subscription.after(cursor));
  assertEquals([after(-1, 0), after(-30, 2), after(0, 0), after(0, 4)], [[1, 2, 3, 4], [3, 4], null, []]);
  for (const { subscription } of all) subscription[Symbol.dispose]();
  assertEquals(hub.bufferedBytes, 0);
});

Deno.test("what is read for followers who have left meanwhile is not kept", async () => {
  using kv = await Deno.openKv(":memory:");
  const { hub, append, wake } = scene(kv);
  const subscription = hub.subscribe(TOPIC, () => {});
  await append("a");
  await wake();
  for (let i = 0; i < 10; i++) await append("x".repeat(300));
  const woken = wake();
  subscription[Symbol.dispose]();
  await woken;
  assertEquals(hub.bufferedBytes, 0);
});
