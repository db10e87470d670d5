import { assert, assertEquals } from "@std/assert";
import { Store } from "@/lib/client/store.ts";
import type { Topic, TopicEvent } from "@/lib/client/topic_event.ts";
import { textOf } from "@/lib/protocol/message.ts";
import type { Snapshot } from "@/lib/protocol/event.ts";
import { fakePage } from "./fake_page.ts";
import { conversation, delta, id, message, text, TOPIC } from "./sample.ts";

const MODELS = { models: [], defaultModel: "demo/tour", fallbacks: [] };
const LIST = { conversations: [conversation()], cursor: 0 };

function open(snapshot: Snapshot | null) {
  const page = fakePage();
  const store = new Store(page);
  store.adopt({ snapshot, list: LIST, nextCursor: null, models: MODELS });
  store.start();
  const frame = () => page.frames.splice(0).forEach((paint) => paint());
  const settle = async (ms = 50) => {
    await page.clock.advance(ms);
    frame();
  };
  return { page, store, server: page.server, frame, settle, end: () => page.listener().hide() };
}

const running: Snapshot = {
  conversation: conversation({ running: id(90), activeLeaf: id(10) }),
  messages: [
    message({ id: id(9), role: "user", status: "complete", parts: text("hi") }),
    message({ parentId: id(9) }),
  ],
  cursor: 0,
};
const idle: Snapshot = { conversation: conversation(), messages: [], cursor: 0 };
const json = (body: unknown, status = 200) => Response.json(body, { status });
const entry = (n: number, event: Partial<TopicEvent>, topic: Topic = TOPIC) =>
  ({ id: n, topic, ...event }) as TopicEvent;

Deno.test("islands may come in any order: the connection waits for the last, with the cursors of the page", async () => {
  const page = fakePage();
  const store = new Store(page);
  store.adopt({ conversation: running.conversation, models: MODELS });
  store.start();
  assertEquals([store.open.id.value, store.busy.value], [TOPIC, true]);
  store.adopt({ list: { conversations: [], cursor: 4 }, nextCursor: null });
  store.start();
  await page.clock.advance(50);
  assertEquals(page.server.streams.length, 0);
  store.adopt({ snapshot: { ...running, cursor: 7 } });
  store.start();
  store.start();
  await page.clock.advance(50);
  assertEquals(page.server.streams.map((stream) => stream.query), [`user@4,${TOPIC}@7`]);
  page.listener().hide();
});

Deno.test("S1: any number of events make one picture per frame, and a page that is covered shows at once", async () => {
  const { page, store, server, settle, frame, end } = open(running);
  await settle();
  let pictures = 0;
  const stop = store.open.state.subscribe(() => pictures++);
  pictures = 0;
  for (let n = 1; n <= 200; n++) server.append(delta(n));
  await page.clock.advance(0);
  assertEquals([pictures, page.frames.length], [0, 1]);
  frame();
  assertEquals(pictures, 1);
  server.append(delta(201));
  await page.clock.advance(0);
  page.listener().cover();
  assertEquals([pictures, store.open.state.value?.cursor], [2, 201]);
  stop();
  end();
});

Deno.test("a message is shown in the moment it is sent, and is the same one when it arrives", async () => {
  const { store, server, settle, end } = open(idle);
  await settle();
  const answered = Promise.withResolvers<Response>();
  server.answer = () => answered.promise;
  assert(store.send("Hello"));
  const [pending] = store.pending.value;
  assertEquals([pending?.text, pending?.state, store.busy.value], ["Hello", "sending", true]);
  server.append(entry(1, {
    type: "message",
    data: { message: message({ id: pending!.id, role: "user", status: "complete", parts: text("Hello") }) },
  }));
  await settle();
  assertEquals(store.pending.value, []);
  assertEquals(store.open.shown.value.map((item) => textOf(item.message)), ["Hello"]);
  answered.resolve(
    json({ message: message(), reply: { messageId: id(10), generationId: id(90) }, cursor: 1 }, 202),
  );
  await settle();
  assertEquals(store.drafts.read(TOPIC).unsent, []);
  end();
});

