// Stalls and cancels: the socket closes, and the reader is told why.
import { assertEquals, assertStrictEquals } from "@std/assert";
import { DEADLINES } from "@/lib/resilience/deadline.ts";
import { call, errorOf, forEachVendor, hear, nextText, REQUEST, soon } from "./vendors.ts";

forEachVendor(
  "a provider that accepts and says nothing is timeout_first_byte, and its socket is closed",
  async ({ fake, provider, clock }) => {
    for (const headers of [false, true]) {
      const heard = call(provider);
      const exchange = await fake.next();
      if (headers) await exchange.headersOnly();
      await clock.advance(DEADLINES.firstByteMs);
      assertEquals(errorOf(await soon(heard)).code, "timeout_first_byte");
      await soon(exchange.closed);
    }
  },
);

forEachVendor(
  "a provider that stalls in mid-stream is timeout_idle, and its socket is closed",
  async ({ fake, provider, clock }) => {
    const stream = provider.stream(REQUEST, new AbortController().signal)[Symbol.asyncIterator]();
    const first = nextText(stream);
    const exchange = await fake.next();
    await exchange.send("Half");
    assertEquals(await first, "Half");
    const rest = hear({ [Symbol.asyncIterator]: () => stream });
    await clock.advance(DEADLINES.idleMs - 1);
    await clock.advance(1);
    assertEquals(errorOf(await soon(rest)).code, "timeout_idle");
    await soon(exchange.closed);
  },
);

forEachVendor(
  "pings that never become an event keep a thinking model's connection",
  async ({ api, fake, make, clock }) => {
    const body = recorded();
    const provider = make({ baseURL: fake.baseURL(api), clock, fetch: body.fetch });
    const stream = provider.stream(REQUEST, new AbortController().signal)[Symbol.asyncIterator]();
    const first = nextText(stream);
    const exchange = await fake.next();
    await exchange.send("Half");
    assertEquals(await first, "Half");
    const rest = hear({ [Symbol.asyncIterator]: () => stream });
    for (let i = 0; i < 3; i++) {
      await clock.advance(DEADLINES.idleMs - 1);
      await exchange.ping();
      await exchange.raw(`: mark ${i}\n\n`);
      await soon(body.includes(`mark ${i}`));
    }
    await exchange.send(" done");
    await exchange.end();
    assertEquals((await rest).text, " done");
  },
);

forEachVendor(
  "M2: a cancel before the headers closes the socket and throws the signal's reason",
  async ({ fake, provider }) => {
    const controller = new AbortController();
    const heard = hear(provider.stream(REQUEST, controller.signal));
    const exchange = await fake.next();
    const reason = new Error("stopped by a person");
    controller.abort(reason);
    assertStrictEquals((await soon(heard)).error, reason);
    await soon(exchange.closed);
  },
);

forEachVendor(
  "M2: a cancel in mid-stream closes the socket and throws the signal's reason",
  async ({ fake, provider }) => {
    const controller = new AbortController();
    const stream = provider.stream(REQUEST, controller.signal)[Symbol.asyncIterator]();
    const first = nextText(stream);
    const exchange = await fake.next();
    await exchange.send("Half");
    assertEquals(await first, "Half");
    const rest = hear({ [Symbol.asyncIterator]: () => stream });
    const reason = new Error("stopped by a person");
    controller.abort(reason);
    assertStrictEquals((await soon(rest)).error, reason);
    await soon(exchange.closed);
  },
);

forEachVendor("M2: a cancel while nobody pulls closes the socket at once", async ({ fake, provider }) => {
  const controller = new AbortController();
  const stream = provider.stream(REQUEST, controller.signal)[Symbol.asyncIterator]();
  const first = nextText(stream);
  const exchange = await fake.next();
  await exchange.send("Half");
  await first;
  controller.abort();
  await soon(exchange.closed); // nobody has pulled since
  assertStrictEquals((await hear({ [Symbol.asyncIterator]: () => stream })).error, controller.signal.reason);
});

forEachVendor("a reader that leaves closes the socket", async ({ fake, provider }) => {
  const stream = provider.stream(REQUEST, new AbortController().signal)[Symbol.asyncIterator]();
  const first = nextText(stream);
  const exchange = await fake.next();
  await exchange.send("Half");
  await first;
  await stream.return?.();
  await soon(exchange.closed);
});

forEachVendor("a call that is cancelled before it starts sends nothing", async ({ fake, provider }) => {
  const heard = await hear(provider.stream(REQUEST, AbortSignal.abort("early")));
  assertEquals([heard.error, fake.exchanges.length], ["early", 0]);
});

/** A fetch whose body can be awaited: a ping shows nowhere else. */
function recorded(): { fetch: typeof globalThis.fetch; includes(text: string): Promise<void> } {
  let body = "";
  let more = Promise.withResolvers<void>();
  return {
    async fetch(input, init) {
      const response = await fetch(input, init);
      const noted = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          controller.enqueue(chunk);
          body += new TextDecoder().decode(chunk);
          more.resolve();
          more = Promise.withResolvers();
        },
      });
      return new Response(response.body!.pipeThrough(noted), response);
    },
    async includes(text) {
      while (!body.includes(text)) await more.promise;
    },
  };
}
