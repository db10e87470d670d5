// A search over a store that changes, by processes that remember.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { changeTopics, Conversations } from "@/lib/chat/conversations.ts";
import { Trash } from "@/lib/chat/trash.ts";
import { writeMessage } from "@/lib/chat/messages.ts";
import { PAGE_SIZE } from "@/lib/chat/search/ranking.ts";
import { readQuery } from "@/lib/chat/search/query.ts";
import { READ_MS_MAX, READERS, Search } from "@/lib/chat/search/search.ts";
import { Shelf } from "@/lib/chat/search/shelf.ts";
import { AppError } from "@/lib/core/errors.ts";
import { type Id, randomId } from "@/lib/core/ids.ts";
import { conversationKey, segmentPrefix, TRASH_TTL_MS, userTopic } from "@/lib/kv/keys.ts";
import type { SearchHit } from "@/lib/protocol/api.ts";
import type { Message, Part, Role, Status } from "@/lib/protocol/message.ts";
import { logOn } from "../../../support/bus.ts";
import { FakeClock } from "../../../support/clock.ts";
import { naiveMatch, QUERIES, someText, type Written } from "../../../support/naive_search.ts";
import { seeded } from "../../../support/random.ts";

const USER = randomId();
const MIB = 1024 * 1024;
const ANYTHING = readQuery("a");

class Scene {
  readonly clock = new FakeClock();
  readonly bus: ReturnType<typeof logOn>;
  readonly conversations: Conversations;
  readonly trash: Trash;

  constructor(readonly kv: Deno.Kv) {
    this.bus = logOn(kv);
    const { store, log } = this.bus;
    const append = log.append.bind(log);
    this.conversations = new Conversations({ store, append, clock: this.clock, newId: randomId });
    this.trash = new Trash({ store, clock: this.clock, conversations: this.conversations });
  }

  /** Another process that searches. */
  search(bytesMax = MIB): Search {
    const { store, log } = this.bus;
    return new Search({ store, log, clock: this.clock, bytesMax });
  }

  async create(userId = USER): Promise<Id> {
    await this.clock.advance(1);
    return (await this.conversations.create(userId, { model: "demo/tour", systemPrompt: "secretprompt" })).id;
  }

  /** A message, or another state of one, as `generate/` writes it: with its conversation, in one commit. */
  async say(id: Id, text: string, change: Partial<Message> = {}): Promise<Message> {
    await this.clock.advance(1);
    const message: Message = {
      id: randomId(),
      conversationId: id,
      parentId: null,
      role: "user",
      status: "complete",
      parts: [{ type: "text", text }],
      createdAt: this.clock.now(),
      ...change,
    };
    await this.bus.log.append(async () => {
      const { value: record } = await this.bus.store.get(conversationKey(id));
      return {
        topics: changeTopics(record!.userId, record!.conversation, [{ type: "message", data: { message } }]),
        writes: ([seq = 0]) => writeMessage({ message, seq, order: seq }),
      };
    });
    return message;
  }
}

/** All pages of a search. */
async function all(search: Search, query: string, userId = USER): Promise<SearchHit[]> {
  const hits: SearchHit[] = [];
  for (let cursor: string | undefined, pages = 0;; pages++) {
    const page = await search.page(userId, query, cursor);
    assert(page.hits.length <= PAGE_SIZE && pages < 1_000);
    assert(page.complete);
    hits.push(...page.hits);
    if (page.nextCursor === null) return hits;
    cursor = page.nextCursor;
  }
}

const found = async (search: Search, query: string, userId = USER) =>
  (await all(search, query, userId)).map(({ messageId }) => messageId);

async function code(promise: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => promise, AppError)).code;
}