Deno.test("nothing is sent of nothing", () => {
  const { store, end } = open(idle);
  assertEquals([store.send(""), store.send(" \n ")], [false, false]);
  end();
});

Deno.test("P7: a send whose answer is lost goes again under its id; refused, it keeps its text and says why", async () => {
  const { store, server, settle, end } = open(idle);
  await settle();
  server.refusals.push(null);
  server.answer = () =>
    new Response(JSON.stringify({ code: "limited", detail: "Wait a minute.", requestId: "r1" }), {
      status: 429,
      headers: { "content-type": "application/problem+json" },
    });
  store.send("Hello");
  await settle(1_000);
  const [failed] = store.pending.value;
  assertEquals(failed?.error, { code: "limited", detail: "Wait a minute.", requestId: "r1" });
  assertEquals([failed?.state, store.busy.value, store.drafts.read(TOPIC).unsent.length], [
    "failed",
    false,
    1,
  ]);
  const accepted = { message: message(), reply: { messageId: id(10), generationId: id(90) }, cursor: 1 };
  server.answer = () => json(accepted, 202);
  store.outbox.retry(failed!.id);
  await settle();
  const sent = server.calls.map(({ body }) => (body as { id: string }).id);
  assertEquals(sent, [failed!.id, failed!.id]);
  assertEquals([store.pending.value[0]?.state, store.generation.value], ["accepted", id(90)]);
  end();
});

Deno.test("what was unsent when the page was left is offered again, unless the conversation has it", async () => {
  const before = open(idle);
  await before.settle();
  before.server.answer = () => new Promise(() => {});
  before.store.send("first");
  await before.settle();
  before.end();
  const page = fakePage();
  for (const key of [before.page.shelf.key(0)!]) page.shelf.setItem(key, before.page.shelf.getItem(key)!);
  const store = new Store(page);
  store.adopt({ snapshot: idle, list: LIST, nextCursor: null, models: MODELS });
  store.start();
  const [offered] = store.pending.value;
  assertEquals([offered?.text, offered?.state, offered?.id], ["first", "failed", id(501)]);
  page.listener().hide();
  const arrived = { ...idle, messages: [message({ id: id(501), role: "user", status: "complete" })] };
  const third = new Store(page);
  third.adopt({ snapshot: arrived, list: LIST, nextCursor: null, models: MODELS });
  third.start();
  assertEquals([third.pending.value, third.drafts.read(TOPIC).unsent], [[], []]);
  page.listener().hide();
});

Deno.test("a message that turns out to be further up than what is here waits for nothing", async () => {
  const { store, server, settle, end } = open({ ...idle, cursor: 9, forks: [] });
  store.drafts.addUnsent(TOPIC, { id: id(77), text: "said long ago", model: "demo/tour" });
  store.outbox.restore(TOPIC, []);
  server.logs.set(TOPIC, Array.from({ length: 9 }, (_, n) => delta(n + 1)));
  await settle();
  server.answer = () =>
    json({ message: message(), reply: { messageId: id(10), generationId: id(90) }, cursor: 4 }, 202);
  void store.outbox.retry(id(77));
  await settle();
  assertEquals([store.pending.value, store.busy.value], [[], false]);
  assertEquals(store.drafts.read(TOPIC).unsent, []);
  end();
});

/** A store without a network: what it asks for fails, and what it follows too. */
async function openOffline(snapshot: Snapshot | null, person = id(7)) {
  const opened = open(snapshot);
  opened.store.adopt({ person });
  await opened.settle();
  opened.server.down();
  await opened.settle(1_000);
  assertEquals([opened.store.link.value, opened.store.offline.value], ["waiting", true]);
  return opened;
}

