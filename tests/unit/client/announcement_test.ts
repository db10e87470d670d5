import { assertEquals } from "@std/assert";
import { announcement as said, pieces, progress } from "@/lib/client/announcement.ts";
import type { Message } from "@/lib/protocol/message.ts";
import type { ConversationState } from "@/lib/protocol/reduce.ts";
import { conversation, id, message, text } from "./sample.ts";

const announcement = (before: ConversationState | null, after: ConversationState, how = "full" as const) =>
  said(before, after, (text) => text, how);

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
    reply: ["one two three"],
  });
  assertEquals(announcement(ended, ended), null);
});

Deno.test("an answer that began and ended between two frames is announced; one that comes in from before is not", () => {
  const asked = message({ role: "user", status: "complete", parts: text("a?"), createdAt: 50 });
  const answer = message({ id: id(77), status: "complete", parts: text("a"), createdAt: 50 });
  const after = { ...state(asked, answer), cursor: 2 };
  assertEquals(announcement(state(asked), after)?.status, "Response complete, 1 word.");
  assertEquals(announcement(state(asked), { ...after, cursor: 1 }), null, "a page of what came before");
  const older = { ...state({ ...answer, createdAt: 10 }, asked), cursor: 2 };
  assertEquals(announcement(state(asked), older), null);
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

Deno.test("K4: of an answer all is read, or its first sentence, or none of it", () => {
  const before = state(message());
  const after = state(
    message({ status: "complete", parts: text("Well (so to say) it is 3.5 m. And that\nis **all**.") }),
  );
  const spoken = (markdown: string) => markdown.replaceAll("*", "");
  assertEquals(said(before, after, spoken, "full")?.reply, [
    "Well (so to say) it is 3.5 m. And that\nis all.",
  ]);
  assertEquals(said(before, after, spoken, "sentence")?.reply, ["Well (so to say) it is 3.5 m."]);
  assertEquals(said(before, after, spoken, "completion"), { status: "Response complete, 12 words." });
  const long = state(message({ status: "complete", parts: text("Many words. ".repeat(4_000)) }));
  const reply = said(before, long, spoken, "full")?.reply?.join("") ?? "";
  assertEquals([reply.length < 17_000, reply.endsWith("The rest is on the page.")], [true, true]);
  const line = state(message({ status: "complete", parts: text("No full stop\nand a second line.") }));
  assertEquals(said(before, line, spoken, "sentence")?.reply, ["No full stop"]);
});

Deno.test("K4: a long text is read in pieces of 500 characters at most, none of it lost, cut between sentences", () => {
  const sentences = Array.from({ length: 40 }, (_, i) => `This is the sentence with number ${i}. `).join("");
  for (
    const words of [
      sentences,
      "word ".repeat(400),
      "x".repeat(1_234),
      "😀".repeat(600),
      "",
      "a\n".repeat(700),
    ]
  ) {
    const cut = pieces(words);
    assertEquals(cut.join(""), words);
    assertEquals(cut.filter((piece) => piece.length > 500 || !piece.isWellFormed()), []);
  }
  assertEquals(pieces(sentences).filter((piece) => !/\. $/.test(piece)), []);
});

Deno.test("K4: of an answer that grows its words are counted", () => {
  assertEquals(progress(message()), "Still waiting for the answer.");
  assertEquals(progress(message({ parts: [{ type: "reasoning", text: "Hm" }] })), "Still thinking.");
  assertEquals(progress(message({ parts: text("one") })), "Still generating, 1 word.");
  assertEquals(progress(message({ parts: text("one two ") })), "Still generating, 2 words.");
});
