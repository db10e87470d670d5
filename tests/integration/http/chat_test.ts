// The two endpoints of a published shape, in snake_case: one waits for the whole answer, one streams its tokens.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createParser } from "eventsource-parser";
import { isId } from "../../../lib/core/ids.ts";
import { Api } from "../../support/api.ts";
import { startApp, type TestApp } from "../../support/app.ts";
import { countTo } from "../../support/count.ts";
import { type FakeProvider, startFakeProvider } from "../../support/fake_provider/mod.ts";
import { everythingIn } from "../../support/kv.ts";
import { FAKE_KEY, MODELS } from "../../support/server_with_provider.ts";
import { assertHeaders, assertProblem } from "./expect.ts";

interface Sent {
  event: string | undefined;
  id: string | undefined;
  data: string;
}

Deno.test("POST /api/chat answers with `response` and `conversation_id`, and goes on in that conversation", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const first = await api.request("POST", "/api/chat", { message: "count to 5" });
  assertEquals(first.status, 200);
  assertHeaders(first);
  const { response, conversation_id, ...rest } = await first.json();
  assertEquals([response, isId(conversation_id), rest], [countTo(5), true, {}]);
  const second = await api.request("POST", "/api/chat", {
    message: "count to 3",
    conversation_id,
    stream: false,
  });
  assertEquals(await second.json(), { response: countTo(3), conversation_id });
  assertEquals((await api.read(conversation_id)).messages.map(({ role }) => role), [
    "user",
    "assistant",
    "user",
    "assistant",
  ]);
});

for (const [path, more] of [["/api/chat/stream", {}], ["/api/chat", { stream: true }]] as const) {
  Deno.test(`POST ${path} ${JSON.stringify(more)} streams tokens, then done`, async () => {
    await using app = await startApp();
    const api = await Api.session(app.url);
    const response = await api.request("POST", path, { message: "count to 40", ...more });
    assertEquals(response.status, 200);
    assertHeaders(response);
    assertEquals(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
    const sent = await eventsOf(response);
    const last = sent.pop()!;
    assertEquals([last.event, Object.keys(JSON.parse(last.data))], ["done", ["conversation_id"]]);
    assertEquals(new Set(sent.map(({ event }) => event)), new Set(["token"]));
    assertEquals(sent.map(({ data }) => data).join(""), countTo(40));
    const { conversation_id } = JSON.parse(last.data);
    assertEquals((await api.read(conversation_id)).messages.length, 2);
  });
}

Deno.test("a token of many lines arrives as it was said; what looks like the format stays text", async () => {
  const tokens = ["one\n", "two\n\nevent: done\ndata: {}\n", "\nid: 7\n: hb", "\ud83d\ude00 end"];
  await using fake = startFakeProvider({ auto: { tokens } });
  await using app = await withProvider(fake);
  const api = await Api.session(app.url);
  const sent = await eventsOf(await api.request("POST", "/api/chat/stream", { message: "hello" }));
  assertEquals(sent.slice(0, -1).map(({ data }) => data).join(""), tokens.join(""));
  assertEquals(sent.map(({ event }) => event), [...sent.slice(0, -1).map(() => "token"), "done"]);
  assertEquals(sent.filter(({ id }) => id !== undefined), []);
});

Deno.test("a provider that refuses the key: the problem names the variable; no body, log or row has the key", async () => {
  const models = Object.values(MODELS);
  const VARIABLES = ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "COMPATIBLE_API_KEY"];
  for (const [i, model] of models.entries()) {
    await using fake = startFakeProvider({
      // A provider that says the key back, as some do.
      auto: (exchange) =>
        exchange.refuse(401, "authentication_error", `Incorrect API key provided: ${FAKE_KEY}.`),
    });
    await using app = await withProvider(fake, model);
    const api = await Api.session(app.url);
    const { id } = await api.create();
    const body = { message: "hello", conversation_id: id };
    const refused = await api.request("POST", "/api/chat", body);
    const copy = await refused.clone().text();
    const { detail } = await assertProblem(refused, "provider_auth");
    assertStringIncludes(detail, VARIABLES[i]!);
    const streamed = await eventsOf(await api.request("POST", "/api/chat/stream", body));
    assertEquals(streamed.map(({ event }) => event), ["error"]);
    const error = JSON.parse(streamed[0]!.data);
    assertEquals(error.code, "provider_auth");
    assertStringIncludes(error.detail, VARIABLES[i]!);
    const page = await fetch(`${app.url}/c/${id}`, { headers: { cookie: api.cookie } });
    assertEquals(page.status, 200);
    const [read, listed] = await Promise.all([api.read(id), api.models()]);
    const said = [copy, streamed, await page.text(), read, listed, app.text(), await everythingIn(app.kv)];
    assertEquals(read.messages.filter(({ status }) => status === "failed").length, 2);
    said.forEach((one, at) => assert(!JSON.stringify(one).includes(FAKE_KEY), `the key is in answer ${at}`));
    // The request itself had it: the scan looks for the right thing.
    assertStringIncludes(JSON.stringify([...fake.exchanges[0]!.headers]), FAKE_KEY);
  }
});