Deno.test("O1, O4: what is sent without a network waits, in its order, and goes out in it", async () => {
  const { store, server, settle, end } = await openOffline(idle);
  store.send("first");
  assertEquals(store.busy.value, false, "there is nothing to stop");
  await settle(20_000);
  store.send("second");
  await settle(100);
  assertEquals(store.pending.value.map(({ text, state }) => [text, state]), [
    ["first", "waiting"],
    ["second", "waiting"],
  ]);
  const kept = store.drafts.read(TOPIC).unsent;
  assertEquals(kept.map(({ text, waits }) => [text, waits?.person]), [["first", id(7)], ["second", id(7)]]);
  server.up();
  server.calls.length = 0;
  const accepted = { message: message(), reply: { messageId: id(10), generationId: id(90) }, cursor: 1 };
  server.answer = () => json(accepted, 202);
  for (const { id } of store.pending.value) {
    const sent = store.outbox.retry(id);
    await settle(100);
    await sent;
  }
  assertEquals(server.calls.map(({ body }) => (body as { text: string }).text), ["first", "second"]);
  assertEquals(store.drafts.read(TOPIC).unsent, []);
  end();
});

Deno.test("O4: what waited in an earlier visit waits on, if that was this person and today", async () => {
  for (
    const [person, laterMs, state] of [
      [id(7), 60_000, "waiting"],
      [id(7), 25 * 3600 * 1000, "failed"],
      [id(8), 60_000, undefined],
    ] as const
  ) {
    const before = await openOffline(idle);
    before.store.send("first");
    await before.settle(20_000);
    before.end();
    const page = { ...fakePage(), shelf: before.page.shelf };
    await page.clock.advance(before.page.clock.now() - page.clock.now() + laterMs);
    const store = new Store(page);
    store.adopt({ person, snapshot: idle, list: LIST, nextCursor: null, models: MODELS });
    store.start();
    assertEquals(store.pending.value[0]?.state, state, `${person} after ${laterMs} ms`);
    page.listener().hide();
  }
});

Deno.test("F1: a page that does not know yet whose session it has asks the server for nothing", async () => {
  const page = fakePage();
  const store = new Store(page);
  store.held = true;
  store.adopt({ person: id(7), snapshot: idle, list: LIST, nextCursor: null, models: MODELS });
  store.start();
  store.send("first");
  await page.clock.advance(60_000);
  assertEquals([page.server.streams.length, page.server.calls.length], [0, 0]);
  assertEquals(store.pending.value.map(({ state }) => state), ["waiting"]);
  store.held = false;
  store.connect();
  await page.clock.advance(50);
  assertEquals(page.server.streams.length, 1);
  page.listener().hide();
});

Deno.test("O1, O3: two messages before there is a conversation make one, and arrive in order", async () => {
  const { page, store, server, settle, end } = open(null);
  await settle();
  const made = conversation({ id: id(2), title: "" });
  server.answer = ({ name }) =>
    name === "POST /api/conversations"
      ? json(made, 201)
      : json({ message: message(), reply: { messageId: id(10), generationId: id(90) }, cursor: 1 }, 202);
  store.send("one");
  store.send("two");
  await settle();
  assertEquals(server.calls.map(({ name, body }) => [name, (body as { text?: string }).text]), [
    ["POST /api/conversations", undefined],
    [`POST /api/conversations/${id(2)}/messages`, "one"],
    [`POST /api/conversations/${id(2)}/messages`, "two"],
  ]);
  assertEquals([page.paths, store.open.id.value], [[`/c/${id(2)}`], id(2)]);
  assertEquals(
    store.library.listing.value.conversations[0]?.id === id(2) ||
      store.library.listing.value.conversations.length === 2,
    true,
  );
  assertEquals([...server.last.topics], [["user", 0], [id(2), null]]);
  end();
});

Deno.test("P6: Stop works before the answer has a name", async () => {
  const { store, server, settle, end } = open(idle);
  await settle();
  const answered = Promise.withResolvers<Response>();
  server.answer = ({ name }) => name.includes("/cancel") ? json({}, 202) : answered.promise;
  store.send("Hello");
  await settle();
  await store.stop();
  assert(store.stopping.value);
  answered.resolve(
    json({ message: message(), reply: { messageId: id(10), generationId: id(90) }, cursor: 1 }, 202),
  );
  await settle();
  assertEquals(server.calls.at(-1)?.name, `POST /api/generations/${id(90)}/cancel`);
  end();
});

