import { assertEquals } from "@std/assert";
import { Store } from "@/lib/client/store.ts";
import type { TopicEvent } from "@/lib/client/topic_event.ts";
import type { Snapshot } from "@/lib/protocol/event.ts";
import { fakePage, type FakeSurroundings } from "./fake_page.ts";
import { conversation, id, message, model, TOPIC } from "./sample.ts";

const MODELS = {
  models: [
    model(),
    model({ id: "openai/sol", provider: "openai", name: "Sol" }),
    model({ id: "openai/gone", provider: "openai", available: false }),
  ],
  defaultModel: "demo/tour",
  fallbacks: [],
};
const running: Snapshot = {
  conversation: conversation({ running: id(90), activeLeaf: id(10) }),
  messages: [message({ id: id(9), role: "user", status: "complete" }), message({ parentId: id(9) })],
  cursor: 0,
};
const json = (body: unknown, status = 200) => Response.json(body, { status });
const accepted = () =>
  json({ message: message(), reply: { messageId: id(10), generationId: id(90) }, cursor: 1 }, 202);

function open(snapshot: Snapshot | null, page: FakeSurroundings = fakePage()) {
  const store = new Store(page);
  store.adopt({ snapshot, list: { conversations: [], cursor: 0 }, nextCursor: null, models: MODELS });
  store.start();
  const settle = async (ms = 50) => {
    await page.clock.advance(ms);
    page.frames.splice(0).forEach((paint) => paint());
  };
  return {
    page,
    store,
    choice: store.choice,
    server: page.server,
    settle,
    end: () => page.listener().hide(),
  };
}
const news = (n: number, change: object): TopicEvent => ({
  type: "conversation",
  id: n,
  topic: TOPIC,
  data: { conversation: conversation({ ...running.conversation, ...change }) },
});

Deno.test("H1, P2: a model chosen while an answer runs stays chosen when that answer ends, and goes to the server", async () => {
  const { choice, server, settle, end } = open(running);
  await settle();
  const held = Promise.withResolvers<Response>();
  server.answer = () => held.promise;
  const chosen = choice.choose("openai/sol");
  await settle();
  assertEquals([choice.standing.value, server.calls[0]?.body], ["openai/sol", { model: "openai/sol" }]);
  server.append(news(1, { running: null }));
  await settle();
  assertEquals(choice.standing.value, "openai/sol", "the end of the answer told of the old model");
  held.resolve(json(conversation({ model: "openai/sol" })));
  await chosen;
  server.append(news(2, { running: null, model: "openai/sol" }));
  await settle();
  assertEquals(choice.standing.value, "openai/sol");
  server.append(news(3, { model: "demo/tour" })); // by another tab
  await settle();
  assertEquals(choice.standing.value, "demo/tour");
  end();
});

Deno.test("a choice that the server refuses is taken back and explained; the same choice again is no call", async () => {
  const { choice, store, server, settle, end } = open(running);
  await settle();
  server.answer = () => json({ code: "unknown_model", detail: "There is none.", requestId: "r" }, 422);
  await choice.choose("openai/sol");
  assertEquals([choice.standing.value, store.notices.items.value.length], ["demo/tour", 1]);
  await choice.choose("demo/tour");
  assertEquals(server.calls.length, 1);
  end();
});

Deno.test("H2, P2: a model for the next message alone is sent with it, and with none after it", async () => {
  const { choice, store, server, settle, end } = open({ ...running, conversation: conversation() });
  await settle();
  server.answer = accepted;
  choice.chooseOnce("openai/sol");
  assertEquals([choice.next.value, choice.standing.value, server.calls], ["openai/sol", "demo/tour", []]);
  store.send("one");
  store.send("two");
  await settle();
  assertEquals(server.calls.map(({ body }) => (body as { model: string }).model), [
    "openai/sol",
    "demo/tour",
  ]);
  assertEquals(choice.once.value, null);
  end();
});

Deno.test("H2: it survives a reload, unless the model has gone; choosing for all is its end", async () => {
  const first = open(running);
  await first.settle();
  first.choice.chooseOnce("openai/sol");
  first.end();
  const again = open(running, first.page);
  await again.settle();
  assertEquals(again.choice.next.value, "openai/sol");
  again.server.answer = () => json(conversation());
  await again.choice.choose("demo/tour");
  assertEquals([again.choice.once.value, again.store.drafts.read(TOPIC).once], [null, undefined]);
  again.store.drafts.change(TOPIC, { once: "openai/gone" });
  again.end();
  const third = open(running, first.page);
  await third.settle();
  assertEquals(third.choice.once.value, null);
  third.end();
});

Deno.test("H2: a first message by another model makes a conversation of the chosen one", async () => {
  const { choice, store, server, settle, end } = open(null);
  await settle();
  server.answer = ({ name }) =>
    name === "POST /api/conversations" ? json(conversation({ id: id(2) }), 201) : accepted();
  choice.chooseOnce("openai/sol");
  store.send("one");
  await settle();
  assertEquals(server.calls.map(({ body }) => (body as { model: string }).model), [
    "demo/tour",
    "openai/sol",
  ]);
  end();
});

Deno.test("a model that was kept for a new conversation and cannot be used now is not asked for", async () => {
  const page = fakePage();
  page.shelf.setItem("throughline.draft.new", JSON.stringify({ beginning: { model: "openai/gone" } }));
  const { choice, settle, end } = open(null, page);
  await settle();
  assertEquals(choice.next.value, "demo/tour");
  end();
});
