// Compatible servers that go on from the beginning of an answer.
import { assertEquals } from "@std/assert";
import { compatible } from "@/lib/models/compatible.ts";
import type { ModelRequest, Provider } from "@/lib/models/provider.ts";
import { FakeClock } from "../../support/clock.ts";
import { type FakeProvider, startFakeProvider } from "../../support/fake_provider/mod.ts";
import { ADAPTERS } from "../../support/adapters.ts";
import { call, errorOf, REQUEST } from "../../support/hearing.ts";

const PREFIX = "Once upon a time there was";
const CONTINUED: ModelRequest = { ...REQUEST, prefix: PREFIX };

function make(fake: Pick<FakeProvider, "baseURL">, continues?: readonly string[]): Provider {
  return compatible({ baseURL: fake.baseURL("chat"), clock: new FakeClock(), continues });
}

Deno.test("only the models that are named go on, or all of them", () => {
  const fake = { baseURL: () => "http://127.0.0.1:9/v1" };
  const asked = (continues?: readonly string[]) =>
    ["a/b", "c"].map((model) => make(fake, continues).continues!(model));
  assertEquals([asked(), asked([]), asked(["c"]), asked(["*"])], [
    [false, false],
    [false, false],
    [false, true],
    [true, true],
  ]);
});

Deno.test("the beginning is the last message, marked in the ways that servers know, and only then", async () => {
  await using fake = startFakeProvider({ auto: { tokens: 1 } });
  const provider = make(fake, ["*"]);
  await call(provider, CONTINUED);
  await call(provider);
  const [continued, plain] = fake.exchanges.map(({ body }) => body as Record<string, unknown>);
  assertEquals(continued!.messages, [
    { role: "system", content: "Be concise." },
    { role: "user", content: "Hello" },
    { role: "assistant", content: PREFIX, prefix: true },
  ]);
  assertEquals([continued!.add_generation_prompt, continued!.continue_final_message], [false, true]);
  assertEquals((plain!.messages as unknown[]).length, 2);
  assertEquals(["add_generation_prompt" in plain!, "continue_final_message" in plain!], [false, false]);
});

Deno.test("M3: only what is new is said, by a server that goes on and by one that begins with the beginning", async () => {
  for (const said of [[" a king", "."], [PREFIX, " a king", "."], [...`${PREFIX} a king.`]]) {
    await using fake = startFakeProvider({ auto: { tokens: said } });
    const { text, end } = await call(make(fake, ["*"]), CONTINUED);
    assertEquals([text, end], [" a king.", { type: "end" }]);
  }
});

Deno.test("an answer that had already said everything ends, and is not empty", async () => {
  await using fake = startFakeProvider({ auto: { tokens: 0 } });
  assertEquals((await call(make(fake, ["*"]), CONTINUED)).end, { type: "end" });
  assertEquals(errorOf(await call(make(fake, ["*"]))).code, "provider_empty");
});

Deno.test("a server that knows no beginnings rejects the request before a word", async () => {
  await using fake = startFakeProvider({
    auto: (exchange) =>
      exchange.refuse(400, "invalid_request_error", "Unknown field: continue_final_message"),
  });
  const heard = await call(make(fake, ["*"]), CONTINUED);
  assertEquals([errorOf(heard).code, heard.text], ["provider_rejected", ""]);
});

Deno.test("the other vendors' adapters go on from no beginning", () => {
  const others = ADAPTERS.filter(({ api }) => api !== "chat");
  for (const { make } of others) {
    assertEquals(make({ baseURL: "http://127.0.0.1:9", clock: new FakeClock() }).continues, undefined);
  }
});
