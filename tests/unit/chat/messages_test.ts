import { assertEquals } from "@std/assert";
import { everyMessage, writeMessage } from "@/lib/chat/messages.ts";
import { Store } from "@/lib/kv/store.ts";
import { Metrics } from "@/lib/observe/metrics.ts";

const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;

Deno.test("every message of every conversation is read once, a conversation after the other, whatever a page cuts off", async () => {
  using kv = await Deno.openKv(":memory:");
  const store = new Store(kv, new Metrics());
  assertEquals(await Array.fromAsync(everyMessage(store)), []);
  const written: [string, string, number][] = [];
  for (let n = 0; n < 260; n++) {
    // Nine rows each, so that a page ends within one.
    const text = "a".repeat(n < 60 ? 7.5 * 60 * 1024 : n);
    const message = {
      id: id(n),
      conversationId: id(1_000 + Math.floor(n / 50)),
      parentId: null,
      role: "user" as const,
      status: "complete" as const,
      parts: [{ type: "text" as const, text }],
      createdAt: 0,
    };
    await store.commit({ checks: [], writes: writeMessage({ message, seq: n, order: n }) });
    written.push([message.conversationId, message.id, text.length]);
  }
  const read = await Array.fromAsync(everyMessage(store), ({ message }) => {
    const [part] = message.parts;
    return [message.conversationId, message.id, part?.type === "text" ? part.text.length : -1];
  });
  assertEquals(read, written);
});
