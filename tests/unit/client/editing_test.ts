// Other words for what was said, and which version of it is shown, as one tab knows them.
import { assertEquals } from "@std/assert";
import { keepWords, wordsFor } from "@/lib/client/edits.ts";
import { Store } from "@/lib/client/store.ts";
import type { TopicEvent } from "@/lib/client/topic_event.ts";
import type { Snapshot } from "@/lib/protocol/event.ts";
import { textOf } from "@/lib/protocol/message.ts";
import { fakePage } from "./fake_page.ts";
import { conversation, id, message, text, TOPIC } from "./sample.ts";

const asked = message({ id: id(9), role: "user", status: "complete", parts: text("hi") });
const first = message({ id: id(10), parentId: id(9), status: "complete", parts: text("one") });
const second = message({ id: id(11), parentId: id(9), status: "complete", parts: text("two") });
const third = message({ id: id(12), parentId: id(9), status: "complete", parts: text("three") });
const idle: Snapshot = {
  conversation: conversation({ activeLeaf: id(12) }),
  messages: [asked, first, second, third],
  cursor: 0,
};
const json = (body: unknown, status = 200) => Response.json(body, { status });
const ACCEPTED = { message: message(), reply: { messageId: id(10), generationId: id(90) }, cursor: 1 };

function open(snapshot: Snapshot, page = fakePage()) {
  const store = new Store(page);
  store.adopt({
    snapshot,
    list: { conversations: [conversation()], cursor: 0 },
    nextCursor: null,
    models: { models: [], defaultModel: "demo/tour", fallbacks: [] },
  });
  store.start();
  const settle = async (ms = 50) => {
    await page.clock.advance(ms);
    page.frames.splice(0).forEach((paint) => paint());
  };
  return { page, store, server: page.server, settle, end: () => page.listener().hide() };
}

const shown = (store: Store) => store.open.shown.value.map((item) => textOf(item.message)).join(" ");
/** What the server says of a leaf that has moved. */
const moved = (n: number, activeLeaf: string): TopicEvent => ({
  type: "conversation",
  id: n,
  topic: TOPIC,
  data: { conversation: conversation({ activeLeaf }) },
});

Deno.test("T12: a version that is chosen is kept by the server; of quick choices the last, and none shows another meanwhile", async () => {
  const { store, server, settle, end } = open(idle);
  await settle();
  const answers: PromiseWithResolvers<Response>[] = [];
  server.answer = () => {
    const answer = Promise.withResolvers<Response>();
    answers.push(answer);
    return answer.promise;
  };
  const kept = store.answers.choose(id(11), "version-back");
  await settle();
  assertEquals([shown(store), server.calls.length], ["hi two", 1]);
  void store.answers.choose(id(12), "version-back");
  void store.answers.choose(id(10), "version-back");
  await settle();
  assertEquals([shown(store), server.calls.length], ["hi one", 1], "one call at a time");
  server.append(moved(1, id(11)));
  await settle();
  assertEquals(shown(store), "hi one", "what the first choice moved is not what was chosen last");
  answers[0]!.resolve(json(conversation({ activeLeaf: id(11) })));
  await settle();
  server.append(moved(2, id(10)));
  answers[1]!.resolve(json(conversation({ activeLeaf: id(10) })));
  await settle();
  await kept;
  assertEquals(server.calls.map(({ name, body }) => [name, body]), [
    [`PATCH /api/conversations/${TOPIC}`, { activeLeaf: id(11) }],
    [`PATCH /api/conversations/${TOPIC}`, { activeLeaf: id(10) }],
  ]);
  // News from elsewhere is followed again.
  server.append(moved(3, id(12)));
  await settle();
  assertEquals(shown(store), "hi three");
  end();
});

