import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import type { ConversationEntries, StreamEvent } from "@/lib/protocol/event.ts";
import { textOf } from "@/lib/protocol/message.ts";
import { type ConversationState, reduce } from "@/lib/protocol/reduce.ts";
import { conversation, id, message, text } from "../client/sample.ts";

function begun(messages = [message()], cursor = 1): ConversationState {
  const state = reduce(null, {
    type: "snapshot",
    id: cursor,
    data: { conversation: conversation(), messages, cursor },
  });
  assert(state !== null);
  return state;
}

function entry<T extends keyof ConversationEntries>(
  n: number,
  type: T,
  data: ConversationEntries[T],
): StreamEvent {
  return { type, data, id: n } as StreamEvent;
}

function words(n: number, attempt = 1): StreamEvent {
  return entry(n, "delta", { messageId: id(10), attempt, parts: text(`${n} `) });
}

function fold(state: ConversationState | null, events: StreamEvent[]): ConversationState {
  const end = events.reduce(reduce, state);
  assert(end !== null);
  return end;
}

Deno.test("R1: an event seen twice changes nothing, not even the object", () => {
  const once = fold(begun(), [words(2), words(3)]);
  assertStrictEquals(reduce(once, words(2)), once);
  assertStrictEquals(reduce(once, words(3)), once);
});

Deno.test("R1: a snapshot that is not newer changes nothing, so finished messages keep their identity", () => {
  const state = fold(begun(), [words(2)]);
  const again: StreamEvent = {
    type: "snapshot",
    id: 2,
    data: { conversation: conversation(), messages: [], cursor: 2 },
  };
  const stale: StreamEvent = {
    type: "snapshot",
    id: 1,
    data: { conversation: conversation(), messages: [], cursor: 1 },
  };
  assertStrictEquals(reduce(state, again), state);
  assertStrictEquals(reduce(state, stale), state);
});

Deno.test("R1, P1: any delivery with repeats, in order of first arrival, gives the text that one delivery gives", () => {
  const all = Array.from({ length: 20 }, (_, i) => words(i + 2));
  const expected = textOf(fold(begun(), all).messages[0]!);
  fc.assert(fc.property(fc.array(fc.nat(19), { maxLength: 60 }), (repeats) => {
    // Each repeat sends an event again right after the one that `i` names; a stream rewound does just that.
    const delivered = all.flatMap((
      event,
      i,
    ) => [event, ...repeats.filter((r) => r <= i).map((r) => all[r]!)]);
    assertEquals(textOf(fold(begun(), delivered).messages[0]!), expected);
  }));
});

Deno.test("R2: a hole is never papered over: the state says so and keeps its text until a snapshot comes", () => {
  const holed = fold(begun(), [words(2), words(4)]);
  assert(holed.gap);
  assertEquals(holed.cursor, 2);
  assertEquals(textOf(holed.messages[0]!), "2 ");
  assertStrictEquals(reduce(holed, words(5)), holed);
  const cured = fold(holed, [{
    type: "snapshot",
    id: 5,
    data: { conversation: conversation(), messages: [message({ parts: text("2 3 4 5 ") })], cursor: 5 },
  }, words(6)]);
  assert(!cured.gap);
  assertEquals(textOf(cured.messages[0]!), "2 3 4 5 6 ");
});

Deno.test("a restart voids the text before it, and late words of the old attempt are dropped", () => {
  const state = fold(begun(), [
    words(2),
    entry(3, "restart", { messageId: id(10), attempt: 2, reason: "taken_over" }),
    words(4, 1),
    words(5, 2),
  ]);
  assertEquals(textOf(state.messages[0]!), "5 ");
  assertEquals(state.messages[0]!.attempt, 2);
});

Deno.test("P6: nothing is appended to a message that has ended", () => {
  const ended = message({ status: "cancelled", parts: text("kept") });
  const state = fold(begun(), [entry(2, "message", { message: ended }), words(3)]);
  assertEquals(textOf(state.messages[0]!), "kept");
});

