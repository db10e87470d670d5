import { assert, assertEquals, assertLess } from "@std/assert";
import { Connection, type Link } from "@/lib/client/connection.ts";
import { type Locks, Relay } from "@/lib/client/relay.ts";
import type { Topic, TopicEvent } from "@/lib/client/topic_event.ts";
import { FakeClock } from "@/tests/support/clock.ts";
import { FakeBrowser } from "./fake_browser.ts";
import { FakeServer } from "./fake_server.ts";
import { delta, id, TOPIC } from "./sample.ts";

const OTHER: Topic = id(2);

/** One browser, one server, and tabs as they are opened. */
function setUp() {
  const server = new FakeServer();
  const clock = new FakeClock();
  const browser = new FakeBrowser();
  let opened = 0;
  const tab = (options: { locks?: Locks | null } = {}) => {
    const page = browser.page();
    const events: TopicEvent[] = [];
    const links: Link[] = [];
    const relay = new Relay({
      tab: `tab${++opened}`,
      clock,
      locks: options.locks === undefined ? page.locks : options.locks,
      openPort: page.openPort,
      connect: (listener) => new Connection({ fetch: server.fetch, clock, random: () => 0.5 }, listener),
    }, { event: (event) => events.push(event), link: (link) => links.push(link) });
    const ids = (topic = TOPIC) => events.filter((event) => event.topic === topic).map((event) => event.id);
    return { relay, page, events, links, ids };
  };
  return { server, clock, browser, tab, settle: () => clock.advance(50) };
}

type Tab = ReturnType<ReturnType<typeof setUp>["tab"]>;
const close = (...tabs: Tab[]) => tabs.forEach(({ relay }) => relay.close());
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

Deno.test("P9: twenty tabs share one connection, and each gets its own conversation", async () => {
  const { server, tab, settle } = setUp();
  const tabs = upTo(20).map(() => tab());
  tabs.forEach(({ relay }, i) => relay.follow(id(100 + i), 0));
  await settle();
  assertEquals(server.open.length, 1);
  assertEquals(server.last.topics.size, 20);
  for (const n of [1, 2, 3]) for (let i = 0; i < 20; i++) server.append(delta(n, "x", id(100 + i)));
  await settle();
  tabs.forEach(({ events }, i) => {
    assertEquals(events.map((event) => [event.topic, event.id]), [1, 2, 3].map((n) => [id(100 + i), n]));
  });
  assert(server.streams.length <= 2, `${server.streams.length} requests for twenty tabs`);
  close(...tabs);
});

Deno.test("T2: what is relayed does not wait for a timer", async () => {
  const { server, clock, tab, settle } = setUp();
  const [leader, follower] = [tab(), tab()];
  follower.relay.follow(TOPIC, 0);
  await settle();
  const before = clock.now();
  server.append(delta(1));
  await clock.advance(0);
  assertEquals([follower.ids(), clock.now() - before], [[1], 0]);
  close(leader, follower);
});

Deno.test("an event is repeated to tabs that follow its topic, and to nobody when there is none", async () => {
  const { server, browser, tab, settle } = setUp();
  const leader = tab();
  leader.relay.follow(TOPIC, 0);
  await settle();
  const repeated = () => browser.notes.filter(({ kind }) => kind === "event").length;
  server.append(delta(1));
  await settle();
  assertEquals([leader.ids(), repeated()], [[1], 0]);
  const elsewhere = tab();
  elsewhere.relay.follow(OTHER, 0);
  await settle();
  server.append(delta(2));
  server.append(delta(1, "x", OTHER));
  await settle();
  assertEquals([leader.ids(), elsewhere.ids(OTHER), repeated()], [[1, 2], [1], 1]);
  elsewhere.relay.unfollow(OTHER);
  await settle();
  server.append(delta(2, "x", OTHER));
  await settle();
  assertEquals(repeated(), 1);
  close(leader, elsewhere);
});

