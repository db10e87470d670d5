// What becomes of deleted conversations.
import { assert, assertEquals } from "@std/assert";
import { Conversations } from "../../../lib/chat/conversations.ts";
import { randomId } from "../../../lib/core/ids.ts";
import { systemClock } from "../../../lib/core/time.ts";
import { Log } from "../../../lib/bus/log.ts";
import { openKv } from "../../../lib/kv/open.ts";
import { TRASH_TTL_MS, trashPrefix } from "../../../lib/kv/keys.ts";
import { type Found, type Selector, Store } from "../../../lib/kv/store.ts";
import { Metrics } from "../../../lib/observe/metrics.ts";
import { FakeClock } from "../../support/clock.ts";
import { everythingIn } from "../../support/kv.ts";

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
  const userId = randomId();
  const { id } = await conversations.create(userId, { model: "demo/tour", title: "to be deleted" });
  return { kv, store, clock, conversations, userId, id, [Symbol.dispose]: () => kv.close() };
}

Deno.test("a deleted conversation can be restored for 30 days, and is then gone to its last row", async () => {
  using it = await setUp();
  await it.conversations.remove(it.userId, it.id);
  await it.clock.advance(TRASH_TTL_MS);
  assertEquals(await it.conversations.purge(), 0);
  await it.conversations.restore(it.userId, it.id);
  await it.conversations.remove(it.userId, it.id);
  await it.clock.advance(TRASH_TTL_MS + 1);
  assertEquals([await it.conversations.purge(), await it.conversations.purge()], [1, 0]);
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
  assertEquals(await it.conversations.purge(), 0);
  assertEquals((await it.conversations.read(it.userId, it.id)).conversation.title, "to be deleted");
  const after = (await everythingIn(it.kv)).split("\n").filter((row) => row.startsWith('["topic"')).length;
  assert(after >= before, "its log is whole");
});