Deno.test("Q1: whatever changes, two processes find what a naive scan of everything finds, and no more", async () => {
  using kv = await Deno.openKv(":memory:");
  const scene = new Scene(kv);
  const random = seeded("search over changes");
  // One that remembers everything, one that has room for a few messages, one that knows nothing.
  const searches = [scene.search(), scene.search(2_500)];
  const listed = new Set<Id>();
  const trashed = new Set<Id>();
  const said = new Map<
    Id,
    { id: Id; conversationId: Id; words: Written[]; counts: boolean; message: Message }
  >();
  const any = <T>(of: Iterable<T>): T | undefined => {
    const items = [...of];
    return items[random.between(0, Math.max(0, items.length - 1))];
  };
  const write = async (conversationId: Id, before?: Message) => {
    const { words, text } = someText(random);
    const role: Role = before?.role ?? (random.between(0, 1) === 0 ? "user" : "assistant");
    const statuses: Status[] = [
      "complete",
      "complete",
      "complete",
      "queued",
      "streaming",
      "cancelled",
      "failed",
    ];
    const status = role === "user" ? statuses[random.between(0, 3)]! : statuses[random.between(0, 6)]!;
    const thought: Part = { type: "reasoning", text: "thought alpha beta foo" };
    const parts: Part[] = [thought, { type: "text", text }];
    const id = before?.id ?? randomId();
    const message = await scene.say(conversationId, text, { id, role, status, parts });
    const counts = role === "user" ? status === "complete" : !["queued", "streaming"].includes(status);
    said.set(id, { id, conversationId, words, counts, message });
  };
  const steps = [
    async () => void listed.add(await scene.create()),
    () => write(any(listed) ?? ""),
    () => write(any(listed) ?? ""),
    () => write(any(listed) ?? ""),
    async () => {
      const one = any([...said.values()].filter(({ conversationId }) => listed.has(conversationId)));
      if (one !== undefined) await write(one.conversationId, one.message);
    },
    async () => {
      const id = any(listed)!;
      await scene.conversations.remove(USER, id);
      listed.delete(id);
      trashed.add(id);
    },
    async () => {
      const id = any(trashed);
      if (id === undefined) return;
      await scene.conversations.restore(USER, id);
      trashed.delete(id);
      listed.add(id);
    },
    async () => void await scene.conversations.patch(USER, any(listed)!, { archived: true, title: "alpha" }),
    async () => {
      await scene.clock.advance(TRASH_TTL_MS + 1);
      await scene.trash.purge();
      trashed.clear();
    },
  ];
  for (let times = 0; times < 400; times++) {
    if (listed.size === 0) listed.add(await scene.create());
    // The steps that take conversations away are the rarest.
    const step = times % 97 === 96 ? 8 : random.between(0, times % 7 === 0 ? 7 : 4);
    await steps[step]!();
    const query = QUERIES[random.between(0, QUERIES.length - 1)]!;
    const naive = [...said.values()].filter(({ conversationId, counts, words }) =>
      listed.has(conversationId) && counts && naiveMatch(words, query)
    ).map(({ id }) => id);
    for (const search of [...searches, ...(times % 20 === 0 ? [scene.search()] : [])]) {
      assertEquals((await found(search, query)).toSorted(), naive.toSorted(), `step ${times}, ${query}`);
    }
  }
  assert(said.size > 100);
});

Deno.test("Q2: nobody finds anything of another's, whatever a process remembers", async () => {
  using kv = await Deno.openKv(":memory:");
  const scene = new Scene(kv);
  const stranger = randomId();
  const [own, theirs] = [await scene.create(), await scene.create(stranger)];
  const message = await scene.say(own, "my needle");
  await scene.say(theirs, "their needle");
  const search = scene.search();
  assertEquals((await all(search, "needle")).map(({ conversationId }) => conversationId), [own]);
  assertEquals((await all(search, "needle", stranger)).map(({ conversationId }) => conversationId), [theirs]);
  assertEquals(await found(search, "needle", randomId()), []);
  // As if a process had remembered what it should not: what is shown is read again.
  const { value } = await kv.get<{ userId: Id; deletedAt: number | null }>(conversationKey(own));
  for (const wrong of [{ ...value, userId: stranger }, { ...value, deletedAt: 1 }]) {
    await kv.set(conversationKey(own), wrong);
    assertEquals(await found(search, "needle"), []);
  }
  await kv.set(conversationKey(own), value);
  assertEquals(await found(search, "needle"), [message.id]);
});