Deno.test("T12: while an answer is written a choice is this tab's own, and the next message goes where it leads", async () => {
  const running = { ...idle, conversation: conversation({ activeLeaf: id(12), running: id(90) }) };
  const { store, server, settle, end } = open(running);
  await settle();
  server.answer = () => json(ACCEPTED, 202);
  await store.answers.choose(id(10), "version-back");
  assertEquals([shown(store), server.calls], ["hi one", []]);
  assertEquals(store.notices.status.value, "Version 1 of 3.");
  store.send("and then");
  await settle();
  assertEquals((server.calls[0]!.body as { parentId: string }).parentId, id(10));
  end();
  // It began in the very moment of the choice: nobody is told of a fault.
  const late = open(idle);
  await late.settle();
  late.server.answer = () =>
    json({ code: "running", detail: "An answer is being written.", status: 409 }, 409);
  await late.store.answers.choose(id(10), "version-back");
  assertEquals([shown(late.store), late.store.notices.items.value], ["hi one", []]);
  // What else went wrong is told.
  late.server.answer = () => json({ code: "not_found", detail: "It is gone.", status: 404 }, 404);
  await late.store.answers.choose(id(11), "version-back");
  assertEquals(late.store.notices.items.value.map((notice) => notice.text), [
    "The version is shown in this tab only. It is gone.",
  ]);
  late.end();
});

Deno.test("M3: other words follow what the old ones follow, and leave the composer alone; unsent, they still do after a reload", async () => {
  const { page, store, server, settle, end } = open(idle);
  await settle();
  store.drafts.writeText(TOPIC, "a draft");
  server.answer = () => json({ code: "limited", detail: "Wait.", status: 429 }, 429);
  const sent = store.sendInstead(asked, "hello");
  await settle();
  const { parentId, text: said } = server.calls[0]!.body as { parentId: null; text: string };
  assertEquals([said, parentId, store.drafts.read(TOPIC).text], ["hello", null, "a draft"]);
  assertEquals(store.pending.value[0]?.state, "failed");
  end();
  const again = open(idle, Object.assign(fakePage(), { shelf: page.shelf }));
  await again.settle();
  again.server.answer = () => json(ACCEPTED, 202);
  again.store.outbox.retry(sent!);
  await again.settle();
  const body = again.server.calls[0]!.body as { parentId: null; id: string };
  assertEquals([body.id, body.parentId], [sent, null]);
  again.end();
});

Deno.test("E1: words of an edit survive a reload and another edit; when their message is removed, the composer has them", async () => {
  const { page, store, settle, end } = open(idle);
  await settle();
  store.editing.begin(asked.id);
  keepWords(store.editing, asked.id, "hello");
  store.editing.begin(second.id);
  keepWords(store.editing, second.id, "zwei");
  assertEquals([wordsFor(store.editing, asked.id), wordsFor(store.editing, second.id)], ["hello", "zwei"]);
  end();
  const again = open(idle, Object.assign(fakePage(), { shelf: page.shelf }));
  await again.settle();
  assertEquals([again.store.editing.message.value, again.store.editing.begun], [second.id, false]);
  again.store.drafts.writeText(TOPIC, "a draft");
  again.server.append({
    type: "rewritten",
    id: 1,
    topic: TOPIC,
    data: { removed: [second.id], moved: [], unsummarised: [] },
  });
  await again.settle();
  await again.store.answers.rescue(again.store.editing);
  assertEquals([again.store.fill.value, again.store.editing.message.value], ["zwei\n\na draft", null]);
  assertEquals(wordsFor(again.store.editing, second.id), undefined);
  assertEquals(wordsFor(again.store.editing, asked.id), "hello", "those of others stay");
  keepWords(again.store.editing, asked.id, undefined);
  again.store.drafts.writeText(TOPIC, "");
  assertEquals(page.shelf.length, 0);
  again.end();
});

Deno.test("C13: the last message of the branch that is shown is edited, unless one is on its way", async () => {
  const { store, server, settle, end } = open(idle);
  await settle();
  assertEquals([store.editLast(), store.editing.message.value, store.editing.begun], [true, asked.id, true]);
  store.editing.message.value = null;
  server.answer = () => new Promise(() => {});
  store.send("next");
  assertEquals([store.editLast(), store.editing.message.value], [false, null]);
  end();
});
