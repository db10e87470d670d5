// What only OpenAI does: refuse to show what its models think.
import { assertEquals } from "@std/assert";
import { openai } from "@/lib/models/openai.ts";
import type { ModelRequest } from "@/lib/models/provider.ts";
import { KEY } from "../../support/adapters.ts";
import { FakeClock } from "../../support/clock.ts";
import { type FakeProvider, startFakeProvider } from "../../support/fake_provider/mod.ts";
import { call, errorOf, type Heard, REQUEST, soon } from "../../support/hearing.ts";

/** Asks, is answered "x", and says what was sent. */
async function sent(fake: FakeProvider, heard: Promise<Heard>): Promise<unknown> {
  const exchange = await fake.next();
  await exchange.send("x");
  await exchange.end();
  assertEquals((await heard).text, "x");
  return exchange.body;
}

/** As OpenAI refuses summaries to an organisation that it does not know. */
const UNVERIFIED = JSON.stringify({
  error: {
    message: "Your organization must be verified to generate reasoning summaries.",
    type: "invalid_request_error",
    param: "reasoning.summary",
    code: "unsupported_value",
  },
});
const THINKING: ModelRequest = { ...REQUEST, params: { effort: "low" }, reasoning: true };
const reasoningIn = (body: unknown) => (body as { reasoning?: unknown }).reasoning;

for (const background of [false, true]) {
  Deno.test(`who may see no summaries is answered without, and asked for none again (background: ${background})`, async () => {
    await using fake = startFakeProvider();
    const provider = openai({
      baseURL: fake.baseURL("responses"),
      apiKey: KEY,
      background,
      clock: new FakeClock(),
    });
    const [one, other] = [call(provider, THINKING), call(provider, THINKING)];
    const refused = [await fake.next(), await fake.next()]; // both asked before either learnt it
    for (const exchange of refused) await exchange.respond(400, {}, UNVERIFIED);
    for (const exchange of [await fake.next(), await fake.next()]) {
      await exchange.send("x");
      await exchange.end();
      assertEquals(reasoningIn(exchange.body), { effort: "low" });
    }
    assertEquals([(await one).text, (await other).text], ["x", "x"]);
    assertEquals(reasoningIn(refused[0]!.body), { effort: "low", summary: "auto" });
    assertEquals(reasoningIn(await sent(fake, call(provider, THINKING))), { effort: "low" });
  });
}

Deno.test("any other refusal is the vendor's own, and summaries are asked for again", async () => {
  await using fake = startFakeProvider();
  const provider = openai({ baseURL: fake.baseURL("responses"), apiKey: KEY, clock: new FakeClock() });
  for (let i = 0; i < 2; i++) {
    const heard = call(provider, THINKING);
    const exchange = await fake.next();
    await exchange.refuse(400, "invalid_request_error", "Bad model");
    assertEquals(errorOf(await soon(heard)).code, "provider_rejected");
    assertEquals(reasoningIn(exchange.body), { effort: "low", summary: "auto" });
  }
});
