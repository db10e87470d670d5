import { assertEquals } from "@std/assert";
import { Waiting } from "@/lib/client/waiting.ts";
import type { Message } from "@/lib/protocol/message.ts";
import type { ConversationState } from "@/lib/protocol/reduce.ts";
import { conversation, id, message, text, TOPIC } from "./sample.ts";

const queued = (n: number, words: string, change: Partial<Message> = {}) =>
  message({ id: id(n), role: "user", status: "queued", parts: text(words), ...change });

/** A conversation in which these messages wait, as far as they are `queued`. */
function stateOf(messages: Message[]): ConversationState {
  const queue = messages.filter(({ status }) => status === "queued").map((one) => ({
    messageId: one.id,
    replyId: id(0),
    generationId: id(0),
    model: "demo/tour",
  }));
  const running = id(90);
  return { conversation: conversation({ running, queue }), messages, cursor: 1, deleted: false, gap: false };
}

function scene(state: ConversationState, draft = "") {
  const calls: unknown[][] = [];
  const told: string[] = [];
  const box = { text: draft };
  let answer = () => Promise.resolve(true);
  const call = (...args: unknown[]) => (calls.push(args), Promise.resolve(undefined as never));
  const waiting = new Waiting({
    api: {
      editQueued: (...args) => call("edit", ...args),
      removeQueued: (...args) => call("remove", ...args),
      sendNow: (...args) => call("now", ...args),
    },
    state: () => state,
    attempt: async (_what, call) => (await call(), await answer()),
    draft: () => draft,
    fill: (text) => void (box.text = text),
    tell: (text) => void told.push(text),
  });
  return { waiting, calls, told, box, refuse: () => (answer = () => Promise.resolve(false)) };
}

const TWO = stateOf([queued(11, "first"), queued(12, "second")]);

Deno.test("W2: an edit puts the words into the composer, saves them, and gives the draft back", async () => {
  const { waiting, calls, box } = scene(TWO, "a draft");
  waiting.edit(id(11));
  assertEquals([waiting.editing.value, box.text], [id(11), "first"]);
  await waiting.save("first, edited");
  assertEquals(calls, [["edit", TOPIC, id(11), "first, edited"]]);
  assertEquals([waiting.editing.value, box.text], [null, "a draft"]);
});

Deno.test("W2: an edit that is left changes nothing, and nothing is saved of nothing", async () => {
  const { waiting, calls, box } = scene(TWO, "a draft");
  waiting.edit(id(11));
  await waiting.save(" \n");
  assertEquals([waiting.editing.value, calls], [id(11), []]);
  waiting.leave();
  assertEquals([waiting.editing.value, box.text, calls], [null, "a draft", []]);
  await waiting.save("words of nobody's");
  assertEquals(calls, []);
});

Deno.test("the message that came last is edited first; without one there is nothing to edit", () => {
  const some = scene(TWO);
  assertEquals([some.waiting.editLast(), some.waiting.editing.value], [true, id(12)]);
  const none = scene(stateOf([queued(11, "said", { status: "complete" })]));
  assertEquals([none.waiting.editLast(), none.waiting.editing.value], [false, null]);
  none.waiting.edit(id(11));
  assertEquals(none.waiting.editing.value, null);
});

Deno.test("W1: words of an edit that came too late stay, before the draft, and the person is told", () => {
  const { waiting, told, box } = scene(TWO, "a draft");
  waiting.edit(id(11));
  waiting.typed("first, half ed");
  waiting.seen(TWO);
  assertEquals([waiting.editing.value, told], [id(11), []]);
  waiting.seen(stateOf([queued(11, "first", { status: "complete" }), queued(12, "second")]));
  assertEquals([waiting.editing.value, box.text, told.length], [null, "first, half ed\n\na draft", 1]);
});

Deno.test("W1: words that the message had when its turn came are given up without a word", async () => {
  const { waiting, told, box, refuse } = scene(TWO, "a draft");
  waiting.edit(id(11));
  refuse();
  await waiting.save("first, edited");
  assertEquals(waiting.editing.value, id(11), "a refused edit goes on");
  waiting.seen(stateOf([queued(11, "first, edited", { status: "complete" }), queued(12, "second")]));
  assertEquals([waiting.editing.value, box.text, told], [null, "a draft", []]);
});

Deno.test("W1: words of a message that somebody else removed stay, even when they are its own", () => {
  const { waiting, told, box } = scene(TWO);
  waiting.edit(id(11));
  waiting.seen(stateOf([queued(11, "first", { status: "cancelled" }), queued(12, "second")]));
  assertEquals([waiting.editing.value, box.text, told.length], [null, "first", 1]);
});

Deno.test("removing the message that is being edited ends the edit; sending another at once does not", async () => {
  const { waiting, calls, box } = scene(TWO, "a draft");
  waiting.edit(id(11));
  await waiting.sendNow(id(12));
  assertEquals(waiting.editing.value, id(11));
  await waiting.remove(id(11));
  assertEquals([waiting.editing.value, box.text], [null, "a draft"]);
  assertEquals(calls, [["now", TOPIC, id(12)], ["remove", TOPIC, id(11)]]);
});
