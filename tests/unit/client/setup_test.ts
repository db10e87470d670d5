import { assert, assertEquals } from "@std/assert";
import { Store } from "@/lib/client/store.ts";
import type { TopicEvent } from "@/lib/client/topic_event.ts";
import type { Snapshot } from "@/lib/protocol/event.ts";
import { fakePage, type FakeSurroundings } from "./fake_page.ts";
import { conversation, id, message, model, TOPIC } from "./sample.ts";

const MODELS = {
  models: [model(), model({ id: "openai/sol", provider: "openai", name: "Sol" })],
  defaultModel: "demo/tour",
  fallbacks: [],
};
const idle: Snapshot = {
  conversation: conversation({ systemPrompt: "Be brief.", params: { temperature: 1 }, fallbacks: ["a/b"] }),
  messages: [],
  cursor: 0,
};
const json = (body: unknown, status = 200) => Response.json(body, { status });
const refusal = () => json({ code: "invalid", detail: "No such model.", requestId: "r1" }, 400);

function open(snapshot: Snapshot | null, page: FakeSurroundings = fakePage()) {
  const store = new Store(page);
  store.adopt({ snapshot, list: { conversations: [], cursor: 0 }, nextCursor: null, models: MODELS });
  store.start();
  const settle = async (ms = 50) => {
    await page.clock.advance(ms);
    page.frames.splice(0).forEach((paint) => paint());
  };
  return { page, store, setup: store.setup, server: page.server, settle, end: () => page.listener().hide() };
}
const changed = (n: number, change: object): TopicEvent => ({
  type: "conversation",
  id: n,
  topic: TOPIC,
  data: { conversation: conversation({ ...idle.conversation, ...change }) },
});

Deno.test("T2: saving writes what was changed here, and nothing else", async () => {
  const { setup, server, end } = open(idle);
  server.answer = () => json(idle.conversation);
  setup.change({ systemPrompt: "Be long." });
  assertEquals([setup.shown.value.systemPrompt, setup.shown.value.params], ["Be long.", { temperature: 1 }]);
  assert(setup.changed.value);
  assert(await setup.save());
  assertEquals(server.calls, [{
    name: `PATCH /api/conversations/${TOPIC}`,
    body: { systemPrompt: "Be long." },
  }]);
  assertEquals(setup.edits.value, {});
  setup.change({ params: { effort: "low" }, fallbacks: null });
  await setup.save();
  assertEquals(server.calls.at(-1)?.body, { params: { effort: "low" }, fallbacks: null });
  end();
});

Deno.test("what was changed back is no change", async () => {
  const { setup, server, end } = open(idle);
  setup.change({ systemPrompt: "x", params: { temperature: 0.5 }, fallbacks: ["c/d"] });
  setup.change({ systemPrompt: "Be brief.", params: { temperature: 1 }, fallbacks: ["a/b"] });
  assert(!setup.changed.value);
  assert(await setup.save());
  assertEquals(server.calls, []);
  end();
});

Deno.test("T1: what could not be saved is still there, with the reason, and survives a look at another conversation", async () => {
  const { setup, store, server, settle, end } = open(idle);
  await settle();
  server.answer = refusal;
  setup.change({ systemPrompt: "My long words", fallbacks: ["no/such"] });
  assert(!await setup.save());
  assertEquals([setup.failure.value?.detail, setup.shown.value.systemPrompt], [
    "No such model.",
    "My long words",
  ]);
  server.answer = () => json({ conversation: conversation({ id: id(2) }), messages: [], cursor: 1 });
  await store.go(id(2));
  await settle();
  assertEquals([setup.changed.value, setup.failure.value, setup.shown.value.systemPrompt], [false, null, ""]);
  await store.go(TOPIC);
  await settle();
  assertEquals(setup.shown.value.systemPrompt, "My long words");
  setup.discard();
  assertEquals([setup.shown.value.systemPrompt, setup.changed.value], ["Be brief.", false]);
  end();
});

Deno.test("what another tab changed shows here, and leaves alone what is being changed here", async () => {
  const { setup, server, settle, end } = open(idle);
  await settle();
  setup.change({ systemPrompt: "Mine" });
  server.append(changed(1, { systemPrompt: "Theirs", params: { temperature: 0.2 } }));
  await settle();
  assertEquals([setup.shown.value.systemPrompt, setup.shown.value.params], ["Mine", { temperature: 0.2 }]);
  end();
});

Deno.test("what is typed while it is being saved is not taken for saved", async () => {
  const { setup, server, settle, end } = open(idle);
  await settle();
  const held = Promise.withResolvers<Response>();
  server.answer = () => held.promise;
  setup.change({ systemPrompt: "One" });
  const saved = setup.save();
  await settle();
  setup.change({ systemPrompt: "One two" });
  held.resolve(json(idle.conversation));
  await saved;
  assertEquals(setup.edits.value, { systemPrompt: "One two" });
  end();
});

Deno.test("T3: settings of a conversation that is not begun survive a reload and go along when it is made", async () => {
  const first = open(null);
  await first.settle();
  first.setup.change({ systemPrompt: "Be kind.", params: { temperature: 0.3 }, fallbacks: ["openai/sol"] });
  assert(await first.setup.save());
  await first.store.choice.choose("openai/sol");
  assertEquals(first.server.calls, []);
  first.end();

  const page = fakePage();
  const key = first.page.shelf.key(0)!;
  page.shelf.setItem(key, first.page.shelf.getItem(key)!);
  const { store, server, settle, end } = open(null, page);
  await settle();
  assertEquals([store.choice.next.value, store.setup.shown.value.systemPrompt], ["openai/sol", "Be kind."]);
  const made = conversation({ id: id(2), model: "openai/sol" });
  server.answer = ({ name }) =>
    name === "POST /api/conversations"
      ? json(made, 201)
      : json({ message: message(), reply: { messageId: id(10), generationId: id(90) }, cursor: 1 }, 202);
  store.send("Hello");
  await settle();
  assertEquals(server.calls[0]?.body, {
    systemPrompt: "Be kind.",
    params: { temperature: 0.3 },
    fallbacks: ["openai/sol"],
    model: "openai/sol",
  });
  await settle();
  await store.go(null);
  assertEquals([store.setup.shown.value.systemPrompt, store.choice.next.value], ["", "demo/tour"]);
  assertEquals(store.drafts.read(null).beginning, undefined);
  end();
});

Deno.test("a preset is taken over to be looked at, model and all, and written when it is saved", async () => {
  const { setup, server, end } = open(idle);
  server.answer = () => json(idle.conversation);
  setup.use({ name: "Terse", systemPrompt: "Be terse.", params: {}, model: "openai/sol" });
  assertEquals([setup.shown.value.model, setup.shown.value.params], ["openai/sol", {}]);
  await setup.save();
  assertEquals(server.calls[0]?.body, { systemPrompt: "Be terse.", params: {}, model: "openai/sol" });
  end();
});