Deno.test("a tab that opens in mid-answer catches up from its own cursor, the others notice nothing", async () => {
  const { server, clock, tab, settle } = setUp();
  const first = tab();
  first.relay.follow(TOPIC, 0);
  await settle();
  for (const n of upTo(5)) server.append(delta(n));
  await settle();
  const second = tab();
  second.relay.follow(TOPIC, 2);
  server.append(delta(6)); // arrives while the rewind is being asked for
  await settle();
  server.append(delta(7));
  await clock.advance(10);
  assertEquals([first.ids(), second.ids()], [upTo(7), [3, 4, 5, 6, 7]]);
  assert(
    [...first.events, ...second.events].every(({ type }) => type !== "snapshot"),
    "no snapshot was needed",
  );
  close(first, second);
});

Deno.test("a leader that closes hands over at once, from the same cursors", async () => {
  const { server, clock, tab, settle } = setUp();
  const [leader, follower] = [tab(), tab()];
  follower.relay.follow(TOPIC, 0);
  await settle();
  server.append(delta(1));
  await settle();
  assert(leader.relay.leads && !follower.relay.leads);
  leader.relay.close();
  server.append(delta(2)); // nobody listens just now
  await clock.advance(50);
  server.append(delta(3));
  await clock.advance(10);
  assert(follower.relay.leads);
  assertEquals([follower.ids(), server.open.length], [[1, 2, 3], 1]);
  close(follower);
});

Deno.test("T3: a frozen leader is robbed within four seconds, and loses nothing for anybody", async () => {
  const { server, clock, tab, settle } = setUp();
  const tabs = [tab(), tab(), tab()];
  for (const { relay } of tabs) relay.follow(TOPIC, 0);
  await settle();
  tabs[0]!.page.freeze();
  const frozenAt = clock.now();
  const stuck = server.last;
  server.append(delta(1)); // the frozen tab reads it and cannot tell
  while (!tabs[1]!.relay.leads && !tabs[2]!.relay.leads) {
    assertLess(clock.now() - frozenAt, 4_001);
    await clock.advance(100);
  }
  await settle();
  server.append(delta(2));
  await settle();
  assertEquals([tabs[1]!.ids(), tabs[2]!.ids()], [[1, 2], [1, 2]]);
  tabs[0]!.page.thaw();
  await settle();
  server.append(delta(3));
  await settle();
  assert(!tabs[0]!.relay.leads, "the robbed leader noticed");
  assert(!stuck.open && server.open.length === 1, "and let its connection go");
  for (const { ids } of tabs) assertEquals(ids(), [1, 2, 3]);
  close(...tabs);
});

Deno.test("T3: two leaders for a moment deliver each event once, in order", async () => {
  const { server, tab, settle } = setUp();
  const everybody: Locks = { request: (_name, _options, held) => held() };
  const [one, two, follower] = [tab({ locks: everybody }), tab({ locks: everybody }), tab()];
  for (const { relay } of [one, two, follower]) relay.follow(TOPIC, 0);
  await settle();
  assert(one.relay.leads && two.relay.leads);
  for (const n of upTo(10)) {
    server.append(delta(n));
    if (n % 3 === 0) await settle();
  }
  await settle();
  for (const { ids } of [one, two, follower]) assertEquals(ids(), upTo(10));
  close(one, two, follower);
});

Deno.test("T4: without locks a tab connects by itself", async () => {
  const { server, tab, settle } = setUp();
  const [a, b] = [tab({ locks: null }), tab({ locks: null })];
  a.relay.follow(TOPIC, 0);
  b.relay.follow(TOPIC, 0);
  await settle();
  server.append(delta(1));
  await settle();
  assertEquals([server.open.length, a.ids(), b.ids()], [2, [1], [1]]);
  close(a, b);
});

