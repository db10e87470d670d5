// The fake provider itself, where a fault in it would make other tests pass for nothing.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { FakeClock } from "../../support/clock.ts";
import { type Exchange, type FakeProvider, startFakeProvider } from "../../support/fake_provider/mod.ts";
import { CAN_RESET, ResettingRelay } from "../../support/fake_provider/reset.ts";
import { ADAPTERS } from "../../support/adapters.ts";
import { call } from "../../support/hearing.ts";

/** What a bare socket reads after the answer's first bytes, once `breakOff` has been done to it. */
async function after(
  at: string,
  fake: FakeProvider,
  breakOff: (exchange: Exchange) => unknown,
): Promise<number | null> {
  const { hostname, port } = new URL(at);
  using conn = await Deno.connect({ hostname, port: Number(port) });
  await conn.write(
    new TextEncoder().encode("POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}"),
  );
  const exchange = await fake.next();
  assertEquals(exchange.body, {});
  await exchange.headersOnly();
  assert((await conn.read(new Uint8Array(4096)) ?? 0) > 0);
  await breakOff(exchange);
  return await conn.read(new Uint8Array(4096));
}

Deno.test("cut() closes without the end of the body", async () => {
  await using fake = startFakeProvider();
  assertEquals(await after(fake.url, fake, (exchange) => exchange.cut()), null);
});

Deno.test({ name: "reset() sends a true TCP reset", ignore: !CAN_RESET }, async () => {
  await using fake = startFakeProvider();
  await using relay = await ResettingRelay.start(fake.url);
  await assertRejects(
    () => after(relay.through(fake.url), fake, () => relay.reset()),
    Deno.errors.ConnectionReset,
  );
});

for (const { name, api, make } of ADAPTERS) {
  Deno.test(`an automatic answer keeps its pace and notes when each token left (${name})`, async () => {
    await using fake = startFakeProvider({ auto: { tokens: 6, tokensPerSecond: 200 } });
    const { text, usage } = await call(make({ baseURL: fake.baseURL(api), clock: new FakeClock() }));
    assertEquals([text, usage], ["1 2 3 4 5 6", { inputTokens: 10, outputTokens: 6 }]);
    const { sent } = fake.exchanges[0]!;
    assertEquals(sent.map(({ token }) => token), ["1", " 2", " 3", " 4", " 5", " 6"]);
    assert(sent[5]!.atMs - sent[0]!.atMs >= 24, "five waits of 5 ms, give or take the timer's rounding");
  });
}

Deno.test("closing it fails with what went wrong inside", async () => {
  const fake = startFakeProvider({ auto: () => Promise.reject(new Error("a fault in the script")) });
  await fetch(fake.url, { method: "POST", body: "{}" }).then((response) => response.body?.cancel(), () => {});
  await assertRejects(() => fake.close(), Error, "a fault in the script");
});
