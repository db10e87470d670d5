// The trash: listed, purged at once or in time, and to the last row.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { bulk } from "@/lib/chat/bulk.ts";
import { Conversations } from "@/lib/chat/conversations.ts";
import { Trash } from "@/lib/chat/trash.ts";
import { AppError } from "@/lib/core/errors.ts";
import { type Id, randomId } from "@/lib/core/ids.ts";
import {
  conversationKey,
  messageKey,
  TRASH_TTL_MS,
  trashKey,
  trashPrefix,
  userTopic,
} from "@/lib/kv/keys.ts";
import type { ConversationRecord } from "@/lib/chat/conversations.ts";
import { logOn } from "../../support/bus.ts";
import { FakeClock } from "../../support/clock.ts";
import type { Fault } from "../../support/faulty_store.ts";
import { everythingIn } from "../../support/kv.ts";

const USER = randomId();

async function scene() {
  const kv = await Deno.openKv(":memory:");
  const clock = new FakeClock();
  const { log, store } = logOn(kv);
  const conversations = new Conversations({ store, append: log.append.bind(log), clock, newId: randomId });
  const trash = new Trash({ store, clock, conversations });
  const create = async (userId = USER): Promise<Id> => {
    await clock.advance(1);
    return (await conversations.create(userId, { model: "demo/tour" })).id;
  };
  const deleted = async (userId = USER): Promise<Id> => {
    const id = await create(userId);
    await conversations.remove(userId, id);
    return id;
  };
  /** Rows that name a conversation, those of its owner's log aside. */
  const rowsOf = async (id: Id) =>
    (await everythingIn(kv)).split("\n").filter((row) => row.includes(id) && !row.includes(userTopic(USER)));
  const listed = async (userId = USER) =>
    (await trash.page(userId)).conversations.map(({ conversation }) => conversation.id);
  return {
    kv,
    clock,
    log,
    store,
    conversations,
    trash,
    create,
    deleted,
    rowsOf,
    listed,
    [Symbol.dispose]: () => kv.close(),
  };
}

async function code(promise: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => promise, AppError)).code;
}