Deno.test("P6: Stop shows at once; a Stop that fails says so and can be asked again", async () => {
  const { store, server, settle, end } = open(running);
  await settle();
  server.answer = () => json({ code: "internal", detail: "Broken.", requestId: "r2" }, 500);
  const stopped = store.stop();
  assert(store.stopping.value);
  await stopped;
  assert(!store.stopping.value);
  assertEquals(store.notices.items.value.map(({ text, requestId }) => [text, requestId]), [
    ["The answer could not be stopped. Broken.", "r2"],
  ]);
  end();
});

Deno.test("a gap asks for a snapshot, and what comes after it is shown", async () => {
  const { store, server, settle, end } = open({ ...running, cursor: 3 });
  await settle();
  server.logs.set(TOPIC, [1, 2, 3, 4, 5].map((n) => delta(n)));
  store.open.fold(delta(6)); // past 4 and 5, as if the relay had let it through
  assert(store.open.cursor === 3);
  await settle();
  assertEquals(store.open.state.value?.cursor, 5);
  assertEquals(store.open.state.value?.gap, false);
  end();
});

Deno.test("opening another conversation leaves the page, shows what is there and follows it; going back is at once", async () => {
  const { page, store, server, settle, end } = open(running);
  await settle();
  const other: Snapshot = {
    conversation: conversation({ id: id(2), title: "Other" }),
    messages: [],
    cursor: 40,
  };
  server.answer = () => json(other);
  await store.go(id(2));
  await settle();
  assertEquals([page.paths, page.titles.at(-1)], [[`/c/${id(2)}`], "Other · Throughline"]);
  assertEquals(server.last.topics.get(id(2)), 40);
  const calls = server.calls.length;
  page.listener().go(`/c/${TOPIC}`);
  assertEquals([store.open.state.value?.messages.length, server.calls.length], [2, calls]);
  await settle();
  assertEquals([...server.last.topics], [["user", 0], [TOPIC, 0]]);
  end();
});

Deno.test("a conversation that is not ours says so, and the page lives on", async () => {
  const { store, server, settle, end } = open(idle);
  await settle();
  server.answer = () =>
    json({ code: "not_found", detail: "There is no such conversation.", requestId: "r3" }, 404);
  await store.go(id(3));
  assertEquals([store.open.missing.value?.status, store.open.missing.value?.requestId], [404, "r3"]);
  await store.go(null);
  assertEquals([store.open.missing.value, store.open.id.value], [null, null]);
  end();
});

Deno.test("a conversation deleted elsewhere shows as deleted", async () => {
  const { store, server, settle, end } = open(idle);
  await settle();
  server.last.send({ type: "bye", topic: TOPIC, data: { reason: "gone" } });
  await settle();
  assertEquals(store.open.state.value?.deleted, true);
  end();
});

/** A bulk action that does what it is asked for, but for these. */
const bulkBut = (refused: Record<string, string> = {}) => ({ body }: { body: unknown }) =>
  json({
    results: (body as { ids: string[] }).ids.map((id) =>
      refused[id] === undefined
        ? { id, ok: true }
        : { id, ok: false, code: refused[id], detail: "It cannot be." }
    ),
  });
const named = (n: number) => conversation({ id: id(n), title: `No. ${n}`, updatedAt: 100 - n });

Deno.test("M9: deleting takes it off the list at once, and Undo brings it back to its place", async () => {
  const { store, server, settle, end } = open(idle);
  store.library.put(named(2), conversation({ updatedAt: 50 }));
  await settle();
  const list = () => store.library.listing.value.conversations.map((c) => c.id);
  const before = list();
  server.answer = (call) => call.name.startsWith("GET") ? json(idle) : bulkBut()(call);
  const removed = store.remove(TOPIC);
  await store.tending(); // it is loaded
  assertEquals([list(), store.open.id.value], [[id(2)], null]);
  await removed;
  const undone = Promise.withResolvers<void>();
  const stop = store.open.id.subscribe((open) => open === TOPIC && undone.resolve());
  store.notices.items.value[0]!.action!.run();
  await undone.promise;
  await settle();
  stop();
  assertEquals(
    server.calls.map(({ name, body }) => [name, (body as { action: string } | undefined)?.action]),
    [
      ["POST /api/conversations/bulk", "delete"],
      ["POST /api/conversations/bulk", "restore"],
      [`GET /api/conversations/${TOPIC}`, undefined],
    ],
  );
  assertEquals([list(), store.open.id.value], [before, TOPIC]);
  end();
});

