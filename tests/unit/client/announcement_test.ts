import { assertEquals } from "@std/assert";
import { announcement } from "@/lib/client/announcement.ts";
import type { Message } from "@/lib/protocol/message.ts";
import type { ConversationState } from "@/lib/protocol/reduce.ts";
import { conversation, message, text } from "./sample.ts";

function state(...messages: Message[]): ConversationState {
  return { conversation: conversation(), messages, cursor: 1, deleted: false, gap: false };
}

Deno.test("words as they come are not announced; the end is, once and with the text", () => {
  const before = state(message());
  const growing = state(message({ parts: text("one two") }));
  const ended = state(message({ status: "complete", parts: text("one two three") }));
  assertEquals(announcement(before, growing), null);
  assertEquals(announcement(growing, ended), {
    status: "Response complete, 3 words.",
    reply: "one two three",
  });
  assertEquals(announcement(ended, ended), null);
});

Deno.test("stopping, failing and beginning again have words of their own", () => {
  const before = state(message({ parts: text("a") }));
  assertEquals(
    announcement(before, state(message({ status: "cancelled", parts: text("a") })))?.status,
    "Stopped.",
  );
  const error = { code: "provider_overloaded" as const, detail: "It is busy." };
  assertEquals(
    announcement(before, state(message({ status: "failed", error })))?.alert,
    "The answer failed. It is busy.",
  );
  assertEquals(
    announcement(before, state(message({ attempt: 2 })))?.status,
    "The answer was interrupted and begins again.",
  );
});

Deno.test("opening a conversation announces none of its past", () => {
  const ended = message({ status: "complete", parts: text("old") });
  assertEquals(announcement(null, state(ended)), null);
  assertEquals(announcement(state(), state(ended)), null);
});

Deno.test("P6: a wait for the provider is announced once for each try, and another model once", () => {
  const waiting = {
    until: 5_000,
    code: "provider_rate_limit" as const,
    detail: "OpenAI is limiting requests.",
    tried: 1,
    triesMax: 3,
  };
  const waits = state(message({ waiting }));
  assertEquals(
    announcement(state(message()), waits)?.status,
    "OpenAI is limiting requests. Trying again soon, 2 of 3.",
  );
  assertEquals(announcement(waits, state(message({ waiting }))), null);
  assertEquals(
    announcement(waits, state(message({ waiting: { ...waiting, tried: 2 } })))?.status,
    "OpenAI is limiting requests. Trying again soon, 3 of 3.",
  );
  const fallback = { from: "a/b", code: "provider_overloaded" as const, detail: "OpenAI is overloaded." };
  const other = state(message({ fallback }));
  assertEquals(announcement(waits, other)?.status, "Another model answers. OpenAI is overloaded.");
  assertEquals(announcement(other, state(message({ fallback, parts: text("Hi") }))), null);
});
