// What only compatible servers do: leave things out, and add some of their own.
import { assertEquals } from "@std/assert";
import { compatible } from "@/lib/models/compatible.ts";
import { FakeClock } from "../../support/clock.ts";
import type { Provider } from "@/lib/models/provider.ts";
import { KEY } from "../../support/adapters.ts";
import { type FakeProvider, startFakeProvider } from "../../support/fake_provider/mod.ts";
import { choice } from "../../support/fake_provider/wire_formats.ts";
import { call, errorOf, hear, REQUEST, soon } from "../../support/hearing.ts";

const FINISHED = choice({ content: "All" }, "stop");

interface Scene {
  fake: FakeProvider;
  provider: Provider;
  clock: FakeClock;
}

function test(name: string, fn: (scene: Scene) => Promise<void>): void {
  Deno.test(name, async () => {
    await using fake = startFakeProvider();
    const clock = new FakeClock();
    await fn({ fake, clock, provider: compatible({ baseURL: fake.baseURL("chat"), apiKey: KEY, clock }) });
  });
}

test(
  "a server that refuses stream_options is asked once more without, and then remembered",
  async ({ fake, provider }) => {
    const first = call(provider);
    const refused = await fake.next();
    await refused.refuse(400, "invalid_request_error", "Unknown field");
    const again = await fake.next();
    await again.send("Fine");
    await again.end();
    assertEquals((await first).text, "Fine");

    const second = call(provider);
    const third = await fake.next();
    await third.send("Fine");
    await third.end();
    assertEquals((await second).text, "Fine");
    const asked = [refused, again, third].map(({ body }) =>
      "stream_options" in (body as Record<string, unknown>)
    );
    assertEquals(asked, [true, false, false]);
  },
);

test(
  "a 400 for another reason is the server's own, and nothing is remembered",
  async ({ fake, provider }) => {
    for (let i = 0; i < 2; i++) {
      const heard = call(provider);
      const with_ = await fake.next();
      await with_.refuse(400, "invalid_request_error", "Bad model");
      await (await fake.next()).refuse(400, "invalid_request_error", "Bad model");
      assertEquals(errorOf(await heard).code, "provider_rejected");
      assertEquals("stream_options" in (with_.body as Record<string, unknown>), true);
    }
  },
);

test(
  "two calls that learn at once what a server refuses are both answered",
  async ({ fake, provider }) => {
    const heard = [call(provider), call(provider)];
    for (const exchange of [await fake.next(), await fake.next()]) {
      await exchange.refuse(400, "invalid_request_error", "Unknown field");
      const again = await fake.next();
      await again.send("Fine");
      await again.end();
    }
    assertEquals((await Promise.all(heard)).map(({ text }) => text), ["Fine", "Fine"]);
  },
);

Deno.test("an answer that goes on from its text has its thoughts behind it: a tag there is text", async () => {
  await using fake = startFakeProvider();
  const options = { baseURL: fake.baseURL("chat"), clock: new FakeClock(), continues: ["*"] };
  const heard = call(compatible(options), { ...REQUEST, prefix: "Write" });
  const exchange = await fake.next();
  for (const piece of ["<think>", " to open"]) await exchange.send(piece);
  await exchange.end();
  const { text, reasoning } = await heard;
  assertEquals([text, reasoning], ["<think> to open", ""]);
});

test(
  "a whole answer is not lost when the connection breaks before its usage",
  async ({ fake, provider }) => {
    const heard = call(provider);
    const exchange = await fake.next();
    await exchange.raw(FINISHED);
    await exchange.cut();
    const { text, end, usage } = await heard;
    assertEquals([text, end, usage], ["All", { type: "end" }, undefined]);
  },
);

test("a whole answer ends although its server never does", async ({ fake, provider, clock }) => {
  const stream = provider.stream(REQUEST, new AbortController().signal)[Symbol.asyncIterator]();
  const first = stream.next();
  const exchange = await fake.next();
  await exchange.raw(FINISHED);
  assertEquals((await first).value, { type: "text", text: "All" });
  const rest = hear({ [Symbol.asyncIterator]: () => stream });
  await clock.advance(5000);
  assertEquals((await rest).end, { type: "end" });
  await soon(exchange.closed);
});

const FINISHES = { error: "provider_failed", insufficient_system_resource: "provider_overloaded" };
for (const [finish, code] of Object.entries(FINISHES)) {
  test(`the finish reason "${finish}" is ${code}`, async ({ fake, provider }) => {
    const heard = call(provider);
    const exchange = await fake.next();
    await exchange.send("Half");
    await exchange.raw(choice({}, finish));
    await exchange.eof();
    assertEquals(errorOf(await heard).code, code);
  });
}

Deno.test("a server without a key is sent none, and asked for one by name when it wants it", async () => {
  await using fake = startFakeProvider();
  const provider = compatible({ baseURL: fake.baseURL("chat"), clock: new FakeClock() });
  const heard = call(provider);
  const exchange = await fake.next();
  await exchange.refuse(401, "authentication_error", "Key?");
  assertEquals(exchange.headers.get("authorization"), null);
  assertEquals(
    errorOf(await heard).message,
    `The server at ${
      new URL(fake.url).host
    } asks for a key (401). Set COMPATIBLE_API_KEY and restart the server.`,
  );
});

Deno.test("a key with a line break in it is refused here, where the error does not quote it", async () => {
  await using fake = startFakeProvider({ auto: { tokens: 1 } });
  const provider = compatible({
    baseURL: fake.baseURL("chat"),
    apiKey: "sk-broken\nkey",
    clock: new FakeClock(),
  });
  const error = errorOf(await call(provider));
  assertEquals([error.code, fake.exchanges.length, Deno.inspect(error).includes("broken")], [
    "provider_auth",
    0,
    false,
  ]);
});