Deno.test("M13: thoughts, system prompts, tools, and what was never said are not found; all branches and archives are", async () => {
  using kv = await Deno.openKv(":memory:");
  const scene = new Scene(kv);
  const id = await scene.create();
  const search = scene.search();
  const answer = { role: "assistant" as const };
  const root = await scene.say(id, "needle one");
  await scene.say(id, "", {
    ...answer,
    parts: [
      { type: "reasoning", text: "needle thought" },
      { type: "tool_call", callId: "1", name: "needle", args: "needle" },
      { type: "tool_result", callId: "1", ok: true, output: "needle" },
      { type: "text", text: "nothing here" },
    ],
  });
  await scene.say(id, "needle", { status: "queued" });
  await scene.say(id, "needle", { status: "cancelled" });
  await scene.say(id, "needle", { ...answer, status: "streaming" });
  const sibling = await scene.say(id, "needle two", { ...answer, parentId: root.id });
  const stopped = await scene.say(id, "needle three", { ...answer, parentId: root.id, status: "cancelled" });
  const failed = await scene.say(id, "needle four", { ...answer, parentId: root.id, status: "failed" });
  await scene.conversations.patch(USER, id, { archived: true });
  assertEquals(await found(search, "needle"), [failed.id, stopped.id, sibling.id, root.id]);
  assertEquals(await found(search, "secretprompt"), []);
});

Deno.test("a hit says where it is, who said it and when, with what stands around it", async () => {
  using kv = await Deno.openKv(":memory:");
  const scene = new Scene(kv);
  const id = await scene.create();
  await scene.conversations.patch(USER, id, { title: "Hay" });
  const { id: messageId, createdAt } = await scene.say(id, "Was it a\nnéedle?");
  assertEquals(await scene.search().page(USER, "needle"), {
    hits: [{
      conversationId: id,
      title: "Hay",
      messageId,
      role: "user",
      createdAt,
      excerpt: "Was it a néedle?",
      ranges: [[9, 15]],
    }],
    nextCursor: null,
    complete: true,
  });
});

Deno.test("R1: best first, then newest first, page after page, though the store grows between them", async () => {
  using kv = await Deno.openKv(":memory:");
  const scene = new Scene(kv);
  const id = await scene.create();
  const texts = ["blue sky", "blue, and a sky", "blue skyline"];
  const expected: Id[][] = [[], [], []];
  for (let i = 0; i < 3 * PAGE_SIZE; i++) {
    expected[i % 3]!.unshift((await scene.say(id, texts[i % 3]!)).id);
  }
  // `skyline` follows `blue` at once: not a whole word, but one after the other.
  const order = [...expected[0]!, ...expected[2]!, ...expected[1]!];
  const search = scene.search();
  assertEquals(await found(search, "blue sky"), order);
  const first = await search.page(USER, "blue sky");
  await scene.say(id, "blue sky");
  const second = await search.page(USER, "blue sky", first.nextCursor!);
  assertEquals(second.hits.map(({ messageId }) => messageId), order.slice(PAGE_SIZE, 2 * PAGE_SIZE));
});

Deno.test("a cursor that no page gave is invalid, and so is a query of nothing or of too much", async () => {
  using kv = await Deno.openKv(":memory:");
  const search = new Scene(kv).search();
  for (
    const cursor of [
      "",
      "1",
      "1.2.x",
      `x.1.${USER}`,
      `1.-1.${USER}`,
      `12.1.${USER}`,
      `1.1.${USER.toUpperCase()}`,
    ]
  ) {
    assertEquals(await code(search.page(USER, "needle", cursor)), "invalid", cursor);
  }
  for (const query of ["", "  ", "x".repeat(201)]) {
    assertEquals(await code(search.page(USER, query)), "invalid");
  }
  assertEquals(await search.page(USER, "?!"), { hits: [], nextCursor: null, complete: true });
});

Deno.test("Q3: what is remembered stays under its bound, and what does not fit is found all the same", async () => {
  using kv = await Deno.openKv(":memory:");
  const scene = new Scene(kv);
  const bytesMax = 40_000;
  const search = scene.search(bytesMax);
  const people = Array.from({ length: 5 }, () => randomId());
  for (const userId of people) {
    for (let conversations = 0; conversations < 5; conversations++) {
      const id = await scene.create(userId);
      for (let i = 0; i < 3; i++) await scene.say(id, `needle ${"hay ".repeat(500)}`);
    }
  }
  let most = 0;
  for (const userId of [...people, ...people]) {
    assertEquals((await all(search, "needle", userId)).length, 15);
    most = Math.max(most, search.bytes);
    assert(search.bytes <= bytesMax, `${search.bytes}`);
  }
  assert(most > bytesMax / 2, "it remembers something");
});

