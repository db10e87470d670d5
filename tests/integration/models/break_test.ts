// A connection that breaks while OpenAI goes on writing a stored response.
import { assertEquals, assertStrictEquals } from "@std/assert";
import type { FakeClock } from "../../support/clock.ts";
import { open, readTo, stored } from "./stored.ts";
import { errorOf, hear, soon } from "../../support/hearing.ts";

stored(
  "A4: connections that break end nothing: the rest is read on, said once, asked once",
  async ({ fake, make }) => {
    const stream = open(make());
    const first = readTo(stream, "One");
    const exchange = await fake.next();
    await exchange.send("One");
    await first;
    await exchange.cut();
    for (const word of [" two", " three", " four"]) {
      const read = readTo(stream, word);
      const again = await fake.next();
      await exchange.send(word);
      await read;
      await again.cut();
    }
    const rest = hear({ [Symbol.asyncIterator]: () => stream });
    await fake.next();
    await exchange.end();
    const { text, end, usage } = await soon(rest);
    assertEquals([text, end, usage?.outputTokens], ["", { type: "end" }, 20]);
    assertEquals(fake.exchanges.map(({ method }) => method), ["POST", "GET", "GET", "GET", "GET"]);
  },
);

stored("A4: a broken answer whose response is gone says that it broke off", async ({ fake, make }) => {
  const stream = open(make());
  const first = readTo(stream, "One");
  const exchange = await fake.next();
  await exchange.send("One");
  await first;
  fake.forget();
  await exchange.cut();
  assertEquals(
    errorOf(await soon(hear({ [Symbol.asyncIterator]: () => stream }))).code,
    "provider_truncated",
  );
});

stored(
  "A4: a response that cannot be read is given up after three tries in a row",
  async ({ fake, make, clock }) => {
    const stream = open(make());
    const first = readTo(stream, "One");
    const exchange = await fake.next();
    await exchange.send("One");
    await first;
    exchange.stored!.end(); // from now on every read of it ends at once, and without an end
    await exchange.cut();
    const rest = hear({ [Symbol.asyncIterator]: () => stream });
    await fake.next();
    for (const pauseMs of [1000, 2000]) {
      await soon(pausing(clock));
      await clock.advance(pauseMs);
      await fake.next();
    }
    assertEquals(errorOf(await soon(rest)).code, "provider_truncated");
    assertEquals(fake.exchanges.length, 4);
  },
);

stored("M2: a stop between two tries cancels what is stored", async ({ fake, make, clock }) => {
  const controller = new AbortController();
  const stream = open(make(), controller.signal);
  const first = readTo(stream, "One");
  const exchange = await fake.next();
  await exchange.send("One");
  await first;
  await exchange.cut();
  const rest = hear({ [Symbol.asyncIterator]: () => stream });
  await (await fake.next()).cut();
  await soon(pausing(clock));
  controller.abort("cancelled");
  assertStrictEquals((await soon(rest)).error, "cancelled");
  await soon(exchange.stored!.cancelled);
});

/** Resolves when more than the deadlines' watchdog sleeps. */
async function pausing(clock: FakeClock): Promise<void> {
  while (clock.sleeping < 2) await new Promise((resolve) => setTimeout(resolve, 1));
}
