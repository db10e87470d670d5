import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { AppError } from "@/lib/core/errors.ts";
import { type Deadlines, type Open, withDeadlines } from "@/lib/resilience/deadline.ts";
import { FakeClock } from "../../support/clock.ts";

const LIMITS: Deadlines = { firstByteMs: 100, idleMs: 40, totalMs: 1000 };

/** A source that the test feeds, and whose signal and ends it can see. */
class Source {
  signal!: AbortSignal;
  touch!: () => void;
  returned = false;
  #step = Promise.withResolvers<IteratorResult<string>>();
  readonly open: Open<string> = (signal, touch) => {
    this.signal = signal;
    this.touch = touch;
    return {
      [Symbol.asyncIterator]: () => ({
        next: () => this.#step.promise,
        return: () => {
          this.returned = true;
          return this.#step.promise; // which may never settle, as with a source that is stuck
        },
      }),
    };
  };

  send(value: string): void {
    this.#settle((step) => step.resolve({ done: false, value }));
  }
  end(): void {
    this.#settle((step) => step.resolve({ done: true, value: undefined }));
  }
  fail(error: unknown): void {
    this.#settle((step) => step.reject(error));
  }

  #settle(how: (step: PromiseWithResolvers<IteratorResult<string>>) => void): void {
    const step = this.#step;
    this.#step = Promise.withResolvers();
    how(step);
  }
}

function scene(limits: Deadlines = LIMITS) {
  const clock = new FakeClock();
  const source = new Source();
  const caller = new AbortController();
  const stream = withDeadlines(source.open, limits, caller.signal, clock);
  return { clock, source, caller, stream };
}

/** The error of a pull that must fail, caught from the start so that it never counts as unhandled. */
function failing(pull: Promise<unknown>): Promise<unknown> {
  return pull.then(() => assert(false, "the pull should have failed"), (error) => error);
}

async function code(pull: Promise<unknown>): Promise<string> {
  const error = await pull;
  assertInstanceOf(error, AppError);
  return error.code;
}

Deno.test("R1: no first byte ends in timeout_first_byte, not a millisecond early", async () => {
  const { clock, source, stream } = scene();
  let over = false;
  const failed = failing(stream.next()).finally(() => over = true);
  await clock.advance(LIMITS.firstByteMs - 1);
  assertEquals(over, false);
  await clock.advance(1);
  assertEquals(await code(failed), "timeout_first_byte");
  assert(source.signal.aborted && source.returned);
  assertEquals(clock.sleeping, 0, "the watchdog is gone");
});

Deno.test("R1: silence after an event ends in timeout_idle", async () => {
  const { clock, source, stream } = scene();
  const first = stream.next();
  source.send("a");
  assertEquals((await first).value, "a");
  const failed = failing(stream.next());
  await clock.advance(LIMITS.idleMs);
  assertEquals(await code(failed), "timeout_idle");
  assert(source.signal.aborted);
});

Deno.test("a byte that is no event restarts the idle deadline", async () => {
  const { clock, source, stream } = scene();
  const first = stream.next();
  for (let i = 0; i < 5; i++) {
    await clock.advance(LIMITS.idleMs - 1);
    source.touch();
  }
  source.send("a");
  assertEquals((await first).value, "a");
  await stream.return();
});

Deno.test("a byte that is no event ends the wait for the first byte, and starts the idle deadline", async () => {
  const { clock, source, stream } = scene();
  const failed = failing(stream.next());
  await clock.advance(90);
  source.touch();
  await clock.advance(LIMITS.idleMs - 1);
  source.touch();
  await clock.advance(LIMITS.idleMs);
  assertEquals(await code(failed), "timeout_idle");
});

Deno.test("the idle deadline may be shorter than what is left for the first byte", async () => {
  const { clock, source, stream } = scene({ firstByteMs: 1000, idleMs: 10, totalMs: 5000 });
  const failed = failing(stream.next());
  await clock.advance(5);
  source.touch();
  await clock.advance(10);
  assertEquals(await code(failed), "timeout_idle");
});

Deno.test("a stream that never rests ends in timeout_total", async () => {
  const { clock, source, stream } = scene();
  let heard = 0;
  const failed = failing((async () => {
    for await (const _ of stream) heard++;
  })());
  for (let i = 0; i < 100; i++) {
    await clock.advance(10);
    source.send("x");
  }
  assertEquals(await code(failed), "timeout_total");
  assert(heard > 90 && heard < 100);
});

Deno.test("R3: a consumer that pauses does not count as a provider that is idle", async () => {
  const { clock, source, stream } = scene();
  const first = stream.next();
  source.send("a");
  await first;
  await clock.advance(LIMITS.idleMs * 10); // nobody pulls
  const second = stream.next();
  await clock.advance(LIMITS.idleMs - 1); // the silence counts from the pull
  source.send("b");
  assertEquals((await second).value, "b");
  await stream.return();
});

Deno.test("the total deadline closes the source while nobody pulls", async () => {
  const { clock, source, stream } = scene();
  const first = stream.next();
  source.send("a");
  await first;
  await clock.advance(LIMITS.totalMs);
  assert(source.signal.aborted);
  assertEquals(await code(failing(stream.next())), "timeout_total");
});

Deno.test("R1: the caller's abort ends a pull at once with its reason, though the source never settles", async () => {
  const { source, caller, stream } = scene();
  const failed = failing(stream.next());
  await Promise.resolve();
  const reason = new Error("stop");
  caller.abort(reason);
  assertStrictEquals(await failed, reason);
  assert(source.signal.aborted && source.returned);
});

Deno.test("R2: the caller's abort reaches the source while nobody pulls", async () => {
  const { source, caller, stream } = scene();
  const first = stream.next();
  source.send("a");
  await first;
  caller.abort("stop");
  assert(source.signal.aborted);
  assertEquals(await failing(stream.next()), "stop");
});

Deno.test("a source that ends quietly when it is aborted has not ended", async () => {
  for (const how of ["end", "fail"] as const) {
    const { source, caller, stream } = scene();
    const pulled = stream.next();
    source.send("a");
    await pulled;
    const failed = failing(stream.next());
    if (how === "end") source.end();
    else source.fail(new Error("aborted"));
    caller.abort("stop"); // before the source's own word has got through
    assertEquals(await failed, "stop");
  }
});

Deno.test("a call whose signal has already aborted opens nothing", async () => {
  let opened = false;
  const open: Open<string> = async function* () {
    opened = true;
    yield "never";
  };
  const stream = withDeadlines(open, LIMITS, AbortSignal.abort("early"), new FakeClock());
  assertEquals([await failing(stream.next()), opened], ["early", false]);
});

Deno.test("R2: the source's own end leaves its signal alone, and its own error is passed on", async () => {
  const good = scene();
  const last = good.stream.next();
  good.source.end();
  assertEquals((await last).done, true);
  assertEquals([good.source.signal.aborted, good.clock.sleeping], [false, 0]);

  const bad = scene();
  const failed = bad.stream.next();
  bad.source.fail(new TypeError("broken"));
  await assertRejects(() => failed, TypeError, "broken");
  assert(bad.source.signal.aborted);
});

Deno.test("R2: a consumer that leaves closes the source, and does not wait for one that is stuck", async () => {
  const { clock, source, stream } = scene();
  const first = stream.next();
  source.send("a");
  await first;
  await stream.return();
  assert(source.signal.aborted && source.returned);
  assertEquals(clock.sleeping, 0);
});
