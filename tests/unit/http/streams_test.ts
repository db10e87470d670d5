// Open event streams, under a clock that is moved by hand.
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import {
  HEARTBEAT_MS,
  OVERDUE_MS,
  ROTATE_MS_MAX,
  ROTATE_MS_MIN,
  type StreamOptions,
  Streams,
  STREAMS_PER_USER_MAX,
} from "../../../lib/http/streams.ts";
import { AppError } from "../../../lib/core/errors.ts";
import { Metrics } from "../../../lib/observe/metrics.ts";
import { FakeClock } from "../../support/clock.ts";

const STREAMS_MAX = 2_500;
const OPENING = "retry: 1500\n: ok\n\n";
const HB = "event: hb\ndata: {}\n\n";
const bye = (reason: string) => `event: bye\ndata: {"reason":"${reason}"}\n\n`;

function setUp(random = 0) {
  const clock = new FakeClock();
  const metrics = new Metrics();
  const said: string[] = [];
  const logger = { log: (_level: string, event: string) => void said.push(event) };
  const streams = new Streams({
    streamsMax: STREAMS_MAX,
    clock,
    random: () => random,
    logger,
    counters: metrics,
  });
  const open = () => metrics.get("throughline_streams_open");
  return { clock, streams, open, said };
}

/** A source that says what it is told to, and notes when it is let go. */
function scripted(lines: readonly string[] = [], options: Partial<StreamOptions> = {}) {
  const state = { made: 0, closed: false };
  const stream: StreamOptions = {
    userId: "a",
    allowed: () => Promise.resolve(true),
    atEnd: "gone",
    ...options,
    source: () => ({
      take: () => state.made < lines.length ? new TextEncoder().encode(lines[state.made++]) : null,
      [Symbol.dispose]: () => void (state.closed = true),
    }),
  };
  return { state, stream };
}

function reading(response: Response) {
  const reader = response.body!.getReader();
  return {
    /** The next chunk as text; null at the end. */
    async next(): Promise<string | null> {
      const { done, value } = await reader.read();
      return done ? null : new TextDecoder().decode(value);
    },
    cancel: () => reader.cancel(),
  };
}

Deno.test("the first bytes come at once, under headers that no proxy may hold back or compress", async () => {
  const { streams } = setUp();
  const response = streams.response(scripted().stream);
  assertEquals(Object.fromEntries(response.headers), {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
  });
  const reader = reading(response);
  assertEquals(await reader.next(), OPENING);
  await reader.cancel();
});

Deno.test("T1: nothing is made before it is asked for", async () => {
  const { streams } = setUp();
  const { state, stream } = scripted(["1", "2", "3"]);
  const reader = reading(streams.response(stream));
  await reader.next();
  assertEquals(state.made, 0);
  assertEquals([await reader.next(), state.made], ["1", 1]);
  await reader.cancel();
  assertEquals(state.made, 1);
});

Deno.test("a heartbeat every 15 s, until rotation after 4 to 5 minutes", async () => {
  for (const [random, lives] of [[0, ROTATE_MS_MIN], [0.999, ROTATE_MS_MAX]] as const) {
    const { clock, streams, open } = setUp(random);
    const { state, stream } = scripted();
    const reader = reading(streams.response(stream));
    await reader.next();
    const startedAt = clock.now();
    let beats = 0;
    for (;;) {
      const next = reader.next();
      await clock.advance(Math.min(HEARTBEAT_MS, startedAt + lives - clock.now()));
      const said = await next;
      if (said !== HB) {
        assertEquals(said, bye("rotate"));
        break;
      }
      assertEquals(clock.now() - startedAt, ++beats * HEARTBEAT_MS);
    }
    assertEquals(await reader.next(), null);
    assert(
      Math.abs(clock.now() - startedAt - lives) < HEARTBEAT_MS,
      `${clock.now() - startedAt} of ${lives} ms`,
    );
    assertEquals([state.closed, open(), clock.sleeping], [true, 0, 0]);
  }
});