Deno.test("Q3: of what does not all fit the newest is remembered, and nothing of what was deleted", async () => {
  using kv = await Deno.openKv(":memory:");
  const scene = new Scene(kv);
  const ids: Id[] = [];
  for (let i = 0; i < 12; i++) {
    const id = await scene.create();
    ids.push(id);
    await scene.say(id, `needle ${"hay ".repeat(500)}`);
  }
  const { store } = scene.bus;
  const list = store.list.bind(store);
  const read: unknown[] = [];
  store.list = (selector, options) => {
    if ("prefix" in selector && selector.prefix[0] === "message") read.push(selector.prefix[1]);
    return list(selector, options);
  };
  const search = scene.search(40_000);
  assertEquals((await all(search, "needle")).length, 12);
  read.length = 0;
  assertEquals((await all(search, "needle")).length, 12);
  const again = ids.filter((id) => read.includes(id));
  assert(again.length > 0 && again.length < 10, `${again.length} were read again`);
  // Those that are read at once are remembered in the order in which they come.
  const oldest = ids.slice(0, again.length + READERS - 1);
  assert(again.every((id) => oldest.includes(id)), "the oldest");
  // What they do not say is known without them.
  read.length = 0;
  assertEquals(await all(search, "missing"), []);
  assertEquals(read, []);
  const before = search.bytes;
  for (const id of ids) await scene.conversations.remove(USER, id);
  await search.page(USER, "needle");
  assert(before > 10_000 && search.bytes < 1_000, `${before} ${search.bytes}`);
});

Deno.test("Q3: a search that is asked again reads nothing but the head, until something changes; then that conversation", async () => {
  using kv = await Deno.openKv(":memory:");
  const scene = new Scene(kv);
  const ids = [await scene.create(), await scene.create(), await scene.create()];
  for (const id of ids) await scene.say(id, "needle");
  const search = scene.search();
  const { store } = scene.bus;
  const listed: unknown[] = [];
  const list = store.list.bind(store);
  store.list = (selector, options) => {
    if ("prefix" in selector) listed.push(selector.prefix.at(0), selector.prefix.at(1));
    return list(selector, options);
  };
  await search.page(USER, "needle");
  assertEquals(listed.filter((what) => what === "message").length, 3);
  listed.length = 0;
  await search.page(USER, "hay");
  assertEquals(listed, []);
  await scene.say(ids[1]!, "hay");
  listed.length = 0;
  assertEquals((await search.page(USER, "hay")).hits.length, 1);
  assertEquals(listed.filter((what) => what === "message").length, 1);
  assert(listed.includes(ids[1]));
});

Deno.test("Q3: a search that has read for long enough says that it is not complete; asked again it goes on", async () => {
  using kv = await Deno.openKv(":memory:");
  const scene = new Scene(kv);
  const ids: Id[] = [];
  for (let i = 0; i < 40; i++) {
    const id = await scene.create();
    ids.unshift(id);
    await scene.say(id, `needle ${i}`);
  }
  const { store } = scene.bus;
  const list = store.list.bind(store);
  store.list = async (selector, options) => {
    const rows = await list(selector, options);
    if ("prefix" in selector && selector.prefix[0] === "message") await scene.clock.advance(READ_MS_MAX / 3);
    return rows as never;
  };
  const search = scene.search();
  const first = await search.page(USER, "needle");
  assertEquals(first.complete, false);
  const newest = first.hits.map(({ conversationId }) => conversationId);
  assertEquals(newest, ids.slice(0, newest.length), "the newest are read first");
  assert(newest.length >= 8);
  let tries = 0;
  while (!(await search.page(USER, "needle 1")).complete) assert(++tries < 10);
  assertEquals((await all(search, "needle")).length, 40);
});