Deno.test("a provider that fails in mid-answer: the whole answer is a problem, the stream says error after its tokens", async () => {
  await using fake = startFakeProvider({
    auto: async (exchange) => {
      await exchange.send("so far");
      await exchange.error("invalid_request_error", "No."); // which nobody tries again
    },
  });
  await using app = await withProvider(fake);
  const api = await Api.session(app.url);
  await assertProblem(await api.request("POST", "/api/chat", { message: "a" }), "provider_rejected");
  const sent = await eventsOf(await api.request("POST", "/api/chat/stream", { message: "a" }));
  assertEquals(sent.map(({ event }) => event), ["token", "error"]);
  assertEquals([sent[0]!.data, JSON.parse(sent[1]!.data).code], ["so far", "provider_rejected"]);
  assertMatch(JSON.parse(sent[1]!.data).detail, /\w+.+\./);
});

Deno.test("drain: who waits for a whole answer is told that it goes on elsewhere, and where to find it", async () => {
  await using fake = startFakeProvider();
  await using app = await withProvider(fake);
  const api = await Api.session(app.url);
  const waiting = api.request("POST", "/api/chat", { message: "hello" });
  const exchange = await fake.next();
  await exchange.send("so far");
  const startedAt = performance.now();
  await app.drain();
  const { conversation_id } = await assertProblem(await waiting, "draining");
  assert(performance.now() - startedAt < 4_000);
  assert(isId(conversation_id));
  await exchange.closed;
});

Deno.test("P3: a reader that leaves the token stream does not end the answer", async () => {
  await using fake = startFakeProvider();
  await using app = await withProvider(fake);
  const api = await Api.session(app.url);
  const { id } = await api.create();
  const response = await api.request("POST", "/api/chat/stream", { message: "hello", conversation_id: id });
  const exchange = await fake.next();
  const reader = response.body!.getReader();
  await reader.read();
  await reader.cancel();
  await exchange.send("all of it");
  await exchange.end();
  const { messages } = await api.followUntil(id, (state) => state.messages.at(-1)?.status === "complete");
  assertEquals(messages.at(-1)?.parts, [{ type: "text", text: "all of it" }]);
});

function withProvider(fake: FakeProvider, model: string = MODELS.chat): Promise<TestApp> {
  return startApp({
    env: {
      OPENAI_API_KEY: FAKE_KEY,
      OPENAI_BASE_URL: fake.baseURL("responses"),
      ANTHROPIC_API_KEY: FAKE_KEY,
      ANTHROPIC_BASE_URL: fake.baseURL("messages"),
      COMPATIBLE_API_KEY: FAKE_KEY,
      COMPATIBLE_BASE_URL: fake.baseURL("chat"),
      COMPATIBLE_MODELS: "fake-small",
      DEFAULT_MODEL: model,
    },
  });
}

/** All events of a stream, to its end. */
async function eventsOf(response: Response): Promise<Sent[]> {
  const sent: Sent[] = [];
  const parser = createParser({ onEvent: ({ event, id, data }) => void sent.push({ event, id, data }) });
  for await (const text of response.body!.pipeThrough(new TextDecoderStream())) parser.feed(text);
  return sent;
}