Deno.test("M9: the trash lists what its owner deleted, the last first, with when each goes, in pages", async () => {
  using it = await scene();
  const ids: Id[] = [];
  for (let i = 0; i < 65; i++) ids.unshift(await it.deleted());
  await it.deleted(randomId());
  const seen: Id[] = [];
  const sizes: number[] = [];
  for (let cursor: string | undefined, pages = 0; pages < 4; pages++) {
    const page = await it.trash.page(USER, cursor);
    for (const { deletedAt, goesAt } of page.conversations) assertEquals(goesAt, deletedAt + TRASH_TTL_MS);
    seen.push(...page.conversations.map(({ conversation }) => conversation.id));
    sizes.push(page.conversations.length);
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  assertEquals([sizes, seen], [[30, 30, 5], ids]);
  await it.conversations.restore(USER, ids[0]!);
  assertEquals((await it.listed())[0], ids[1]);
  await it.clock.advance(1);
  await it.conversations.remove(USER, ids[0]!);
  assertEquals((await it.listed()).slice(0, 2), ids.slice(0, 2), "deleted again, it is there once");
  for (const cursor of ["", "1", `x.${USER}`, `1.${USER.toUpperCase()}`]) {
    assertEquals(await code(it.trash.page(USER, cursor)), "invalid", cursor);
  }
});

Deno.test("B1: purged at once, a conversation is gone to its last row, and cannot be restored or purged again", async () => {
  using it = await scene();
  const id = await it.deleted();
  await it.kv.set(messageKey(id, randomId()), { whole: {} as never });
  assert((await it.rowsOf(id)).length >= 4);
  await it.trash.purgeNow(USER, id);
  assertEquals(await it.rowsOf(id), []);
  assertEquals(await it.listed(), []);
  assertEquals(await code(it.conversations.restore(USER, id)), "not_found");
  assertEquals(await code(it.trash.purgeNow(USER, id)), "not_found");
});

Deno.test("P10: only an owner purges, and only what is in the trash", async () => {
  using it = await scene();
  const [theirs, kept] = [await it.deleted(), await it.create()];
  assertEquals(await code(it.trash.purgeNow(randomId(), theirs)), "not_found");
  assertEquals(await code(it.trash.purgeNow(USER, kept)), "not_found");
  assertEquals(await code(it.trash.purgeNow(USER, "../")), "not_found");
  assertEquals(await it.trash.empty(randomId()), { purged: 0, left: false });
  assertEquals((await it.listed()).length, 1);
});

Deno.test("B3: what is still being stopped is not purged at once; emptied, it is left and said to be", async () => {
  using it = await scene();
  const [stopping, other] = [await it.deleted(), await it.deleted()];
  const key = conversationKey(stopping);
  const record = (await it.kv.get<ConversationRecord>(key)).value!;
  await it.kv.set(key, { ...record, conversation: { ...record.conversation, running: randomId() } });
  assertEquals(await code(it.trash.purgeNow(USER, stopping)), "running");
  assertEquals(await it.trash.empty(USER), { purged: 1, left: true });
  assertEquals(await it.listed(), [stopping]);
  assertEquals(await it.rowsOf(other), []);
  await it.kv.set(key, record);
  assertEquals(await it.trash.empty(USER), { purged: 1, left: false });
});

Deno.test("B2: a purge at once that dies after any of its commits is finished by the next sweep", async () => {
  for (let dies = 2; dies < 6; dies++) {
    using it = await scene();
    const id = await it.deleted();
    for (let i = 0; i < 3; i++) await it.kv.set(messageKey(id, randomId()), { whole: {} as never });
    let commits = 0;
    it.store.onCommit = () => ++commits >= dies ? "fail" : "none";
    const died = await it.trash.purgeNow(USER, id).then(() => false, () => true);
    it.store.onCommit = () => "none";
    assertEquals(died, (await it.rowsOf(id)).length > 0, `after ${dies - 1} commits`);
    if (!died) continue;
    assertEquals(await it.listed(), [], "its owner is rid of it");
    assertEquals(await it.trash.purge(), 1);
    assertEquals(await it.rowsOf(id), []);
    assertEquals(await it.trash.purge(), 0);
  }
});

Deno.test("B2: a restore that is faster than a purge at once keeps everything", async () => {
  using it = await scene();
  const id = await it.deleted();
  let restored = false;
  it.store.onCommit = async (): Promise<Fault> => {
    if (restored) return "none";
    restored = true;
    await it.conversations.restore(USER, id);
    return "none";
  };
  assertEquals(await code(it.trash.purgeNow(USER, id)), "not_found");
  assertEquals((await it.conversations.read(USER, id)).deletedAt, null);
  assertEquals((await Array.fromAsync(it.kv.list({ prefix: trashPrefix() }))).length, 0);
});

Deno.test("emptying takes a bounded number at a time, the oldest first", async () => {
  using it = await scene();
  const ids: Id[] = [];
  for (let i = 0; i < 55; i++) ids.push(await it.deleted());
  assertEquals(await it.trash.empty(USER), { purged: 50, left: true });
  assertEquals((await it.listed()).toReversed(), ids.slice(50));
  assertEquals(await it.trash.empty(USER), { purged: 5, left: false });
  assertEquals(await it.trash.empty(USER), { purged: 0, left: false });
});

Deno.test("a row of the trash that stands for nothing is taken away, and takes nobody's turn", async () => {
  using it = await scene();
  const kept = await it.create();
  await it.kv.set(trashKey(1, kept), true);
  const again = await it.deleted();
  await it.kv.set(trashKey(2, again), true);
  assertEquals(await it.trash.purge(), 0);
  const rows = await Array.fromAsync(it.kv.list({ prefix: trashPrefix() }));
  assertEquals(rows.map(({ key }) => key.at(-1)), [again]);
  assertEquals((await it.conversations.read(USER, kept)).deletedAt, null);
  assertEquals(await it.listed(), [again]);
});

Deno.test("M9: what was deleted before the trash could be listed is restored and purged as ever", async () => {
  using it = await scene();
  const [one, other] = [await it.deleted(), await it.deleted()];
  for await (const { key } of it.kv.list({ prefix: ["trashed"] })) await it.kv.delete(key);
  await it.conversations.restore(USER, one);
  await it.clock.advance(TRASH_TTL_MS + 1);
  assertEquals(await it.trash.purge(), 1);
  assertEquals(await it.rowsOf(other), []);
});

Deno.test("M9: of many each is done by itself, and of those that cannot be is said why; done again, nothing is written", async () => {
  using it = await scene();
  const [one, two, three, theirs] = [
    await it.create(),
    await it.create(),
    await it.deleted(),
    await it.create(randomId()),
  ];
  const ids = [one, theirs, two, randomId()];
  const done = async (action: Parameters<typeof bulk>[2]["action"], of = ids) =>
    (await bulk(it.conversations, USER, { ids: of, action })).map((result) => result.ok ? "ok" : result.code);
  for (const action of ["archive", "pin", "unarchive", "unpin", "delete", "restore"] as const) {
    assertEquals(await done(action), ["ok", "not_found", "ok", "not_found"], action);
    const { conversation, deletedAt } = await it.conversations.readAny(one);
    const { archived, pinned } = conversation;
    const expected = {
      archive: { archived: true, pinned: false },
      pin: { archived: true, pinned: true },
      unarchive: { archived: false, pinned: true },
      unpin: { archived: false, pinned: false },
      delete: { archived: false, pinned: false },
      restore: { archived: false, pinned: false },
    }[action];
    assertEquals([{ archived, pinned }, deletedAt !== null], [expected, action === "delete"]);
    it.store.tried.length = 0;
    assertEquals(await done(action), ["ok", "not_found", "ok", "not_found"], action);
    assertEquals(it.store.tried.length, 0, `${action} again`);
  }
  // What is in the trash is not changed there, and is not said to be so.
  for (const action of ["archive", "unarchive", "pin", "unpin"] as const) {
    assertEquals(await done(action, [three]), ["not_found"], action);
    await it.conversations.restore(USER, three);
    await done(action, [three]);
    await it.conversations.remove(USER, three);
    assertEquals(await done(action, [three]), ["not_found"], action);
  }
  const results = await bulk(it.conversations, USER, { ids: [one, theirs], action: "delete" });
  assertEquals(results.map(({ id }) => id), [one, theirs], "in their order");
});
