import { assertEquals, assertStrictEquals } from "@std/assert";
import { groups, list, type Listing } from "@/lib/client/listing.ts";
import { USER_TOPIC } from "@/lib/client/topic_event.ts";
import { conversation, id } from "./sample.ts";

const at = (n: number, updatedAt: number) => conversation({ id: id(n), updatedAt });
const ids = (listing: Listing) => listing.conversations.map((c) => Number(c.id.slice(-12)));
const begun: Listing = { conversations: [at(2, 20), at(1, 10)], cursor: 5 };

Deno.test("a conversation that changed moves to its place by age", () => {
  const event = { type: "listed", id: 6, topic: USER_TOPIC, data: { conversation: at(1, 30) } } as const;
  const after = list(begun, event);
  assertEquals([ids(after), after.cursor], [[1, 2], 6]);
  assertStrictEquals(list(after, event), after);
});

Deno.test("an unlisted conversation goes", () => {
  const event = { type: "unlisted", id: 6, topic: USER_TOPIC, data: { conversationId: id(2) } } as const;
  assertEquals(ids(list(begun, event)), [1]);
});

Deno.test("a snapshot of the first page replaces the newest and keeps older pages that were loaded", () => {
  const data = { conversations: [at(4, 40), at(2, 15)], cursor: 9 };
  const after = list(begun, { type: "user_snapshot", id: 9, topic: USER_TOPIC, data });
  assertEquals([ids(after), after.cursor], [[4, 2, 1], 9]);
});

Deno.test("M8: an archived conversation leaves the list, and one that is pinned comes with the first page", () => {
  const archived = { ...at(2, 20), archived: true };
  const event = { type: "listed", id: 6, topic: USER_TOPIC, data: { conversation: archived } } as const;
  assertEquals(ids(list(begun, event)), [1]);
  const old = { ...at(9, 1), pinned: true };
  const data = { conversations: [at(4, 40), at(2, 15)], pinned: [old], cursor: 9 };
  const after = list(begun, { type: "user_snapshot", id: 9, topic: USER_TOPIC, data });
  assertEquals(ids(after), [4, 2, 1, 9]);
  // Unpinned elsewhere while this tab was offline: it stands where its age is.
  const again = { conversations: [at(4, 40), at(2, 15)], pinned: [], cursor: 12 };
  const offline = list(after, { type: "user_snapshot", id: 12, topic: USER_TOPIC, data: again });
  assertEquals([ids(offline), offline.conversations.some(({ pinned }) => pinned)], [[4, 2, 1, 9], false]);
});

Deno.test("groups follow the local day, and what is pinned comes first", () => {
  const now = new Date(2026, 4, 20, 12);
  const day = (days: number) => new Date(2026, 4, 20 - days, 1).getTime();
  const pinned = conversation({ id: id(9), updatedAt: day(99), pinned: true });
  const all = [at(1, day(0)), at(2, day(1)), at(3, day(3)), at(4, day(20)), at(5, day(80)), pinned];
  assertEquals(groups(all, now).map((group) => group.label), [
    "Pinned",
    "Today",
    "Yesterday",
    "Last 7 days",
    "Last 30 days",
    "Older",
  ]);
});
