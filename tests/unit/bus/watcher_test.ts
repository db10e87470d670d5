import { assertEquals } from "@std/assert";
import { Watcher } from "@/lib/bus/watcher.ts";
import { type Key, Store, type Versioned } from "@/lib/kv/store.ts";
import { Metrics } from "@/lib/observe/metrics.ts";
import { Lines } from "../../support/bus.ts";
import { FakeClock } from "../../support/clock.ts";

const key: Key<number> = ["k"];
const POLL_MS = 200;

/** A store whose watches the test feeds, breaks or leaves silent; reads go to a real KV. */
class QuietStore extends Store {
  streams: ReadableStreamDefaultController<[Versioned<unknown>]>[] = [];
  cancelled = 0;
  refusing = false;

  override watch<V>(): ReadableStream<[Versioned<V>]> {
    if (this.refusing) throw new TypeError("KV is closed");
    return new ReadableStream<[Versioned<V>]>({
      start: (controller) => void this.streams.push(controller as never),
      cancel: () => void this.cancelled++,
    });
  }
}

function scene(kv: Deno.Kv) {
  const clock = new FakeClock();
  const logger = new Lines();
  const store = new QuietStore(kv, new Metrics());
  const watcher = new Watcher({ store, clock, logger, pollMs: POLL_MS });
  const seen: (number | null)[] = [];
  const onState = ({ value }: Versioned<number>) => void seen.push(value);
  return { clock, logger, store, watcher, seen, onState };
}

/** The first `count` states that a real watch tells. */
function states(count: number) {
  const seen: (number | null)[] = [];
  const all = Promise.withResolvers<(number | null)[]>();
  return {
    all: all.promise,
    onState: ({ value }: Versioned<number>) => {
      seen.push(value);
      if (seen.length === count) all.resolve(seen);
    },
  };
}

Deno.test("a watcher tells the state at once, and after each change", async () => {
  using kv = await Deno.openKv(":memory:");
  const watcher = new Watcher({
    store: new Store(kv, new Metrics()),
    clock: new FakeClock(),
    logger: new Lines(),
    pollMs: POLL_MS,
  });
  const first = states(1);
  const both = states(2);
  using _a = watcher.watch(key, first.onState);
  using _b = watcher.watch(key, both.onState);
  assertEquals(await first.all, [null]);
  await kv.set(key, 7);
  assertEquals(await both.all, [null, 7]);
});

Deno.test("a listener that joins later is told the state that the others know", async () => {
  using kv = await Deno.openKv(":memory:");
  const { clock, store, watcher, seen, onState } = scene(kv);
  await kv.set(key, 1);
  using _first = watcher.watch(key, () => {});
  await clock.advance(POLL_MS);
  using _late = watcher.watch(key, onState);
  await clock.advance(0);
  assertEquals(seen, [1]);
  assertEquals(store.streams.length, 1);
});

Deno.test("a listener that joins and leaves at once is told nothing", async () => {
  using kv = await Deno.openKv(":memory:");
  const { clock, watcher, seen, onState } = scene(kv);
  using _first = watcher.watch(key, () => {});
  await clock.advance(POLL_MS);
  watcher.watch(key, onState)[Symbol.dispose]();
  await clock.advance(0);
  assertEquals(seen, []);
});

Deno.test("W2: the poll tells what a silent watch does not, and each state once", async () => {
  using kv = await Deno.openKv(":memory:");
  const { clock, watcher, seen, onState } = scene(kv);
  using _watch = watcher.watch(key, onState);
  await clock.advance(POLL_MS);
  await kv.set(key, 1);
  await clock.advance(POLL_MS * 3);
  await kv.set(key, 2);
  await clock.advance(POLL_MS);
  assertEquals(seen, [null, 1, 2]);
});

Deno.test("W1: a late delivery of an older state is not told", async () => {
  using kv = await Deno.openKv(":memory:");
  const { clock, store, watcher, seen, onState } = scene(kv);
  await kv.set(key, 1);
  const old = await store.get(key);
  await kv.set(key, 2);
  using _watch = watcher.watch(key, onState);
  await clock.advance(POLL_MS);
  store.streams[0]!.enqueue([old]);
  await clock.advance(0);
  assertEquals(seen, [2]);
});

Deno.test("a watch that breaks is opened again, and said in the log", async () => {
  using kv = await Deno.openKv(":memory:");
  const { clock, logger, store, watcher, seen, onState } = scene(kv);
  using _watch = watcher.watch(key, onState);
  await clock.advance(0);
  store.streams[0]!.error(new Error("the connection was reset"));
  await clock.advance(1_000);
  assertEquals(logger.events(), ["watch_broke"]);
  assertEquals(store.streams.length, 2);
  await kv.set(key, 1);
  store.streams[1]!.enqueue([await store.get(key)]);
  await clock.advance(0);
  assertEquals(seen.at(-1), 1);
});