Deno.test("Q3: of one person's searches at once some wait, and the rest are told to come back", async () => {
  using kv = await Deno.openKv(":memory:");
  const scene = new Scene(kv);
  await scene.say(await scene.create(), "needle");
  const search = scene.search();
  const answers = await Promise.allSettled(Array.from({ length: 20 }, () => search.page(USER, "needle")));
  const refused = answers.filter(({ status }) => status === "rejected");
  assertEquals(refused.length, 15);
  for (const { reason } of refused as PromiseRejectedResult[]) assertEquals(reason.code, "limited");
  assertEquals((await search.page(USER, "needle")).hits.length, 1);
});

Deno.test("Q1: when the log has forgotten what changed, everything is read again", async () => {
  using kv = await Deno.openKv(":memory:");
  const scene = new Scene(kv);
  const [id, other] = [await scene.create(), await scene.create()];
  await scene.say(id, "needle");
  await scene.say(other, "needle");
  const search = scene.search();
  assertEquals((await all(search, "needle")).length, 2);
  await scene.conversations.remove(USER, other);
  for (let i = 0; i < 40; i++) await scene.say(id, `needle ${i}`);
  let gone = 0;
  for await (const { key } of kv.list({ prefix: segmentPrefix(userTopic(USER)) })) {
    await kv.delete(key);
    gone++;
  }
  assert(gone > 0);
  assertEquals((await all(search, "needle")).length, 41);
});

Deno.test("a search whose store fails throws, and the next one finds everything", async () => {
  using kv = await Deno.openKv(":memory:");
  const scene = new Scene(kv);
  for (let i = 0; i < 60; i++) await scene.say(await scene.create(), "needle");
  const { store } = scene.bus;
  const list = store.list.bind(store);
  let reads = 0;
  store.list = (selector, options) =>
    ++reads === 12 ? Promise.reject(new Error("The store is away")) : list(selector, options);
  const search = scene.search();
  await assertRejects(() => search.page(USER, "needle"), Error, "away");
  assertEquals((await all(search, "needle")).length, 60);
  assert(reads < 100, `the readers of the first went on: ${reads}`);
});

Deno.test("S2: lines and signatures together stay under the bound of a shelf", () => {
  const conversations = Array.from({ length: 200 }, (_, i) => ({ id: `${i}`, updatedAt: i }));
  const shelf = new Shelf(0, conversations, { bytesMax: 100_000, isWhole: true });
  let signed = 0;
  for (const kept of shelf.unread(ANYTHING)) {
    const words = Array.from({ length: 200 }, (_, i) => `${1_000 + i}${kept.id}`);
    shelf.keep(kept, [
      { conversationId: kept.id, messageId: "m", role: "user", createdAt: 1, line: ` ${words.join(" ")} ` },
    ]);
    if (kept.signature !== null) signed++;
    assert(shelf.bytes <= 100_000, `${shelf.bytes}`);
  }
  assert(signed > 20, `${signed} signatures`);
  assert([...shelf.remembered()].length > 10);
  assert(shelf.unread(ANYTHING).length > signed, "the rest is read by every search");
});

Deno.test("S1: what was read of a conversation that changed meanwhile is not remembered", () => {
  const others = new Shelf(0, [{ id: "b", updatedAt: 2 }, { id: "a", updatedAt: 1 }], {
    bytesMax: 1,
    isWhole: true,
  });
  others.changed("a", 3);
  assertEquals(others.unread(ANYTHING).map(({ id }) => id), ["a", "b"]);
  const shelf = new Shelf(0, [{ id: "a", updatedAt: 1 }], { bytesMax: MIB, isWhole: true });
  const [before] = shelf.unread(ANYTHING);
  shelf.changed("a", 2);
  const line = { conversationId: "a", messageId: "m", role: "user" as const, createdAt: 1, line: " old " };
  shelf.keep(before!, [line]);
  assertEquals([...shelf.remembered()], []);
  shelf.keep(shelf.unread(ANYTHING)[0]!, [line]);
  assertEquals([...shelf.remembered()], [[line]]);
  const bytes = shelf.bytes;
  shelf.removed("a");
  assertEquals([...shelf.remembered()], []);
  assertEquals(shelf.bytes, 0);
  assert(bytes > 0);
});
