// Readers that leave, and readers that never read.
import { assert, assertEquals } from "@std/assert";
import { Api } from "../../support/api.ts";
import { startApp } from "../../support/app.ts";
import { settled } from "./settled.ts";

Deno.test("readers that leave in any way leave no stream, no watch and no timer", async () => {
  await using app = await startApp({ env: { DEMO_TOKENS_PER_SECOND: "200" } });
  const api = await Api.session(app.url);
  const { id } = await api.create();
  const { reply } = await api.send(id, { text: "count to 60" });
  for (let i = 0; i < 5; i++) {
    const events = api.follow(id);
    await events.next();
    await events.return();
    // Cut in mid-event, while the answer grows.
    assertEquals((await Array.fromAsync(api.follow(id, { cutAfterBytes: 50 * (i + 1) }))).length < 5, true);
  }
  const socket = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(app.url).port) });
  await socket.write(requestFor(api, `/api/conversations/${id}/events`));
  await socket.read(new Uint8Array(64));
  await socket.closeWrite(); // half closed: as good as gone
  await settled(app);
  socket.close();
  // P3: the answer did not mind.
  assertEquals((await api.finished(id, reply.messageId)).status, "complete");
  await settled(app);
});

Deno.test("readers that never read cost no memory that grows with what they miss", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const { id } = await api.create();
  const deaf = await Promise.all(Array.from({ length: 40 }, async () => {
    const socket = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(app.url).port) });
    await socket.write(requestFor(api, `/api/conversations/${id}/events?after=1`));
    return socket;
  }));
  const before = Deno.memoryUsage().rss;
  // 14 MB for each reader, of which the kernel takes four: 400 MB if the rest were queued.
  for (let i = 0; i < 300; i++) await api.patch(id, { systemPrompt: `${i}`.padEnd(16_000, "あ") });
  for await (const event of api.follow(id, { after: 200 })) if (event.id === 301) break;
  const grown = Deno.memoryUsage().rss - before;
  assertEquals(await app.metric("throughline_streams_open"), deaf.length);
  console.log(`${deaf.length} readers that never read: memory grew by ${Math.round(grown / 1024 / 1024)} MB`);
  // The writes alone cost some 150 MB before they are collected, with one reader or with forty.
  assert(grown < 350 * 1024 * 1024, `memory grew by ${Math.round(grown / 1024 / 1024)} MB`);
  for (const socket of deaf) socket.close();
  await settled(app);
});

function requestFor(api: Api, path: string): Uint8Array {
  return new TextEncoder().encode(
    `GET ${path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${api.token}\r\n\r\n`,
  );
}