Deno.test("a busy stream beats and rotates in time as well", async () => {
  const { clock, streams } = setUp();
  const { stream } = scripted(Array.from({ length: 100 }, (_, i) => `${i}`));
  const reader = reading(streams.response(stream));
  const said: (string | null)[] = [];
  for (let chunk = await reader.next(); chunk !== null; chunk = await reader.next()) {
    said.push(chunk);
    await clock.advance(10_000);
  }
  assertEquals(said.at(-1), bye("rotate"));
  assert(said.filter((chunk) => chunk === HB).length >= 10);
});

Deno.test("a session that is revoked ends its streams by the next heartbeat: `bye: auth`", async () => {
  const { clock, streams, open } = setUp();
  let live = true;
  const { state, stream } = scripted([], { allowed: () => Promise.resolve(live) });
  const reader = reading(streams.response(stream));
  await reader.next();
  const first = reader.next();
  await clock.advance(HEARTBEAT_MS);
  assertEquals(await first, HB);
  live = false;
  const second = reader.next();
  await clock.advance(HEARTBEAT_MS);
  assertEquals(await second, bye("auth"));
  assertEquals([await reader.next(), state.closed, open()], [null, true, 0]);
});

Deno.test("drain says goodbye to all, and waits for no longer than it is told", async () => {
  const { clock, streams, open, said } = setUp();
  const readers = [scripted(), scripted()].map(({ stream }) => reading(streams.response(stream)));
  for (const reader of readers) await reader.next();
  const last = readers.map((reader) => reader.next());
  const drained = streams.drain(1_000);
  assertEquals(await Promise.all(last), [bye("drain"), bye("drain")]);
  assertEquals(await Promise.all(readers.map((reader) => reader.next())), [null, null]);
  await drained;
  assertEquals([open(), clock.sleeping, said], [0, 0, []]);

  // One that comes now is told so at once; one that never reads is cut.
  const late = reading(streams.response(scripted().stream));
  assertEquals([await late.next(), await late.next(), await late.next()], [OPENING, bye("drain"), null]);
  const { state, stream } = scripted(["1", "2"]);
  const deaf = reading(streams.response(stream));
  await deaf.next();
  const again = streams.drain(1_000);
  await clock.advance(1_000);
  await again;
  assertEquals([open(), state.made], [0, 0]);
  await assertRejects(() => deaf.next());
});

Deno.test("T2: a stream whose reader does not read is cut, and lets go of all it held", async () => {
  const { clock, streams, open, said } = setUp();
  const { state, stream } = scripted(["1", "2", "3"]);
  const reader = reading(streams.response(stream));
  await reader.next();
  await reader.next();
  await clock.advance(ROTATE_MS_MIN + OVERDUE_MS - 1);
  assertEquals(open(), 1);
  await clock.advance(1);
  assertEquals([open(), state.closed, said], [0, true, ["stream_cut"]]);
  await assertRejects(() => reader.next());
  assertEquals(clock.sleeping, 0);
});

Deno.test("a reader that leaves, waiting or not, leaves nothing behind", async () => {
  const { clock, streams, open } = setUp();
  for (const waiting of [true, false]) {
    const { state, stream } = scripted(["1"]);
    const reader = reading(streams.response(stream));
    assertEquals([await reader.next(), await reader.next()], [OPENING, "1"]);
    const next = waiting ? reader.next() : null;
    await reader.cancel();
    assertEquals([await next, state.closed, open(), clock.sleeping], [null, true, 0, 0]);
  }
});

Deno.test("a source that fails breaks its own stream, is logged, and leaves nothing behind", async () => {
  const { clock, streams, open, said } = setUp();
  const { stream } = scripted();
  const failing = {
    ...stream,
    source: () => ({
      take: () => {
        throw new Error("the store is away");
      },
      [Symbol.dispose]: () => {},
    }),
  };
  const reader = reading(streams.response(failing));
  await reader.next();
  await assertRejects(() => reader.next(), Error, "the store is away");
  assertEquals([open(), said, clock.sleeping], [0, ["stream_broke"], 0]);
});

