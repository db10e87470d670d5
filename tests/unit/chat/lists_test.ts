// The lists that a person's conversations stand in.
import { assertEquals, assertRejects } from "@std/assert";
import { bulk } from "@/lib/chat/bulk.ts";
import { Conversations } from "@/lib/chat/conversations.ts";
import { PAGE_SIZE } from "@/lib/chat/lists.ts";
import { Trash } from "@/lib/chat/trash.ts";
import { AppError } from "@/lib/core/errors.ts";
import { type Id, randomId } from "@/lib/core/ids.ts";
import { archivedPrefix, pinnedPrefix, recentKey, userTopic } from "@/lib/kv/keys.ts";
import { PINNED_MAX } from "@/lib/protocol/api.ts";
import { logOn } from "../../support/bus.ts";
import { FakeClock } from "../../support/clock.ts";
import { everythingIn } from "../../support/kv.ts";

const USER = randomId();

async function scene() {
  const kv = await Deno.openKv(":memory:");
  const clock = new FakeClock();
  const { log, store } = logOn(kv);
  const conversations = new Conversations({ store, append: log.append.bind(log), clock, newId: randomId });
  const create = async (title = ""): Promise<Id> => {
    await clock.advance(1);
    return (await conversations.create(USER, { model: "demo/tour", title })).id;
  };
  const all = async (archived: boolean) => {
    const found: Id[] = [];
    let cursor: string | undefined;
    for (let pages = 0; pages < 50; pages++) {
      const page = await conversations.page(USER, { archived, cursor });
      found.push(...page.conversations.map(({ id }) => id));
      if (page.nextCursor === null) return found;
      cursor = page.nextCursor;
    }
    throw new Error("The pages do not end");
  };
  const trash = new Trash({ store, clock, conversations });
  const rowsOf = async (id: Id) =>
    (await everythingIn(kv)).split("\n").filter((row) => row.includes(id) && !row.includes(userTopic(USER)));
  return { kv, clock, conversations, trash, create, all, rowsOf, [Symbol.dispose]: () => kv.close() };
}

Deno.test("M8: archived conversations leave the list and stand in the archive, in full pages and in order", async () => {
  using it = await scene();
  const [kept, put]: Id[][] = [[], []];
  for (let i = 0; i < 3 * PAGE_SIZE; i++) {
    const id = await it.create();
    if (i % 3 === 0) kept!.unshift(id);
    else put!.unshift(id);
  }
  for (const id of put!) await it.conversations.patch(USER, id, { archived: true });
  const page = await it.conversations.page(USER);
  assertEquals([page.conversations.length, page.nextCursor], [PAGE_SIZE, null], "the page is not short");
  assertEquals([await it.all(false), await it.all(true)], [kept, put]);
  for (const id of put!) await it.conversations.patch(USER, id, { archived: false });
  assertEquals([(await it.all(false)).length, await it.all(true)], [3 * PAGE_SIZE, []]);
});

Deno.test("M8: a page that finds nothing but archived ones for long ends early, and its cursor leads on", async () => {
  using it = await scene();
  const old = await it.create("old");
  for (let i = 0; i < 2_500; i += 500) {
    let commit = it.kv.atomic();
    for (let j = 0; j < 500; j++) commit = commit.set(recentKey(USER, 2e12 + i + j, randomId()), "archived");
    await commit.commit();
  }
  const first = await it.conversations.page(USER);
  assertEquals([first.conversations, typeof first.nextCursor], [[], "string"]);
  assertEquals(await it.all(false), [old]);
});

Deno.test("M8: what is pinned comes with the first page however old it is, unless it is archived or deleted", async () => {
  using it = await scene();
  const [one, two, three] = [await it.create(), await it.create(), await it.create()];
  for (let i = 0; i < PAGE_SIZE; i++) await it.create();
  for (const id of [one, two, three]) await it.conversations.patch(USER, id, { pinned: true });
  const pinned = async () => (await it.conversations.pinned(USER)).map(({ id }) => id).toSorted();
  assertEquals(await pinned(), [one, two, three].toSorted());
  assertEquals(await it.conversations.pinned(randomId()), []);
  await it.conversations.patch(USER, one, { archived: true });
  await it.conversations.remove(USER, two);
  assertEquals(await pinned(), [three]);
  await it.conversations.patch(USER, one, { archived: false });
  await it.conversations.restore(USER, two);
  await it.conversations.patch(USER, three, { pinned: false });
  assertEquals(await pinned(), [one, two].toSorted());
});

Deno.test("M8: a conversation too many to be pinned is refused by name, and the others are pinned", async () => {
  using it = await scene();
  const ids: Id[] = [];
  for (let i = 0; i < PINNED_MAX; i++) ids.push(await it.create());
  for (const id of ids.slice(1)) await it.conversations.patch(USER, id, { pinned: true });
  await it.conversations.patch(USER, ids[0]!, { pinned: true });
  const more = await it.create();
  const refused = await assertRejects(() => it.conversations.patch(USER, more, { pinned: true }), AppError);
  assertEquals(refused.code, "limited");
  const results = await bulk(it.conversations, USER, { ids: [ids[1]!, more], action: "pin" });
  assertEquals(results.map(({ ok }) => ok), [true, false], "one that is pinned stays so");
  // Other changes of one that is pinned need no room.
  await it.conversations.patch(USER, ids[1]!, { title: "Named", pinned: true });
});

Deno.test("M9: deleted for good, a conversation leaves no key, in whatever lists it stood", async () => {
  using it = await scene();
  const id = await it.create();
  await it.conversations.patch(USER, id, { pinned: true });
  await it.conversations.patch(USER, id, { archived: true });
  await it.conversations.remove(USER, id);
  await it.conversations.restore(USER, id);
  await it.conversations.patch(USER, id, { archived: false });
  await it.conversations.remove(USER, id);
  await it.trash.purgeNow(USER, id);
  assertEquals(await it.rowsOf(id), []);
  for (const prefix of [archivedPrefix(USER), pinnedPrefix(USER)]) {
    assertEquals(await Array.fromAsync(it.kv.list({ prefix })), []);
  }
});