Deno.test("M9: of several that are deleted the refused come back by name, the gone do not, and one Undo takes back the rest", async () => {
  const { store, server, settle, end } = open(idle);
  store.library.put(...[2, 3, 4, 5, 6].map(named));
  store.library.drop([TOPIC]);
  await settle();
  server.answer = bulkBut({ [id(3)]: "busy", [id(4)]: "not_found" });
  await store.tend("delete", [2, 3, 4, 5].map(id));
  const list = () => store.library.listing.value.conversations.map((c) => c.title);
  assertEquals(list(), ["No. 3", "No. 6"]);
  const [failed, done] = store.notices.items.value;
  assertEquals([failed?.tone, failed?.text], ["error", "Not deleted: “No. 3”, “No. 4”. It cannot be."]);
  assertEquals(done?.text, "Deleted “No. 2”, “No. 5”");
  server.answer = bulkBut();
  done!.action!.run();
  await settle();
  assertEquals(list(), ["No. 2", "No. 3", "No. 5", "No. 6"]);
  assertEquals(server.calls.at(-1)?.body, { ids: [id(2), id(5)], action: "restore" });
  end();
});

Deno.test("M9: hundreds are asked for in bounded calls, and without a network all of them come back", async () => {
  const { store, server, settle, end } = open(idle);
  store.library.drop([TOPIC]);
  store.library.put(...Array.from({ length: 250 }, (_, i) => named(i + 10)));
  await settle();
  const ids = store.library.listing.value.conversations.map((c) => c.id);
  server.answer = bulkBut();
  await store.tend("archive", ids);
  assertEquals(server.calls.map(({ body }) => (body as { ids: string[] }).ids.length), [100, 100, 50]);
  assertEquals(store.library.listing.value.conversations, []);
  assertEquals(store.notices.items.value[0]?.text, "Archived “No. 10”, “No. 11”, “No. 12” and 247 more");
  server.answer = (call) =>
    server.calls.length === 4 ? bulkBut()(call) : json({ code: "internal", detail: "It broke." }, 500);
  store.notices.items.value[0]!.action!.run();
  await settle();
  assertEquals(
    store.library.listing.value.conversations.length,
    100,
    "the first hundred; the rest stay archived",
  );
  assertEquals(store.notices.items.value.at(-1)?.tone, "error");
  end();
});

Deno.test("M8: what is pinned already is not asked for, and one pin needs no Undo", async () => {
  const { store, server, settle, end } = open(idle);
  store.library.put({ ...named(2), pinned: true }, named(3));
  await settle();
  server.answer = bulkBut();
  await store.tend("pin", [id(2), id(3)]);
  assertEquals(server.calls.map(({ body }) => body), [{ ids: [id(3)], action: "pin" }]);
  assertEquals([store.notices.items.value, store.notices.status.value], [[], "Pinned “No. 3”"]);
  end();
});

Deno.test("a rename that the server refuses is taken back and explained", async () => {
  const { store, server, settle, end } = open(idle);
  await settle();
  server.answer = () => json({ code: "invalid", detail: "Too long.", requestId: "r4" }, 400);
  const titles: (string | undefined)[] = [];
  const stop = store.library.listing.subscribe(({ conversations }) => titles.push(conversations[0]?.title));
  await store.rename(TOPIC, "New name");
  stop();
  assertEquals(titles, ["A title", "New name", "A title"]);
  assertEquals(store.notices.items.value.length, 1);
  end();
});

