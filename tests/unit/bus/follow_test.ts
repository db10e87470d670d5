import { assert, assertEquals } from "@std/assert";
import { follow, type FollowDeps, type Followed, Follower } from "@/lib/bus/follow.ts";
import { Hub } from "@/lib/bus/hub.ts";
import { headKey, type TopicId } from "@/lib/kv/keys.ts";
import { delta, Lines, logOn, textIn, TOPIC } from "../../support/bus.ts";
import { ScriptedWatch } from "../../support/scripted_watch.ts";

const OTHER: TopicId = "c:00000000-0000-4000-8000-000000000002";

function scene(kv: Deno.Kv) {
  const { log, store } = logOn(kv);
  const watch = new ScriptedWatch();
  const hub = new Hub({ log, watch, logger: new Lines(), counters: store.metrics });
  const gone = new Set<TopicId>();
  const leave = new AbortController();
  const deps: FollowDeps<string> = {
    hub,
    log,
    snapshot: async (topic) => {
      if (gone.has(topic)) return null;
      const { value } = await log.head(topic);
      return { cursor: value?.seq ?? 0, snapshot: "state" };
    },
  };
  return {
    log,
    hub,
    watch,
    leave,
    gone,
    append: (topic: TopicId, ...texts: string[]) =>
      log.append(() => ({ topics: [{ topic, entries: texts.map(delta) }] })),
    tell: async (topic: TopicId) => watch.tell(headKey(topic), await store.get(headKey(topic))),
    start: (from: [TopicId, number | null][]) =>
      follow((wake) => new Follower(deps, new Map(from), wake), leave.signal),
  };
}

async function next(following: AsyncGenerator<Followed<string>, void, void>): Promise<string> {
  const { done, value } = await following.next();
  if (done) return "end";
  switch (value.type) {
    case "entries":
      return value.entries.map(({ seq, json }) => `${seq}:${textIn(json)}`).join(" ");
    case "snapshot":
      return `snapshot@${value.cursor}`;
    case "gone":
      return "gone";
  }
}

Deno.test("F1: catch up from a cursor, then live", async () => {
  using kv = await Deno.openKv(":memory:");
  const { append, tell, start, leave, watch } = scene(kv);
  await append(TOPIC, "a", "b", "c");
  const following = start([[TOPIC, 1]]);
  assertEquals(await next(following), "2:b 3:c");
  const live = next(following);
  await append(TOPIC, "d");
  await tell(TOPIC);
  assertEquals(await live, "4:d");
  leave.abort();
  assertEquals(await next(following), "end");
  assertEquals(watch.watching(headKey(TOPIC)), 0);
});

Deno.test("F3: no cursor, a cursor from the future, and one that has expired all get a snapshot first", async () => {
  for (const cursor of [null, 99, -1, NaN]) {
    using kv = await Deno.openKv(":memory:");
    const { append, tell, start, leave } = scene(kv);
    await append(TOPIC, "a", "b");
    const following = start([[TOPIC, cursor]]);
    assertEquals(await next(following), "snapshot@2");
    const live = next(following);
    await append(TOPIC, "c");
    await tell(TOPIC);
    assertEquals(await live, "3:c");
    leave.abort();
    await following.return();
  }
});

Deno.test("a topic that is gone says so and is followed no more; when all are, following ends", async () => {
  using kv = await Deno.openKv(":memory:");
  const { append, start, gone, watch } = scene(kv);
  await append(OTHER, "x");
  gone.add(TOPIC).add(OTHER);
  const following = start([[TOPIC, null], [OTHER, 0]]);
  assertEquals(await next(following), "gone");
  assertEquals(watch.watching(headKey(TOPIC)), 0);
  assertEquals(await next(following), "1:x");
  await following.return();
  const rest = start([[TOPIC, null]]);
  assertEquals([await next(rest), await next(rest)], ["gone", "end"]);
});

Deno.test("a busy topic does not starve a quiet one", async () => {
  using kv = await Deno.openKv(":memory:");
  const { append, start, leave } = scene(kv);
  await append(TOPIC, ...Array.from({ length: 1_000 }, (_, i) => `${i}`));
  await append(OTHER, "quiet");
  const following = start([[TOPIC, 0], [OTHER, 0]]);
  await next(following);
  assertEquals(await next(following), "1:quiet");
  leave.abort();
  await following.return();
});

Deno.test("a follower that waits is ended by its signal; one that nobody pulls reads nothing", async () => {
  using kv = await Deno.openKv(":memory:");
  const { start, leave, watch } = scene(kv);
  const following = start([[TOPIC, 0]]);
  assertEquals(watch.opened, 0);
  const waiting = next(following);
  leave.abort();
  assertEquals(await waiting, "end");
  assertEquals(await next(start([[TOPIC, 0]])), "end");
});

