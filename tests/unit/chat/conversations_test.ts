import { assert, assertEquals, assertRejects } from "@std/assert";
import { changeTopics, Conversations } from "@/lib/chat/conversations.ts";
import { PAGE_SIZE } from "@/lib/chat/lists.ts";
import { Trash } from "@/lib/chat/trash.ts";
import { listMessages, writeMessage } from "@/lib/chat/messages.ts";
import { AppError } from "@/lib/core/errors.ts";
import { randomId } from "@/lib/core/ids.ts";
import {
  cancelKey,
  conversationKey,
  conversationTopic,
  messagePrefix,
  recentPrefix,
  summaryKey,
  summaryPrefix,
  topicPrefix,
  TRASH_TTL_MS,
  trashPrefix,
  userTopic,
} from "@/lib/kv/keys.ts";
import { set } from "@/lib/kv/store.ts";
import { logOn } from "../../support/bus.ts";
import { FakeClock } from "../../support/clock.ts";
import { type Fault, faults } from "../../support/faulty_store.ts";

const USER = randomId();
const STRANGER = randomId();

function scene(kv: Deno.Kv) {
  const clock = new FakeClock();
  const { log, store } = logOn(kv);
  const conversations = new Conversations({ store, append: log.append.bind(log), clock, newId: randomId });
  const trash = new Trash({ store, clock, conversations });
  const count = async (prefix: Deno.KvKey) => (await Array.fromAsync(kv.list({ prefix }))).length;
  const types = async (topic: Parameters<typeof log.after>[0]) =>
    (await log.after(topic, 0))?.map(({ type }) => type) ?? [];
  return { clock, log, store, conversations, trash, count, types };
}

async function code(promise: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => promise, AppError)).code;
}

Deno.test("P10: whatever is asked about a foreign, deleted or unknown conversation, the answer is not_found", async () => {
  using kv = await Deno.openKv(":memory:");
  const { conversations } = scene(kv);
  const { id } = await conversations.create(USER, { model: "demo/tour" });
  const unknown = [[STRANGER, id], [USER, randomId()], [USER, id.toUpperCase()], [USER, "../"], [
    USER,
    "",
  ]] as const;
  for (const [user, which] of unknown) {
    assertEquals(await code(conversations.read(user, which)), "not_found");
    assertEquals(await code(conversations.patch(user, which, { title: "mine" })), "not_found");
    assertEquals(await code(conversations.remove(user, which)), "not_found");
    assertEquals(await code(conversations.restore(user, which)), "not_found");
  }
  await conversations.remove(USER, id);
  assertEquals(await code(conversations.read(USER, id)), "not_found");
  assertEquals(await code(conversations.remove(USER, id)), "not_found");
  assertEquals(await code(conversations.restore(STRANGER, id)), "not_found");
});

Deno.test("C2: a change is told to the conversation's topic and to its owner's", async () => {
  using kv = await Deno.openKv(":memory:");
  const { conversations, types } = scene(kv);
  const { id } = await conversations.create(USER, { model: "demo/tour" });
  await conversations.patch(USER, id, { pinned: true });
  await conversations.remove(USER, id);
  await conversations.restore(USER, id);
  assertEquals(await types(conversationTopic(id)), [
    "conversation",
    "conversation",
    "deleted",
    "conversation",
  ]);
  assertEquals(await types(userTopic(USER)), ["listed", "listed", "unlisted", "listed"]);
});

Deno.test("a title that a person gave is theirs; other changes leave its author alone", async () => {
  using kv = await Deno.openKv(":memory:");
  const { conversations } = scene(kv);
  const { id, titledBy } = await conversations.create(USER, { model: "demo/tour" });
  assertEquals(titledBy, "nobody");
  assertEquals((await conversations.patch(USER, id, { archived: true })).titledBy, "nobody");
  assertEquals((await conversations.patch(USER, id, { title: "Mine" })).titledBy, "person");
  assertEquals((await conversations.create(USER, { model: "demo/tour", title: "Given" })).titledBy, "person");
});

Deno.test("changes made at once are all kept", async () => {
  using kv = await Deno.openKv(":memory:");
  const { conversations } = scene(kv);
  const { id } = await conversations.create(USER, { model: "demo/tour" });
  await Promise.all([
    conversations.patch(USER, id, { title: "A" }),
    conversations.patch(USER, id, { pinned: true }),
    conversations.patch(USER, id, { systemPrompt: "Be brief." }),
  ]);
  const { conversation } = await conversations.read(USER, id);
  assertEquals([conversation.title, conversation.pinned, conversation.systemPrompt], [
    "A",
    true,
    "Be brief.",
  ]);
});

Deno.test("a creation whose answer was lost makes one conversation", async () => {
  using kv = await Deno.openKv(":memory:");
  const { conversations, store, count } = scene(kv);
  store.onCommit = faults("lose");
  await conversations.create(USER, { model: "demo/tour" });
  assertEquals(await count(["conversation"]), 1);
  assertEquals(await count(recentPrefix(USER)), 1);
});

Deno.test("pages list each conversation once, newest change first, and end", async () => {
  using kv = await Deno.openKv(":memory:");
  const { conversations, clock } = scene(kv);
  const made: string[] = [];
  for (let i = 0; i < 2 * PAGE_SIZE + 5; i++) {
    if (i % 3 === 0) await clock.advance(1); // several in one millisecond
    made.push((await conversations.create(USER, { model: "demo/tour", title: `No. ${i}` })).id);
  }
  await conversations.create(STRANGER, { model: "demo/tour" });
  const seen: { id: string; updatedAt: number }[] = [];
  let pages = 0;
  let page = await conversations.page(USER);
  for (; pages < 5; pages++) {
    seen.push(...page.conversations);
    if (page.nextCursor === null) break;
    page = await conversations.page(USER, { cursor: page.nextCursor });
  }
  assertEquals(pages, 2);
  assertEquals(seen.map(({ id }) => id).toSorted(), made.toSorted());
  assert(seen.every(({ updatedAt }, i) => i === 0 || updatedAt <= seen[i - 1]!.updatedAt), "out of order");
});