Deno.test("words of one message leave the others the objects they were", () => {
  const other = message({ id: id(11), status: "complete" });
  const state = begun([other, message()]);
  const next = fold(state, [words(2)]);
  assertStrictEquals(next.messages[0], other);
  assert(next.messages[1] !== state.messages[1]);
});

Deno.test("an entry of a kind that concerns no message still moves the cursor", () => {
  const state = fold(begun(), [
    entry(2, "conversation", { conversation: conversation({ title: "New" }) }),
    words(3),
  ]);
  assertEquals([state.conversation.title, state.cursor, state.gap], ["New", 3, false]);
});

Deno.test("a conversation that was deleted and restored is shown again by its snapshot", () => {
  const deleted = fold(begun(), [entry(2, "deleted", {})]);
  assert(deleted.deleted);
  const back = fold(deleted, [{
    type: "snapshot",
    id: 2,
    data: { conversation: conversation(), messages: [], cursor: 2 },
  }]);
  assert(!back.deleted);
});

Deno.test("R11: the arguments of a tool call grow under its id, beside whatever else is said", () => {
  const call = (callId: string, args: string) => ({ type: "tool_call" as const, callId, name: "add", args });
  const said = (n: number, ...parts: ReturnType<typeof call>[]) =>
    entry(n, "delta", { messageId: id(10), attempt: 1, parts });
  const state = fold(begun(), [
    words(2),
    said(3, call("a", '{"x"')),
    said(4, call("a", ":1"), call("a", "}")),
    said(5, call("b", "{}")),
    words(6),
  ]);
  const parts = state.messages.at(-1)!.parts;
  assertEquals(parts.slice(-4), [...text("2 "), call("a", '{"x":1}'), call("b", "{}"), ...text("6 ")]);
});

Deno.test("R3: a snapshot of the end leaves the ended messages before it, takes what it tells, and drops what may have grown", () => {
  const ended = (n: number, words: string) =>
    message({ id: id(n), status: "complete", parts: text(words), parentId: n === 1 ? null : id(n - 1) });
  const end = (cursor: number, messages: ReturnType<typeof message>[], ids: string[]): StreamEvent => ({
    type: "snapshot",
    id: cursor,
    data: {
      conversation: conversation({ activeLeaf: id(5) }),
      messages,
      forks: [{ parentId: id(2), ids }],
      earlier: { before: messages[0]!.id, messages: 2, chars: 9 },
      cursor,
    },
  });
  const before = fold(null, [
    end(3, [ended(2, "two"), ended(3, "three"), message({ id: id(4), status: "streaming" })], [id(3)]),
  ]);
  const after = fold(before, [end(9, [ended(3, "3"), ended(5, "five")], [id(3), id(7)])]);
  assertEquals(after.messages.map((m) => textOf(m)), ["two", "3", "five"]);
  assertStrictEquals(after.messages[0], before.messages[0]);
  assertEquals(after.forks, [{ parentId: id(2), ids: [id(3), id(7)] }]);
  assertEquals(after.earlier?.map((e) => e.before), [id(2), id(3)]);
});

Deno.test("M5: what was removed is gone, what was moved follows another, what is void is no summary; the rest is the same object", () => {
  const summary = { throughId: id(10), text: "short", by: "model" as const, createdAt: 0 };
  const messages = [
    message({ id: id(9) }),
    message({ parentId: id(9) }),
    message({ id: id(11), parentId: id(10) }),
  ];
  const state = fold(begun(messages), [entry(2, "summary", { summary })]);
  const after = fold(state, [entry(3, "rewritten", {
    removed: [id(10)],
    moved: [{ messageId: id(11), parentId: id(9) }],
    unsummarised: [id(10)],
  })]);
  assertEquals(after.messages.map((one) => [one.id, one.parentId]), [[id(9), null], [id(11), id(9)]]);
  assertEquals([after.summaries, after.cursor], [undefined, 3]);
  assertStrictEquals(after.messages[0], state.messages[0]);
});
