import { assertEquals, assertRejects } from "@std/assert";
import { Api, CALL_MS_MAX, ClientError, TRIES_MAX } from "@/lib/client/api.ts";
import { FakeClock } from "@/tests/support/clock.ts";
import { FakeServer } from "./fake_server.ts";
import { id, TOPIC } from "./sample.ts";

function setUp() {
  const server = new FakeServer();
  const clock = new FakeClock();
  return { server, clock, api: new Api({ fetch: server.fetch, clock, random: () => 0.5 }) };
}

const problem = (status: number, code: string) =>
  new Response(JSON.stringify({ code, detail: "Words for a person.", status, requestId: "r1" }), {
    status,
    headers: { "content-type": "application/problem+json" },
  });

Deno.test("a refusal carries the server's words and the request's id", async () => {
  const { server, api } = setUp();
  server.answer = () => problem(404, "not_found");
  const error = await assertRejects(() => api.read(TOPIC), ClientError);
  assertEquals([error.code, error.detail, error.status, error.requestId], [
    "not_found",
    "Words for a person.",
    404,
    "r1",
  ]);
});

Deno.test("a refusal by something between us and the server is still an error in words", async () => {
  const { server, api } = setUp();
  server.answer = () => new Response("<html>Forbidden", { status: 403, headers: { "x-request-id": "r9" } });
  const error = await assertRejects(() => api.models(), ClientError);
  assertEquals([error.code, error.status, error.requestId], ["internal", 403, "r9"]);
});

Deno.test("A1, P7: a send is tried five times under one id, then given up", async () => {
  const { server, clock, api } = setUp();
  server.answer = () => problem(503, "busy");
  const sent = assertRejects(() => api.send(TOPIC, { id: id(5), text: "x" }), ClientError);
  await clock.advance(60_000);
  assertEquals((await sent).code, "busy");
  assertEquals(server.calls.length, TRIES_MAX);
  assertEquals(new Set(server.calls.map(({ body }) => (body as { id: string }).id)), new Set([id(5)]));
});

Deno.test("A1: what would be done twice is not repeated when the answer was lost", async () => {
  const { server, clock, api } = setUp();
  server.refusals.push(null);
  const created = assertRejects(() => api.create({}), ClientError);
  await clock.advance(60_000);
  assertEquals((await created).code, "network");
  assertEquals(server.calls.length, 0);
});

Deno.test("A1: it is repeated when the server says that nothing was done", async () => {
  const { server, clock, api } = setUp();
  server.answer = () =>
    server.calls.length === 1 ? problem(503, "draining") : Response.json({ id: TOPIC }, { status: 201 });
  const created = api.create({});
  await clock.advance(1_000);
  assertEquals((await created).id, TOPIC);
});

Deno.test("a server that never answers is given up after a while", async () => {
  const { server, clock, api } = setUp();
  const fetch: typeof globalThis.fetch = (_input, init) =>
    new Promise((_, reject) =>
      init?.signal?.addEventListener("abort", () => reject(new DOMException("", "AbortError")))
    );
  const slow = new Api({ fetch, clock, random: () => 0 });
  const created = assertRejects(() => slow.create({}), ClientError);
  await clock.advance(CALL_MS_MAX);
  assertEquals((await created).code, "timeout");
  server.answer = () => Response.json({ models: [], defaultModel: "", fallbacks: [] });
  await api.models();
  await clock.advance(0);
  assertEquals(clock.sleeping, 0, "an answer in time leaves no timer");
});
