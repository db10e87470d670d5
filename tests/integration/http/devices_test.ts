// Where an answer was asked for, as whoever asks says it.
import { assertEquals } from "@std/assert";
import { DEVICE_NAME_CHARS_MAX } from "../../../lib/protocol/api.ts";
import { Api } from "../../support/api.ts";
import { startApp } from "../../support/app.ts";
import { assertProblem } from "./expect.ts";

const DEVICE = { id: "00000000-0000-4000-8000-00000000000d", name: "Firefox on Android" };
const OTHER = { ...DEVICE, name: "Safari on iPad" };

Deno.test("an answer says where it was asked for, queued, regenerated and at its end; the same send from elsewhere is the same send", async () => {
  await using app = await startApp({ env: { DEMO_TOKENS_PER_SECOND: "200" } });
  const api = await Api.session(app.url);
  const { id } = await api.create();
  const first = { id: crypto.randomUUID(), text: "count to 40" };
  const sent = await api.send(id, { ...first, device: DEVICE });
  assertEquals(await api.send(id, { ...first, device: OTHER }), sent);
  const queued = await api.send(id, { text: "count to 2", device: OTHER });
  assertEquals((await api.finished(id, sent.reply.messageId)).askedFrom, DEVICE);
  assertEquals((await api.finished(id, queued.reply.messageId)).askedFrom, OTHER);
  const again = await api.regenerate(id, { messageId: queued.reply.messageId, device: DEVICE });
  assertEquals(again.message.askedFrom, DEVICE);
  assertEquals((await api.finished(id, again.reply.messageId)).askedFrom, DEVICE);
  const plain = await api.send(id, { text: "count to 1" });
  assertEquals((await api.finished(id, plain.reply.messageId)).askedFrom, undefined);
});

Deno.test("an answer that goes on says where that was asked for", async () => {
  await using app = await startApp({ env: { DEMO_TOKENS_PER_SECOND: "50" } });
  const api = await Api.session(app.url);
  const { id } = await api.create();
  const { reply } = await api.send(id, { text: "count to 200", device: DEVICE });
  await api.followUntil(id, ({ messages }) => (messages.at(-1)?.parts.length ?? 0) > 0);
  await api.cancel(reply.generationId);
  assertEquals((await api.finished(id, reply.messageId)).askedFrom, DEVICE);
  const on = await api.goOn(id, { messageId: reply.messageId, device: OTHER });
  assertEquals(on.message.askedFrom, OTHER);
  await api.cancel(on.reply.generationId);
});

Deno.test("a device without shape is refused", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const { id } = await api.create();
  const bad = [
    "Firefox",
    { id: DEVICE.id },
    { name: DEVICE.name },
    { ...DEVICE, id: "1" },
    { ...DEVICE, name: "" },
    { ...DEVICE, name: " " },
    { ...DEVICE, name: "x".repeat(DEVICE_NAME_CHARS_MAX + 1) },
    { ...DEVICE, name: "a\nb" },
    { ...DEVICE, name: "a\u202eb" },
    { ...DEVICE, name: "\ud800" },
    { ...DEVICE, os: "Android" },
  ];
  for (const device of bad) {
    for (
      const [wish, body] of [
        ["messages", { text: "hi" }],
        ["regenerate", { messageId: DEVICE.id }],
        ["continue", { messageId: DEVICE.id }],
      ] as const
    ) {
      await assertProblem(
        await api.request("POST", `/api/conversations/${id}/${wish}`, { ...body, device }),
        "invalid",
      );
    }
  }
});