Deno.test("T6: an answer that ends while another conversation is open is marked in all tabs, until one of them shows it", async () => {
  const { page, store, server, settle, end } = open(idle);
  await settle();
  let n = 0;
  const said = (number: number, running: string | null) =>
    server.append(entry(++n, {
      type: "listed",
      data: { conversation: conversation({ id: id(number), running, updatedAt: n }) },
    }, "user"));
  const marks = () => [...store.unread.value].map((one) => Number(one.slice(-12)));
  said(1, id(90)); // the one that is open
  said(2, id(91));
  await settle();
  said(1, null);
  said(2, null);
  await settle();
  assertEquals(marks(), [2]);
  // A tab that is hidden shows nothing.
  page.hidden = true;
  said(1, id(92));
  said(1, null);
  await settle();
  assertEquals(marks(), [2, 1]);
  page.hidden = false;
  page.listener().wake();
  assertEquals(marks(), [2]);
  // Another tab of the browser shows the other one.
  page.shelf.setItem("throughline.unread", JSON.stringify({ running: [], unread: [] }));
  page.listener().stored();
  assertEquals(marks(), []);
  // Deleted, it is not marked.
  said(2, id(93));
  said(2, null);
  await settle();
  assertEquals(marks(), [2]);
  server.append(entry(++n, { type: "unlisted", data: { conversationId: id(2) } }, "user"));
  await settle();
  assertEquals(marks(), []);
  end();
});

Deno.test("T6: what was being written when the last tab closed is marked when it has ended by the time one opens", async () => {
  const page = fakePage();
  const run = async (listed: ReturnType<typeof conversation>[], shown: Snapshot | null) => {
    const store = new Store(page);
    store.adopt({
      snapshot: shown,
      list: { conversations: listed, cursor: 0 },
      nextCursor: null,
      models: MODELS,
    });
    store.start();
    await import("@/lib/client/unread.ts"); // the store waits for it, too, and was first
    await page.clock.advance(0);
    page.listener().hide();
    return [...store.unread.value];
  };
  const two = conversation({ id: id(2) });
  assertEquals(await run([conversation({ running: id(90) }), { ...two, running: id(91) }], idle), []);
  assertEquals(await run([conversation(), two], idle), [id(2)], "the one that is open is read");
  assertEquals(await run([conversation(), two], idle), [id(2)], "and the other survives a reload");
  assertEquals(await run([conversation(), two], { ...idle, conversation: two }), []);
});

Deno.test("a page that comes back from the cache connects again from where it was", async () => {
  const { page, store, server, settle, end } = open(running);
  await settle();
  server.append(delta(1));
  await settle();
  page.listener().hide();
  await settle();
  assertEquals(server.open.length, 0);
  server.append(delta(2));
  page.listener().show(true);
  await settle();
  assertEquals(textOf(store.open.state.value!.messages[1]!), "1 2 ");
  end();
});

Deno.test("regenerate pressed twice asks once", async () => {
  const { store, server, settle, end } = open(running);
  await settle();
  server.answer = () => json({}, 202);
  await Promise.all([store.answers.again(id(10)), store.answers.again(id(10))]);
  assertEquals(server.calls.length, 1);
  end();
});

Deno.test("P7: a regeneration whose answer is lost is asked again under its id; the next one has another", async () => {
  const { store, server, settle, end } = open(running);
  await settle();
  server.refusals.push(null, new Response("", { status: 502 }));
  server.answer = () => json({}, 202);
  void store.answers.again(id(10));
  await settle(5_000);
  void store.answers.again(id(10));
  await settle(5_000);
  const ids = server.calls.map(({ body }) => (body as { id: string }).id);
  assertEquals([ids.length, new Set(ids).size], [2, 2]);
  assertEquals(store.notices.items.value, []);
  end();
});

Deno.test("T12: another answer can be asked of another model, and the conversation keeps its own", async () => {
  const { store, server, settle, end } = open(idle);
  await settle();
  server.answer = () => json({}, 202);
  await store.answers.again(id(10), "openai/sol");
  await store.answers.again(id(10));
  const bodies = server.calls.map(({ body }) => (body as { model: string }).model);
  assertEquals([bodies, store.choice.standing.value], [["openai/sol", "demo/tour"], "demo/tour"]);
  end();
});

