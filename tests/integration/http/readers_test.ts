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

Deno.test("T1: readers that never read are handed what their sockets hold, and nothing more", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const { id } = await api.create();
  const { services } = app.program;
  const { follow } = services;
  const handedBytes: number[] = [];
  services.follow = (...given) => {
    const reader = handedBytes.push(0) - 1;
    const follower = follow(...given);
    const take = follower.take.bind(follower);
    follower.take = () => {
      const followed = take();
      if (followed !== null && followed !== "end" && followed.type === "entries") {
        for (const { json } of followed.entries) handedBytes[reader]! += encoder.encode(json).length;
      }
      return followed;
    };
    return follower;
  };
  const deaf = await Promise.all(Array.from({ length: 10 }, async () => {
    const socket = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(app.url).port) });
    await socket.write(requestFor(api, `/api/conversations/${id}/events?after=1`));
    return socket;
  }));
  const entries = 400;
  for (let i = 0; i < entries; i++) await api.patch(id, { systemPrompt: `${i}`.padEnd(16_000, "あ") });
  for await (const event of api.follow(id, { after: entries - 50 })) if (event.id === entries + 1) break;
  assertEquals(await app.metric("throughline_streams_open"), deaf.length);
  // The reader above was the last to come, and was handed what it asked for.
  const each = Math.max(...handedBytes.slice(0, deaf.length));
  assertEquals([handedBytes.length, each > 0], [deaf.length + 1, true]);
  // 19 MB went by. The kernel's buffers take 4 MB of it on most machines, and 10 at their largest.
  assert(each < 13_000_000, `${Math.round(each / 1e6)} MB were handed to each`);
  for (const socket of deaf) socket.close();
  await settled(app);
});

const encoder = new TextEncoder();

function requestFor(api: Api, path: string): Uint8Array {
  return encoder.encode(
    `GET ${path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${api.token}\r\n\r\n`,
  );
}
