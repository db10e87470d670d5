import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { lastOf, pageBefore, pageThrough } from "@/lib/chat/window.ts";
import { branch } from "@/lib/client/branch.ts";
import { withPage } from "@/lib/client/history.ts";
import type { MessagePage } from "@/lib/protocol/api.ts";
import type { Snapshot } from "@/lib/protocol/event.ts";
import type { Message, Status } from "@/lib/protocol/message.ts";
import { type ConversationState, reduce, withMore } from "@/lib/protocol/reduce.ts";
import { conversation, id, message, text } from "../client/sample.ts";

/** A tree: each message hangs below an earlier one, or below none; the leaf is one that was said. */
const tree = fc.record({
  parents: fc.array(fc.option(fc.nat(), { nil: null, freq: 12 }), { minLength: 1, maxLength: 40 }),
  queued: fc.nat({ max: 3 }),
  leaf: fc.nat(),
  limit: fc.integer({ min: 1, max: 9 }),
});

function snapshotOf(parents: readonly (number | null)[], queued: number, leaf: number): Snapshot {
  const messages: Message[] = parents.map((parent, i) =>
    message({
      id: id(100 + i),
      parentId: parent === null || i === 0 ? null : id(100 + parent % i),
      status: "complete",
      parts: text("x".repeat(i)),
    })
  );
  const end = messages[leaf % messages.length]!.id;
  for (let i = 0; i < queued; i++) {
    messages.push(message({ id: id(900 + i), role: "user", parentId: end, status: "queued" }));
  }
  return { conversation: conversation({ activeLeaf: end }), messages, cursor: 7 };
}

function stateOf(snapshot: Snapshot): ConversationState {
  const state = reduce(null, { type: "snapshot", data: snapshot, id: snapshot.cursor });
  assert(state !== null);
  return state;
}

function shown({ messages, conversation, forks }: ConversationState, choices = new Map<string, string>()) {
  return branch(messages, conversation.activeLeaf, choices, forks)
    .map(({ message, versions }) => ({ id: message.id, versions }));
}

function joined(state: ConversationState, page: MessagePage): ConversationState {
  const messages = withPage(state.messages, page, new Map());
  assert(messages !== null);
  return withMore(state, messages, page);
}

Deno.test("W1, W2: the last messages show what the whole shows there, with its versions, and pages before them the rest", () => {
  fc.assert(fc.property(tree, ({ parents, queued, leaf, limit }) => {
    const whole = snapshotOf(parents, queued, leaf);
    const all = shown(stateOf(whole));
    const last = lastOf(whole, limit);
    let state = stateOf(last);
    assertEquals(shown(state), all.slice(-limit));
    assertEquals(last.earlier?.messages ?? 0, Math.max(0, all.length - limit));
    for (let length = limit; length < all.length; length += limit) {
      const first = shown(state)[0]!.id;
      const page = pageBefore(whole, first, limit);
      assert(page !== null);
      state = joined(state, page);
      assertEquals(shown(state), all.slice(-length - limit));
    }
    assertEquals(state.messages.filter(({ status }) => status === "queued").length, queued);
  }));
});

Deno.test("W2: a branch that is not here is what the whole would show for its choice, once its end is loaded", () => {
  fc.assert(fc.property(tree, fc.nat(), ({ parents, queued, leaf, limit }, pick) => {
    const whole = snapshotOf(parents, queued, leaf);
    const last = lastOf(whole, limit);
    const forks = last.forks ?? [];
    const fork = forks[pick % Math.max(1, forks.length)];
    if (fork === undefined) return;
    const chosen = fork.ids[pick % fork.ids.length]!;
    const choices = new Map([[fork.parentId ?? "", chosen]]);
    const page = pageThrough(whole, chosen, 100);
    assert(page !== null);
    assertEquals(shown(joined(stateOf(last), page), choices), shown(stateOf(whole), choices));
  }));
});

Deno.test("W3: what has not ended is there, however far from the branch that is shown", () => {
  const whole = snapshotOf([null, 0, 1, 2, 3], 2, 4);
  const streaming = message({ id: id(800), parentId: id(100), status: "streaming" });
  const last = lastOf({ ...whole, messages: [streaming, ...whole.messages] }, 1);
  assertEquals(last.messages.map((m) => m.id), [id(800), id(104), id(900), id(901)]);
});

Deno.test("nobody is given a page around a message that was never said", () => {
  const whole = snapshotOf([null, 0], 1, 1);
  assertEquals([pageBefore(whole, id(1), 5), pageThrough(whole, id(1), 5), pageThrough(whole, id(900), 5)], [
    null,
    null,
    null,
  ]);
});

Deno.test("H1: what events told while a page was read stays, what did not change keeps its identity, and a growing answer is never guessed at", () => {
  const [a, b, c] = [1, 2, 3].map((n) => message({ id: id(n), status: "complete", parts: text(`${n}`) }));
  const rated = { ...a!, rating: "up" as const };
  const page = (messages: Message[], cursor: number): MessagePage => ({ messages, forks: [], cursor });
  const told = new Map([[id(1), 9]]);
  assertEquals(withPage([rated], page([a!], 8), told), [rated]);
  assertEquals(withPage([a!], page([rated], 9), told), [rated]);
  const merged = withPage([b!], page([a!, structuredClone(b!)], 1), new Map());
  assert(merged !== null && merged[1] === b);
  const growing = (status: Status) => message({ id: id(3), status });
  assertEquals(withPage([b!], page([growing("streaming")], 1), new Map()), null);
  assertEquals(withPage([growing("streaming")], page([c!], 1), new Map()), [growing("streaming")]);
});