Deno.test("a search finds titles in any case, over more than one page", async () => {
  using kv = await Deno.openKv(":memory:");
  const { conversations, clock } = scene(kv);
  for (let i = 0; i < PAGE_SIZE + 10; i++) {
    await clock.advance(1);
    await conversations.create(USER, { model: "demo/tour", title: i % 2 === 0 ? `Über ${i}` : `else ${i}` });
  }
  assertEquals((await conversations.page(USER, { q: " ÜBER " })).conversations.length, 20);
  const first = await conversations.page(USER, { q: "e" });
  assertEquals(first.conversations.length, PAGE_SIZE);
  const second = await conversations.page(USER, { q: "e", cursor: first.nextCursor! });
  assertEquals([second.conversations.length, second.nextCursor], [10, null]);
  assertEquals((await conversations.page(USER, { q: "nowhere" })).conversations, []);
});

Deno.test("a cursor that no page gave is invalid", async () => {
  using kv = await Deno.openKv(":memory:");
  const { conversations } = scene(kv);
  for (const cursor of ["", "1", "x.y", `1e3.${USER}`, `-1.${USER}`, `1.${USER.toUpperCase()}`]) {
    assertEquals(await code(conversations.page(USER, { cursor })), "invalid", cursor);
  }
});

Deno.test("a deleted conversation is in no list, and is told to stop what it runs; restored, it is as it was", async () => {
  using kv = await Deno.openKv(":memory:");
  const { conversations, store, count } = scene(kv);
  const { id } = await conversations.create(USER, { model: "demo/tour", title: "Kept" });
  const { conversation, userId, deletedAt } = await conversations.read(USER, id);
  const running = randomId();
  await store.commit({
    checks: [],
    writes: [
      set(conversationKey(id), {
        userId,
        deletedAt,
        messageCount: 0,
        conversation: { ...conversation, running },
      }),
    ],
  });
  await conversations.remove(USER, id);
  assert((await kv.get(cancelKey(running))).value !== null, "nothing stops the job");
  assertEquals((await conversations.page(USER)).conversations, []);
  assertEquals(await count(trashPrefix()), 1);
  assertEquals((await conversations.restore(USER, id)).title, "Kept");
  assertEquals((await conversations.page(USER)).conversations.map(({ title }) => title), ["Kept"]);
  assertEquals(await count(trashPrefix()), 0);
});

Deno.test("the trash is emptied after its time, to the last row, and not before", async () => {
  using kv = await Deno.openKv(":memory:");
  const { conversations, trash, clock, log, store, count } = scene(kv);
  const { id } = await conversations.create(USER, { model: "demo/tour" });
  const { conversation } = await conversations.read(USER, id);
  for (let i = 0; i < 5; i++) {
    const message = {
      id: randomId(),
      conversationId: id,
      parentId: null,
      role: "user" as const,
      status: "complete" as const,
      parts: [{ type: "text" as const, text: "漢".repeat(40_000) }],
      createdAt: 0,
    };
    await log.append(() => ({
      topics: changeTopics(USER, conversation, [{ type: "message", data: { message } }]),
      writes: ([seq = 0]) => writeMessage({ message, seq, order: seq }),
    }));
  }
  await kv.set(summaryKey(id, id), { state: "failed", retryAt: null, tries: 3 });
  await conversations.remove(USER, id);
  await clock.advance(TRASH_TTL_MS);
  assertEquals(await trash.purge(), 0);
  assertEquals((await listMessages(store, id)).length, 5);
  await clock.advance(1);
  assertEquals(await trash.purge(), 1);
  for (
    const prefix of [
      messagePrefix(id),
      summaryPrefix(id),
      topicPrefix(conversationTopic(id)),
      trashPrefix(),
      ["conversation"],
      ["trashed"],
    ]
  ) {
    assertEquals(await count(prefix), 0, JSON.stringify(prefix));
  }
  assertEquals(await trash.purge(), 0);
});

Deno.test("a conversation that is restored while the trash is emptied loses nothing", async () => {
  using kv = await Deno.openKv(":memory:");
  const { conversations, trash, clock, store } = scene(kv);
  const { id } = await conversations.create(USER, { model: "demo/tour" });
  await conversations.remove(USER, id);
  await clock.advance(TRASH_TTL_MS + 1);
  let restored: Promise<unknown> | null = null;
  store.onCommit = async (): Promise<Fault> => {
    if (restored !== null) return "none";
    restored = conversations.restore(USER, id);
    await restored;
    return "none";
  };
  await trash.purge();
  assert(restored !== null, "it was not restored meanwhile");
  assertEquals((await conversations.read(USER, id)).deletedAt, null);
  assertEquals((await conversations.page(USER)).conversations.length, 1);
});

Deno.test("a purge that was interrupted is finished by the next one", async () => {
  using kv = await Deno.openKv(":memory:");
  const { conversations, trash, clock, store, count } = scene(kv);
  const { id } = await conversations.create(USER, { model: "demo/tour" });
  await conversations.remove(USER, id);
  await clock.advance(TRASH_TTL_MS + 1);
  let commits = 0;
  store.onCommit = () => ++commits === 2 ? "fail" : "none";
  await assertRejects(() => trash.purge());
  await trash.purge();
  assertEquals(await count(topicPrefix(conversationTopic(id))), 0);
  assertEquals(await count(trashPrefix()), 0);
});
