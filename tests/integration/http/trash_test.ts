// What becomes of deleted conversations.
import { assert, assertEquals } from "@std/assert";
import { Conversations } from "../../../lib/chat/conversations.ts";
import { Trash } from "../../../lib/chat/trash.ts";
import { randomId } from "../../../lib/core/ids.ts";
import { systemClock } from "../../../lib/core/time.ts";
import { Log } from "../../../lib/bus/log.ts";
import { openKv } from "../../../lib/kv/open.ts";
import { TRASH_TTL_MS, trashPrefix } from "../../../lib/kv/keys.ts";
import { type Found, type Selector, Store } from "../../../lib/kv/store.ts";
import { Metrics } from "../../../lib/observe/metrics.ts";
import type { BulkDone, Trashed, TrashPage } from "../../../lib/protocol/api.ts";
import { Api } from "../../support/api.ts";
import { startApp } from "../../support/app.ts";
import { FakeClock } from "../../support/clock.ts";
import { everythingIn } from "../../support/kv.ts";
import { assertHeaders, assertProblem } from "./expect.ts";

/** A store that lets something happen right after the trash was listed. */
class Interrupted extends Store {
  afterTrash: (() => Promise<unknown>) | null = null;

  override async list<V>(
    selector: Selector,
    options: { limit: number; reverse?: boolean },
  ): Promise<Found<V>[]> {
    const found = await super.list<V>(selector, options);
    if ("prefix" in selector && selector.prefix[0] === trashPrefix()[0]) await this.afterTrash?.();
    return found;
  }
}

async function setUp() {
  const kv = await openKv(":memory:");
  const counters = new Metrics();
  const store = new Interrupted(kv, counters);
  const clock = new FakeClock();
  const log = new Log({ store, clock: systemClock, random: Math.random, counters });
  const append = log.append.bind(log);
  const conversations = new Conversations({ store, append, clock, newId: randomId });
  const trash = new Trash({ store, clock, conversations });
  const userId = randomId();
  const { id } = await conversations.create(userId, { model: "demo/tour", title: "to be deleted" });
  return { kv, store, clock, conversations, trash, userId, id, [Symbol.dispose]: () => kv.close() };
}

Deno.test("a deleted conversation can be restored for 30 days, and is then gone to its last row", async () => {
  using it = await setUp();
  await it.conversations.remove(it.userId, it.id);
  await it.clock.advance(TRASH_TTL_MS);
  assertEquals(await it.trash.purge(), 0);
  await it.conversations.restore(it.userId, it.id);
  await it.conversations.remove(it.userId, it.id);
  await it.clock.advance(TRASH_TTL_MS + 1);
  assertEquals([await it.trash.purge(), await it.trash.purge()], [1, 0]);
  const rows = (await everythingIn(it.kv)).split("\n").filter((row) => row.includes(it.id));
  assertEquals(
    rows.filter((row) => !row.includes(`u:${it.userId}`)),
    [],
    "only its owner's log remembers it, for a day",
  );
});

Deno.test("a restore in the moment of the purge keeps everything", async () => {
  using it = await setUp();
  await it.conversations.remove(it.userId, it.id);
  await it.clock.advance(TRASH_TTL_MS + 1);
  it.store.afterTrash = () => it.conversations.restore(it.userId, it.id);
  const before = (await everythingIn(it.kv)).split("\n").filter((row) => row.startsWith('["topic"')).length;
  assertEquals(await it.trash.purge(), 0);
  assertEquals((await it.conversations.read(it.userId, it.id)).conversation.title, "to be deleted");
  const after = (await everythingIn(it.kv)).split("\n").filter((row) => row.startsWith('["topic"')).length;
  assert(after >= before, "its log is whole");
});

Deno.test("GET and DELETE /api/trash, DELETE /api/trash/:id: what was deleted is listed, purged one by one, and emptied", async () => {
  await using app = await startApp();
  const [api, stranger] = [await Api.session(app.url), await Api.session(app.url)];
  const made = [
    await api.create({ title: "a" }),
    await api.create({ title: "b" }),
    await api.create({ title: "c" }),
  ];
  for (const { id } of made) await noContent(api, `/api/conversations/${id}`);
  const listed = async (who = api) => {
    const response = await who.request("GET", "/api/trash");
    assertEquals(response.status, 200);
    assertHeaders(response);
    return await response.json() as TrashPage;
  };
  const page = await listed();
  assertEquals(page.conversations.map(({ conversation }) => conversation.title).toSorted(), ["a", "b", "c"]);
  const [{ conversation, deletedAt, goesAt }] = page.conversations as [Trashed];
  assertEquals([goesAt - deletedAt, page.nextCursor], [TRASH_TTL_MS, null]);
  assertEquals(conversation, made.find(({ id }) => id === conversation.id));
  assertEquals(await listed(stranger), { conversations: [], nextCursor: null });
  await noContent(api, `/api/trash/${conversation.id}`);
  await assertProblem(await api.request("DELETE", `/api/trash/${conversation.id}`), "not_found");
  await assertProblem(
    await api.request("POST", `/api/conversations/${conversation.id}/restore`),
    "not_found",
  );
  await assertProblem(await api.request("GET", "/api/trash?cursor=x"), "invalid");
  const emptied = await api.request("DELETE", "/api/trash");
  assertEquals([emptied.status, await emptied.json()], [200, { purged: 2, left: false }]);
  assertEquals((await listed()).conversations, []);
});

Deno.test("POST /api/conversations/bulk: a result for each, in their order", async () => {
  await using app = await startApp();
  const [api, stranger] = [await Api.session(app.url), await Api.session(app.url)];
  const [one, two, theirs] = [await api.create(), await api.create(), await stranger.create()];
  const ids = [one.id, theirs.id, two.id];
  const bulk = (body: unknown) => api.request("POST", "/api/conversations/bulk", body);
  const response = await bulk({ ids, action: "delete" });
  assertEquals(response.status, 200);
  assertHeaders(response);
  const { results } = await response.json() as BulkDone;
  assertEquals(results.map(({ id, ok }) => [id, ok]), [[one.id, true], [theirs.id, false], [two.id, true]]);
  assertEquals((await api.list()).conversations, []);
  assertEquals((await stranger.list()).conversations.length, 1);
  await (await bulk({ ids: [one.id, two.id], action: "restore" })).body?.cancel();
  assertEquals((await api.list()).conversations.length, 2);
  const many = Array.from({ length: 101 }, () => crypto.randomUUID());
  for (
    const wrong of [
      { ids: [], action: "pin" },
      { ids: many, action: "pin" },
      { ids: [one.id, one.id], action: "pin" },
      { ids: ["x"], action: "pin" },
      { ids: [one.id], action: "purge" },
      { ids: [one.id] },
    ]
  ) await assertProblem(await bulk(wrong), "invalid");
  const most = await bulk({ ids: many.slice(1), action: "pin" });
  assertEquals([most.status, (await most.json() as BulkDone).results.length], [200, 100]);
});

async function noContent(api: Api, path: string): Promise<void> {
  const response = await api.request("DELETE", path);
  assertEquals([response.status, await response.text()], [204, ""]);
}
