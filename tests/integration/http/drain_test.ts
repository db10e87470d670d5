// SIGTERM while everything is in use: answers, readers, readers that do not read, requests that never end.
import { assert, assertEquals } from "@std/assert";
import { Api } from "../../support/api.ts";
import { AppServer } from "../../support/server.ts";

/** What a stopped instance has (DESIGN 4). */
const EXIT_MS_MAX = 5_000;

Deno.test("DESIGN 4: under load, with sockets that never end, the process is gone within 5 s", async () => {
  await using server = await AppServer.start({ env: { DEMO_TOKENS_PER_SECOND: "100" } });
  const api = await Api.session(server.url);
  const conversations = await Promise.all(
    Array.from({ length: 20 }, () => api.create({ model: "demo/tour" })),
  );
  await Promise.all(conversations.map(({ id }) => api.send(id, { text: "count to 100000" })));
  const whole = api.request("POST", "/api/chat", { message: "count to 100000" });
  const readers = conversations.flatMap(({ id }) => [api.follow(id), api.follow(id)]);
  for (const reader of readers) await reader.next();
  const request = (path: string) =>
    `GET ${path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${api.token}\r\n`;
  const stuck = [
    `${request(`/api/conversations/${conversations[0]!.id}/events`)}\r\n`, // and never reads
    request("/api/models"), // half of a head
    `${request("/healthz")}\r\n`, // and stays, idle
  ];
  const sockets = await Promise.all(stuck.map(async (text) => {
    const socket = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(server.url).port) });
    await socket.write(new TextEncoder().encode(text));
    return socket;
  }));
  const startedAt = performance.now();
  const exit = server.kill("SIGTERM");
  const last = await Promise.all(readers.map(async (reader) => (await Array.fromAsync(reader)).at(-1)));
  const answer = await whole;
  await answer.body?.cancel();
  const { code } = await exit;
  const exitMs = performance.now() - startedAt;
  console.log(`SIGTERM under load → exit: ${exitMs.toFixed(0)} ms`);
  for (const socket of sockets) socket.close();
  assertEquals([code, answer.status], [0, 503]);
  assertEquals(
    new Set(last.map((event) => JSON.stringify(event))),
    new Set([`{"type":"bye","data":{"reason":"drain"}}`]),
  );
  assert(exitMs < EXIT_MS_MAX, `the exit took ${exitMs} ms`);
});