Deno.test("a store that refuses a watch ends nothing: the watcher logs it and tries again", async () => {
  using kv = await Deno.openKv(":memory:");
  const { clock, logger, store, watcher, seen, onState } = scene(kv);
  store.refusing = true;
  using _watch = watcher.watch(key, onState);
  await clock.advance(600);
  assertEquals(logger.events().slice(0, 2), ["watch_broke", "watch_broke"]);
  assertEquals(seen, [null]); // by the poll
  store.refusing = false;
  await clock.advance(500);
  assertEquals(store.streams.length, 1);
});

Deno.test("a poll that fails is logged, and the next one tells", async () => {
  using kv = await Deno.openKv(":memory:");
  const { clock, logger, store, watcher, seen, onState } = scene(kv);
  const { getEach } = Store.prototype;
  store.getEach = () => Promise.reject(new Error("away"));
  using _watch = watcher.watch(key, onState);
  await clock.advance(POLL_MS);
  store.getEach = getEach;
  await clock.advance(POLL_MS);
  assertEquals(logger.events(), ["poll_failed"]);
  assertEquals(seen, [null]);
});

Deno.test("the last listener's leaving cancels the watch and ends the poll", async () => {
  using kv = await Deno.openKv(":memory:");
  const { clock, store, watcher } = scene(kv);
  const first = watcher.watch(key, () => {});
  const second = watcher.watch(key, () => {});
  const third = watcher.watch(["other"], () => {});
  await clock.advance(0);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  assertEquals(watcher.size, 2);
  second[Symbol.dispose]();
  third[Symbol.dispose]();
  assertEquals(watcher.size, 0);
  await clock.advance(0);
  assertEquals(store.cancelled, 2);
  assertEquals(clock.sleeping, 0);
});

Deno.test("a key that is watched again after everybody left is watched anew", async () => {
  using kv = await Deno.openKv(":memory:");
  const { clock, store, watcher, seen, onState } = scene(kv);
  watcher.watch(key, onState)[Symbol.dispose]();
  using _watch = watcher.watch(key, onState);
  await clock.advance(POLL_MS);
  assertEquals(store.streams.length, 2);
  assertEquals(watcher.size, 1);
  assertEquals(seen, [null]);
  assertEquals(clock.sleeping, 1);
});

Deno.test("W3: what this process commits is told by the commit, and neither watch nor poll reads the key meanwhile", async () => {
  using kv = await Deno.openKv(":memory:");
  const { clock, store, watcher, seen, onState } = scene(kv);
  using _watch = watcher.watch(key, onState);
  await clock.advance(0);
  const reads: (readonly Deno.KvKey[])[] = [];
  const { getEach } = Store.prototype;
  store.getEach = function (keys) {
    reads.push(keys);
    return getEach.call(this, keys) as never;
  };
  const stamp = (n: number) => String(n).padStart(20, "0");
  for (let n = 1; n <= 5; n++) {
    const done = watcher.writing(key);
    await clock.advance(POLL_MS);
    done({ value: n, versionstamp: stamp(n) });
    assertEquals(seen.at(-1), n);
  }
  assertEquals(reads.flat(), [], "the poll read what a commit told");
  // A commit that failed tells nothing, and the key is read again once nobody writes it.
  watcher.writing(key)(null);
  await clock.advance(POLL_MS + 500);
  assertEquals(reads.flat().length > 0, true);
  assertEquals(
    seen,
    [null, 1, 2, 3, 4, 5, null].slice(seen.length === 6 ? 1 : 0),
    "what stands there is told then",
  );
});

Deno.test("W4: with a pulse the poll reads keys only when others have committed, and then also those it left out", async () => {
  using kv = await Deno.openKv(":memory:");
  const clock = new FakeClock();
  const store = new QuietStore(kv, new Metrics());
  let beats = false;
  const pulse = { beaten: () => Promise.resolve(beats) };
  const watcher = new Watcher({ store, clock, logger: new Lines(), pollMs: POLL_MS, pulse });
  const seen: (number | null)[] = [];
  using _watch = watcher.watch(key, ({ value }) => void seen.push(value));
  await clock.advance(POLL_MS);
  assertEquals(seen, [null], "a key that is new is read once");
  await kv.set(key, 1);
  await clock.advance(3 * POLL_MS);
  assertEquals(seen, [null], "nobody said that there was anything new");
  const done = watcher.writing(key);
  beats = true;
  await clock.advance(POLL_MS);
  beats = false;
  assertEquals(seen, [null], "its own writer would meet what others wrote");
  done(null);
  await clock.advance(POLL_MS + 500);
  assertEquals(seen, [null, 1], "what was left out then is read as soon as nobody writes it");
});