Deno.test("T7: an answer that was cut off goes on under an id of its own; a refusal is told", async () => {
  const { store, server, settle, end } = open(idle);
  await settle();
  server.refusals.push(null);
  server.answer = () => json({}, 202);
  void store.answers.goOn(id(10));
  await settle(1_000);
  assertEquals(server.calls, [{
    name: `POST /api/conversations/${TOPIC}/continue`,
    body: { id: id(501), messageId: id(10), device: store.here.device },
  }]);
  server.answer = () =>
    json({ code: "running", detail: "An answer is being written.", requestId: "r5" }, 409);
  await store.answers.goOn(id(10));
  assertEquals(store.notices.items.value.map(({ text }) => text), [
    "The answer could not go on. An answer is being written.",
  ]);
  end();
});

Deno.test("R15: a rating is written, said to screen readers, and taken back", async () => {
  const { store, server, settle, end } = open(idle);
  await settle();
  server.answer = () => json(message());
  assert(await store.answers.rate(id(10), "down", "It is wrong."));
  assertEquals(store.notices.status.value, "Rated as bad.");
  assert(await store.answers.rate(id(10), null));
  assertEquals(store.notices.status.value, "Rating taken back.");
  assertEquals(server.calls.map(({ name, body }) => [name, body]), [
    [`PUT /api/conversations/${TOPIC}/messages/${id(10)}/rating`, { rating: "down", reason: "It is wrong." }],
    [`PUT /api/conversations/${TOPIC}/messages/${id(10)}/rating`, { rating: null }],
  ]);
  server.answer = () => json({ code: "internal", detail: "Broken.", requestId: "r6" }, 500);
  assert(!await store.answers.rate(id(10), "up"));
  assertEquals(store.notices.items.value.length, 1);
  end();
});

Deno.test("X3: of several summaries the one that reaches furthest on the shown branch stands; an edit that fails says why", async () => {
  const summary = (throughId: string) => ({ throughId, text: "…", by: "model" as const, createdAt: 0 });
  const { store, server, settle, end } = open({
    ...running,
    summaries: [summary(id(10)), summary(id(9)), summary(id(77))],
  });
  await settle();
  assertEquals([store.open.summary.value?.summary.throughId, store.open.summary.value?.sent], [
    id(10),
    false,
  ]);
  const edited = { ...summary(id(10)), text: "Mine", by: "person" as const };
  server.append(entry(1, { type: "summary", data: { summary: edited } }));
  await settle();
  assertEquals(store.open.summary.value?.summary, edited);
  const context = { estimatedTokens: 9, budgetTokens: 10, omitted: 2, summaryThroughId: id(10) };
  const asked = message({ id: id(12), parentId: id(10), asked: { context } });
  server.append(entry(2, { type: "message", data: { message: asked } }));
  await settle();
  assertEquals(store.open.summary.value?.sent, true);
  server.answer = () => json({ code: "invalid", detail: "Too long.", requestId: "r7" }, 400);
  assertEquals((await store.answers.summarise(id(10), "x"))?.detail, "Too long.");
  server.answer = () => json(edited);
  assertEquals(await store.answers.summarise(id(10), "x"), null);
  assertEquals(server.calls.at(-1), {
    name: `PUT /api/conversations/${TOPIC}/summaries/${id(10)}`,
    body: { text: "x" },
  });
  end();
});

Deno.test("X6: preferences that another tab changed are here, by an entry and by a snapshot", async () => {
  const { store, server, settle, end } = open(idle);
  await settle();
  const preferences = { instructions: "Be kind.", presets: [] };
  server.append(entry(1, { type: "preferences", data: { preferences } }, "user"));
  await settle();
  assertEquals([store.preferences.value.value, store.library.listing.value.cursor], [preferences, 1]);
  const others = { instructions: "Be brief.", presets: [] };
  const data = { conversations: [], preferences: others, cursor: 9 };
  server.last.send(entry(9, { type: "user_snapshot", data }, "user"));
  await settle();
  assertEquals([store.preferences.value.value, server.calls], [others, []]);
  end();
});