Deno.test("a hole is filled from the cursor, and asked for once", async () => {
  const { server, clock, browser, tab, settle } = setUp();
  const [leader, follower] = [tab(), tab()];
  follower.relay.follow(TOPIC, 0);
  await settle();
  await clock.advance(5_000);
  server.append(delta(1));
  await settle();
  // Three events that the follower never hears of: its page was asleep and the browser dropped them.
  browser.pages.delete(follower.page);
  for (const n of [2, 3, 4]) server.append(delta(n));
  await settle();
  browser.pages.add(follower.page);
  const wanted = () => browser.notes.filter((note) => note.kind === "want").length;
  const before = wanted();
  for (const n of [5, 6, 7]) server.append(delta(n));
  await settle();
  assertEquals(follower.ids(), upTo(7));
  assertEquals(wanted() - before, 1);
  close(leader, follower);
});

Deno.test("switching conversations follows the new and drops the old", async () => {
  const { server, tab, settle } = setUp();
  const [leader, follower] = [tab(), tab()];
  follower.relay.follow(TOPIC, 0);
  await settle();
  follower.relay.unfollow(TOPIC);
  follower.relay.follow(OTHER, null);
  await settle();
  server.append(delta(1));
  server.append(delta(1, "x", OTHER));
  await settle();
  assertEquals(follower.ids(TOPIC), []);
  assertEquals(follower.events.map(({ type }) => type), ["snapshot", "delta"]);
  assertEquals([...server.last.topics.keys()], [OTHER]);
  close(leader, follower);
});

Deno.test("a snapshot that one tab asked for does not disturb the others", async () => {
  const { server, tab, settle } = setUp();
  const [a, b] = [tab(), tab()];
  a.relay.follow(TOPIC, 0);
  b.relay.follow(TOPIC, 0);
  await settle();
  for (const n of [1, 2]) server.append(delta(n));
  await settle();
  b.relay.follow(TOPIC, null);
  await settle();
  server.append(delta(3));
  await settle();
  assertEquals(a.ids().at(-1), 3);
  assertEquals(b.events.map(({ type, id }) => [type, id]).slice(-2), [["snapshot", 2], ["delta", 3]]);
  close(a, b);
});

Deno.test("a tab that died without a word is forgotten, one that sleeps comes back", async () => {
  const { server, clock, browser, tab, settle } = setUp();
  const [leader, dead, asleep] = [tab(), tab(), tab()];
  leader.relay.follow("user", 0);
  dead.relay.follow(TOPIC, 0);
  asleep.relay.follow(OTHER, 0);
  await settle();
  dead.page.freeze();
  asleep.page.freeze();
  await clock.advance(150_000);
  // As when a server rotates: the next request shows what is still wanted.
  server.last.send({ type: "bye", topic: null, data: { reason: "rotate" } });
  await settle();
  assertEquals([...server.last.topics.keys()], ["user"]);
  asleep.page.thaw();
  await clock.advance(1_100);
  server.append(delta(1, "x", OTHER));
  await settle();
  assertEquals(asleep.ids(OTHER), [1]);
  browser.pages.delete(dead.page);
  close(leader, dead, asleep);
});

Deno.test("everybody knows how the link is", async () => {
  const { server, clock, tab, settle } = setUp();
  const [leader, follower] = [tab(), tab()];
  follower.relay.follow(TOPIC, 0);
  await settle();
  assertEquals([leader.links.at(-1), follower.links.at(-1)], ["live", "live"]);
  server.refusals.push(null, null, null);
  server.last.break();
  await clock.advance(100);
  assertEquals([leader.links.at(-1), follower.links.at(-1)], ["waiting", "waiting"]);
  await clock.advance(5_000);
  assertEquals([leader.links.at(-1), follower.links.at(-1)], ["live", "live"]);
  close(leader, follower);
});

Deno.test("a closed tab leaves no lock, no timer and no request behind", async () => {
  const { server, clock, browser, tab, settle } = setUp();
  const [a, b] = [tab(), tab()];
  a.relay.follow(TOPIC, 0);
  b.relay.follow(TOPIC, 0);
  await settle();
  close(b, a);
  await clock.advance(0);
  assertEquals([server.open.length, clock.sleeping, browser.queue.length], [0, 0, 0]);
});