Deno.test("a person has 1,000 streams and a process as many as it is told; the next is refused until one closes", async () => {
  const { streams, open } = setUp();
  const places = Array.from({ length: STREAMS_PER_USER_MAX }, () => streams.hold("a"));
  const refused = () => assertThrows(() => streams.hold("a"), AppError, "Too many streams");
  assertEquals(refused().status, 429);
  assertThrows(() => streams.response(scripted().stream), AppError);
  streams.hold("b")[Symbol.dispose]();
  const [first] = places;
  first![Symbol.dispose]();
  first![Symbol.dispose]();
  assertEquals(first!.signal.aborted, true);
  places.push(streams.hold("a"));
  refused();
  for (let user = 0; open() < STREAMS_MAX; user++) {
    for (let i = 0; i < STREAMS_PER_USER_MAX && open() < STREAMS_MAX; i++) {
      places.push(streams.hold(`u${user}`));
    }
  }
  assertEquals(assertThrows(() => streams.hold("z"), AppError).code, "limited");
  for (const place of places) place[Symbol.dispose]();
  assertEquals(open(), 0);
  await streams.drain(1_000);
});

Deno.test("a stream of a published shape is kept alive by comments", async () => {
  const { clock, streams } = setUp();
  const { stream } = scripted([], { events: false });
  const reader = reading(streams.response(stream));
  await reader.next();
  const next = reader.next();
  await clock.advance(HEARTBEAT_MS);
  assertEquals(await next, ": hb\n\n");
  await reader.cancel();
});

Deno.test("T3: a thousand streams sleep on one timer, beat each at its time, and leave none", async () => {
  const { clock, streams, open } = setUp(0.5);
  const users = Array.from({ length: 100 }, (_, i) => `u${i}`);
  const readers: ReturnType<typeof reading>[] = [];
  for (const userId of users) {
    for (let i = 0; i < 10; i++) readers.push(reading(streams.response(scripted([], { userId }).stream)));
    await clock.advance(10);
  }
  assertEquals([open(), clock.sleeping], [1_000, 1]);
  for (const reader of readers) assertEquals(await reader.next(), OPENING);
  let beats = 0;
  const next = readers.map((reader) => reader.next().then((said) => (beats++, said)));
  await clock.advance(HEARTBEAT_MS - 505);
  assertEquals([beats, clock.sleeping], [500, 1]);
  await clock.advance(505);
  assertEquals(new Set(await Promise.all(next)), new Set([HB]));
  const last = readers.map((reader) => reader.next());
  await clock.advance(HEARTBEAT_MS);
  assertEquals(new Set(await Promise.all(last)), new Set([HB]));
  for (const reader of readers) await reader.cancel();
  assertEquals([open(), clock.sleeping], [0, 0]);
});

Deno.test("T3: bytes go to the reader as they are, not as a copy", async () => {
  const { streams } = setUp();
  const bytes = new TextEncoder().encode("data: x\n\n");
  const responses = Array.from({ length: 3 }, () => {
    const given = [bytes];
    const { stream } = scripted();
    return streams.response({
      ...stream,
      source: () => ({ take: () => given.pop() ?? null, [Symbol.dispose]: () => {} }),
    });
  });
  for (const { body } of responses) {
    const reader = body!.getReader();
    await reader.read();
    assertStrictEquals((await reader.read()).value, bytes);
    await reader.cancel();
  }
});

Deno.test("a heartbeat whose session cannot be read breaks its stream alone", async () => {
  const { clock, streams, open, said } = setUp();
  const well = reading(streams.response(scripted().stream));
  const ill = reading(
    streams.response(scripted([], { allowed: () => Promise.reject(new Error("the store is away")) }).stream),
  );
  for (const reader of [well, ill]) await reader.next();
  const both = [well.next(), ill.next().catch((error) => error.message)];
  await clock.advance(HEARTBEAT_MS);
  assertEquals(await Promise.all(both), [HB, "the store is away"]);
  assertEquals([open(), said], [1, ["stream_broke"]]);
  await well.cancel();
});
