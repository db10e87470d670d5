import { assert, assertEquals } from "@std/assert";
import { Connection, type Link, SETTLE_MS, SILENCE_MS } from "@/lib/client/connection.ts";
import { type TopicEvent, USER_TOPIC } from "@/lib/client/topic_event.ts";
import { FakeClock } from "@/tests/support/clock.ts";
import { FakeServer } from "./fake_server.ts";
import { delta, id, TOPIC } from "./sample.ts";

function setUp() {
  const server = new FakeServer();
  const clock = new FakeClock();
  const events: TopicEvent[] = [];
  const links: Link[] = [];
  const connection = new Connection(
    { fetch: server.fetch, clock, random: () => 0.5 },
    { event: (event) => events.push(event), link: (link) => links.push(link) },
  );
  const ids = () => events.map((event) => event.id);
  return { server, clock, connection, events, links, ids, settle: () => clock.advance(SETTLE_MS) };
}

Deno.test("C1: topics that are asked for together share one request", async () => {
  const { server, connection, settle } = setUp();
  connection.follow(USER_TOPIC, 3);
  connection.follow(TOPIC, 7);
  connection.follow(id(2), null);
  await settle();
  assertEquals(server.streams.map((stream) => stream.query), [`user@3,${TOPIC}@7,${id(2)}`]);
  connection.close();
});

Deno.test("C2, P1: a stream that breaks is opened again from its cursor", async () => {
  const { server, clock, connection, ids, links, settle } = setUp();
  connection.follow(TOPIC, 0);
  await settle();
  server.append(delta(1));
  server.append(delta(2));
  await clock.advance(1);
  server.last.break();
  server.append(delta(3));
  await clock.advance(400);
  assertEquals(server.last.query, `${TOPIC}@2`);
  assertEquals(ids(), [1, 2, 3]);
  assertEquals(links, ["live", "waiting", "connecting", "live"]);
  connection.close();
});

Deno.test("a topic that joins reopens the request with everybody's cursors, one that leaves does not", async () => {
  const { server, connection, clock, settle } = setUp();
  connection.follow(TOPIC, 0);
  await settle();
  server.append(delta(1));
  await clock.advance(1);
  connection.follow(id(2), 5);
  await settle();
  assertEquals(server.last.query, `${TOPIC}@1,${id(2)}@5`);
  connection.unfollow(id(2));
  await settle();
  assertEquals([server.streams.length, server.open.length], [2, 1]);
  connection.close();
});

Deno.test("P1: a rewind during a stream loses nothing of either", async () => {
  const { server, connection, clock, ids, settle } = setUp();
  connection.follow(TOPIC, 0);
  await settle();
  for (const n of [1, 2, 3]) server.append(delta(n));
  await clock.advance(1);
  connection.follow(TOPIC, 1);
  server.append(delta(4));
  await settle();
  assertEquals(server.last.query, `${TOPIC}@1`);
  assertEquals(ids(), [1, 2, 3, 4, 2, 3, 4]);
  connection.close();
});

Deno.test("bye: rotate comes back at once, drain after a moment, auth never", async () => {
  const { server, connection, clock, links, settle } = setUp();
  connection.follow(TOPIC, 0);
  await settle();
  server.last.send({ type: "bye", topic: null, data: { reason: "rotate" } });
  await clock.advance(0);
  assertEquals(server.streams.length, 2);
  server.last.send({ type: "bye", topic: null, data: { reason: "drain" } });
  await clock.advance(99);
  assertEquals(server.streams.length, 2);
  await clock.advance(401);
  assertEquals(server.streams.length, 3);
  server.last.send({ type: "bye", topic: null, data: { reason: "auth" } });
  await clock.advance(120_000);
  connection.follow(id(2), 0);
  await clock.advance(120_000);
  assertEquals(server.streams.length, 3);
  assertEquals(links.at(-1), "stopped");
  connection.close();
});

Deno.test("a topic that is gone is dropped and told of; the others stay", async () => {
  const { server, connection, clock, events, settle } = setUp();
  connection.follow(TOPIC, 0);
  connection.follow(id(2), 0);
  await settle();
  server.last.send({ type: "bye", topic: id(2), data: { reason: "gone" } });
  await clock.advance(1);
  assertEquals(events.map(({ type, topic }) => [type, topic]), [["bye", id(2)]]);
  assertEquals(connection.topics(), [TOPIC]);
  assertEquals(server.open.length, 1);
  connection.close();
});

Deno.test("a socket that says nothing for 40 s is dead, whatever it claims; heartbeats keep it", async () => {
  const { server, connection, clock, settle } = setUp();
  connection.follow(TOPIC, 0);
  await settle();
  for (let beats = 0; beats < 8; beats++) {
    await clock.advance(15_000);
    server.last.send({ type: "hb", topic: null, data: {} });
  }
  await clock.advance(SILENCE_MS - 1_000);
  assertEquals(server.streams.length, 1);
  await clock.advance(2_000);
  assertEquals([server.streams.length, server.open.length], [2, 1]);
  connection.close();
});

Deno.test("when the network is back nobody waits for the pause to end", async () => {
  const { server, connection, clock, settle, links } = setUp();
  server.refusals.push(null, null, null, null, null, null);
  connection.follow(TOPIC, 0);
  await settle();
  await clock.advance(8_000);
  server.refusals.length = 0;
  assertEquals([server.streams.length, links.at(-1)], [0, "waiting"]);
  connection.wake();
  await clock.advance(0);
  assertEquals(server.open.length, 1);
  connection.close();
});

Deno.test("a refusal is retried, without a session it is not", async () => {
  const { server, connection, clock, links, settle } = setUp();
  server.refusals.push(new Response(null, { status: 503 }), new Response(null, { status: 401 }));
  connection.follow(TOPIC, 0);
  await settle();
  await clock.advance(600_000);
  assertEquals([server.streams.length, server.refusals.length, links.at(-1)], [0, 0, "stopped"]);
  connection.close();
});

Deno.test("bytes cut anywhere, events of other kinds and nonsense never lose an event", async () => {
  const { server, connection, clock, ids, settle } = setUp();
  connection.follow(TOPIC, 0);
  await settle();
  const { data } = delta(1, "päß 中 😀");
  const bytes = `id: 1\nevent: delta\ndata: ${JSON.stringify({ topic: TOPIC, ...data })}\n\n`;
  for (const char of bytes) server.last.write(char);
  server.last.write("event: invented_later\ndata: {}\n\n");
  server.last.send(delta(2));
  await clock.advance(1);
  assertEquals(ids(), [1, 2]);
  server.last.write("event: delta\nid: 3\ndata: {broken\n\n");
  server.append(delta(1));
  server.append(delta(2));
  server.append(delta(3));
  await clock.advance(1_000);
  assertEquals(server.last.query, `${TOPIC}@2`);
  assertEquals(ids().at(-1), 3);
  connection.close();
});

Deno.test("a closed connection leaves nothing behind", async () => {
  const { server, connection, clock, settle } = setUp();
  connection.follow(TOPIC, 0);
  await settle();
  connection.close();
  await clock.advance(0);
  assertEquals([server.open.length, clock.sleeping], [0, 0]);
  assert(server.streams.length === 1);
});