Deno.test("a read that fails ends the follower with its error, and lets go of its watches", async () => {
  using kv = await Deno.openKv(":memory:");
  const { log, store } = logOn(kv);
  const watch = new ScriptedWatch();
  const broken = { next: () => Promise.reject(new Error("away")) };
  const hub = new Hub({ log, watch, logger: new Lines(), counters: store.metrics });
  const deps: FollowDeps<string> = { hub, log: broken, snapshot: () => Promise.resolve(null) };
  const following = follow(
    (wake) => new Follower(deps, new Map([[TOPIC, 0], [OTHER, 0]]), wake),
    new AbortController().signal,
  );
  const error = await following.next().then(() => null, (error: Error) => error);
  assert(error?.message === "away");
  assertEquals([watch.watching(headKey(TOPIC)), watch.watching(headKey(OTHER))], [0, 0]);
});

Deno.test("F4: what the hub holds is given at once, to any number of followers, without a read", async () => {
  using kv = await Deno.openKv(":memory:");
  const { append, tell, log, hub } = scene(kv);
  await append(TOPIC, "a");
  let reads = 0;
  let wakes = 0;
  const deps: FollowDeps<string> = {
    hub,
    log: { next: (topic, cursor) => (reads++, log.next(topic, cursor)) },
    snapshot: () => Promise.reject(new Error("nobody needs one")),
  };
  using first = new Follower(deps, new Map([[TOPIC, 1]]), () => wakes++);
  await tell(TOPIC);
  await turn();
  const followers = Array.from(
    { length: 1_000 },
    () => new Follower(deps, new Map([[TOPIC, 1]]), () => wakes++),
  );
  for (const text of ["b", "c", "d"]) {
    wakes = 0;
    await append(TOPIC, text);
    await tell(TOPIC);
    await turn();
    assertEquals(wakes, 1_001);
    const given = new Set([first, ...followers].map((follower) => entriesOf(follower.take())));
    assertEquals([given.size, [...given].map((entries) => entries?.map(({ json }) => textIn(json)))], [1, [[
      text,
    ]]]);
    assertEquals(first.take(), null);
  }
  assertEquals(reads, 0);
  for (const follower of followers) follower[Symbol.dispose]();
});

Deno.test("F4: a follower from whom nobody takes reads nothing, and catches up by pages", async () => {
  using kv = await Deno.openKv(":memory:");
  const { append, tell, log, hub } = scene(kv);
  let reads = 0;
  const deps: FollowDeps<string> = {
    hub,
    log: { next: (topic, cursor) => (reads++, log.next(topic, cursor)) },
    snapshot: () => Promise.reject(new Error("nobody needs one")),
  };
  await append(TOPIC, "a");
  let wake = () => {};
  using follower = new Follower(deps, new Map([[TOPIC, 1]]), () => wake());
  for (let i = 0; i < 20; i++) {
    await append(TOPIC, ...Array.from({ length: 100 }, (_, j) => `${i}.${j}`));
    await tell(TOPIC);
    await turn();
  }
  assertEquals(reads, 0);
  const seen: number[] = [];
  while (seen.length < 2_000) {
    const followed = follower.take();
    if (followed === null) await new Promise<void>((resolve) => (wake = resolve));
    else seen.push(...entriesOf(followed)!.map(({ seq }) => seq));
  }
  assertEquals(seen, Array.from({ length: 2_000 }, (_, i) => i + 2));
  // The hub's buffer has the last quarter; the rest is read from the log.
  assert(reads > 0 && reads < 10, `${reads} reads`);
});

Deno.test("a follower that is disposed of during a read is neither woken nor read for again", async () => {
  using kv = await Deno.openKv(":memory:");
  const { hub, watch } = scene(kv);
  const read = Promise.withResolvers<null>();
  let snapshots = 0;
  const deps: FollowDeps<string> = {
    hub,
    log: { next: () => read.promise },
    snapshot: () => (snapshots++, Promise.resolve(null)),
  };
  let wakes = 0;
  const follower = new Follower(deps, new Map([[TOPIC, 0]]), () => wakes++);
  assertEquals(follower.take(), null);
  follower[Symbol.dispose]();
  read.resolve(null);
  await turn();
  assertEquals([follower.take(), wakes, snapshots, watch.watching(headKey(TOPIC))], ["end", 0, 0, 0]);
});

function entriesOf(followed: Followed<string> | null | "end") {
  return followed !== null && followed !== "end" && followed.type === "entries" ? followed.entries : null;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
