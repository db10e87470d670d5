// Event streams over HTTP: ids, snapshots, many topics, goodbyes, and what is left when a reader goes.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { STREAMS_PER_USER_MAX } from "../../../lib/http/streams.ts";
import type { StreamEvent } from "../../../lib/protocol/event.ts";
import { textOf } from "../../../lib/protocol/message.ts";
import { type ConversationState, reduce } from "../../../lib/protocol/reduce.ts";
import { Api } from "../../support/api.ts";
import { startApp } from "../../support/app.ts";
import { FakeClock } from "../../support/clock.ts";
import { countTo } from "../../support/count.ts";
import { follow } from "../../support/follow.ts";
import { assertHeaders, assertProblem } from "./expect.ts";
import { settled } from "./settled.ts";

/** Events of a topic among others; `topic` says whose. */
type TopicEvent = StreamEvent & { data: { topic: string } };

Deno.test("a stream begins with `retry` and a comment, under headers that no proxy may hold back", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const { id } = await api.create();
  for (const path of [`/api/conversations/${id}/events`, "/api/events?topics=user"]) {
    const response = await api.request("GET", path);
    assertHeaders(response);
    assertEquals(
      ["content-type", "cache-control", "x-accel-buffering", "content-encoding"].map((name) =>
        response.headers.get(name)
      ),
      ["text/event-stream; charset=utf-8", "no-cache, no-transform", "no", null],
    );
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    assertStringIncludes((await reader.read()).value ?? "", "retry: 1500\n: ok\n\n");
    await reader.cancel();
    // HEAD has the same headers, and leaves no stream behind.
    const head = await api.request("HEAD", path);
    assertEquals([head.status, head.headers.get("content-type"), await head.text()], [
      200,
      "text/event-stream; charset=utf-8",
      "",
    ]);
  }
  await settled(app);
});

Deno.test("V1: each entry is one event whose id is its number, from the snapshot's cursor on", async () => {
  await using app = await startApp({ env: { DEMO_TOKENS_PER_SECOND: "2000" } });
  const api = await Api.session(app.url);
  const { id } = await api.create();
  const { reply, cursor } = await api.send(id, { text: "count to 300" });
  let state: ConversationState | null = null;
  let events = 0;
  for await (const event of api.follow(id)) {
    if (state === null) {
      assert(event.type === "snapshot");
      assertEquals(event.id, event.data.cursor);
      assert(event.id! >= cursor);
    } else {
      assertEquals(event.id, state.cursor + 1);
      events++;
    }
    state = reduce(state, event);
    const answer = state?.messages.find((message) => message.id === reply.messageId);
    if (answer?.status === "complete" && events > 0) break;
  }
  assertEquals(textOf(state!.messages.find((message) => message.id === reply.messageId)!), countTo(300));

  // From the first entry on: the whole log, with no snapshot and no gap, to the same state at the same cursor.
  let seen = 1;
  for await (const event of api.follow(id, { after: 1 })) {
    assertEquals([event.id, event.type === "snapshot"], [++seen, false]);
    if (seen === state!.cursor) break;
  }
  assertEquals((await api.read(id)).cursor, seen);
  const query = await api.request("GET", `/api/conversations/${id}/events?after=${seen - 1}`);
  const reader = query.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (let reads = 0; reads < 10 && !text.includes("data:"); reads++) {
    text += (await reader.read()).value ?? "";
  }
  assertStringIncludes(text, `id: ${seen}\nevent: message\n`);
  await reader.cancel();
  await settled(app);
});

Deno.test("text that looks like the format stays data, in one event", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const { id } = await api.create();
  const text = "a\r\rb\n\ndata: x\nevent: bye\nid: 999\n\n\u2028 \0 </script> \ud83d\ude00";
  const { message } = await api.send(id, { text });
  const { messages } = await api.followUntil(id, (state) => state.messages.length > 0);
  assertEquals(textOf(messages.find((one) => one.id === message.id)!), text);
  for await (const event of api.follow(id, { after: 1 })) {
    assertEquals([event.id, event.type], [2, "message"]);
    assert(event.type === "message");
    assertEquals(textOf(event.data.message), text);
    break;
  }
});

Deno.test("hb has no id; a revoked session is told `bye: auth` at the next one, and its reconnect is a 401", async () => {
  const clock = new FakeClock();
  await using app = await startApp({ clock });
  const api = await Api.session(app.url);
  const { id } = await api.create();
  const events = api.follow(id);
  assertEquals((await events.next()).value?.type, "snapshot");
  const beat = events.next();
  await clock.advance(15_000);
  assertEquals((await beat).value, { type: "hb", data: {} });
  await app.program.services.sessions.revoke(api.token);
  const last = events.next();
  await clock.advance(15_000);
  assertEquals((await last).value, { type: "bye", data: { reason: "auth" } });
  assertEquals((await events.next()).done, true);
  await assertProblem(await api.request("GET", `/api/conversations/${id}/events`), "unauthenticated");
});

Deno.test("rotation: `bye: rotate` after 4 to 5 minutes, and the cursor goes on where it was", async () => {
  const clock = new FakeClock();
  await using app = await startApp({ clock, random: () => 0.5 });
  const api = await Api.session(app.url);
  const { id } = await api.create();
  const events = api.follow(id);
  assertEquals((await events.next()).value?.id, 1);
  const startedAt = clock.now();
  let last: StreamEvent | undefined;
  for (let next = events.next();; next = events.next()) {
    await clock.advance(15_000);
    const { done, value } = await next;
    if (done) break;
    last = value;
  }
  assertEquals(last, { type: "bye", data: { reason: "rotate" } });
  assertEquals(clock.now() - startedAt >= 240_000 && clock.now() - startedAt <= 315_000, true);
  await api.patch(id, { title: "meanwhile" });
  for await (const event of api.follow(id, { after: 1 })) {
    assertEquals([event.type, event.id], ["conversation", 2]);
    break;
  }
});

Deno.test("drain: every stream gets `bye: drain`, and new ones are told the same", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const { id } = await api.create();
  const streams = [api.follow(id), follow(`${app.url}/api/events?topics=user,${id}`, api.token)];
  for (const stream of streams) assert(!(await stream.next()).done);
  await streams[1]!.next();
  const drained = app.drain();
  for (const stream of streams) {
    assertEquals(await Array.fromAsync(stream), [{ type: "bye", data: { reason: "drain" } }]);
  }
  await drained;
});

Deno.test("many topics on one connection: each event says whose it is, its id is its topic's, foreign ones are gone", async () => {
  await using app = await startApp();
  const [api, stranger] = [await Api.session(app.url), await Api.session(app.url)];
  const [one, other, theirs] = [await api.create(), await api.create(), await stranger.create()];
  const topics = `user,${one.id},${other.id}@0,${theirs.id}@1,${crypto.randomUUID()}`;
  const events = follow(`${app.url}/api/events?topics=${topics}`, api.token) as AsyncGenerator<
    TopicEvent,
    void
  >;
  const seen = new Map<string, TopicEvent>();
  for (let i = 0; i < 5; i++) {
    const { value: event } = await events.next();
    seen.set(event!.data.topic, event!);
  }
  const summary = (topic: string) => [seen.get(topic)?.type, seen.get(topic)?.id];
  assertEquals(summary("user"), ["user_snapshot", 2]);
  assertEquals(summary(one.id), ["snapshot", 1]);
  assertEquals(summary(other.id), ["conversation", 1]);
  assertEquals(
    seen.get(theirs.id),
    { type: "bye", data: { topic: theirs.id, reason: "gone" } } as TopicEvent,
  );
  assertEquals([...seen.values()].filter(({ type }) => type === "bye").length, 2);

  await stranger.patch(theirs.id, { title: "not for you" });
  await api.patch(one.id, { title: "for you" });
  const next = [(await events.next()).value!, (await events.next()).value!];
  assertEquals(
    next.map(({ data, type, id }) => [data.topic, type, id]).toSorted(),
    [
      ["user", "listed", 3],
      [one.id, "conversation", 2],
    ].toSorted(),
  );
  await events.return();
  await settled(app);

  for (
    const wrong of [
      "",
      "?topics=",
      "?topics=,",
      "?topics=me",
      `?topics=${one.id.toUpperCase()}`,
      "?topics=__proto__",
    ]
  ) {
    await assertProblem(await api.request("GET", `/api/events${wrong}`), "invalid");
  }
  const tooMany = Array.from({ length: 65 }, () => crypto.randomUUID()).join(",");
  await assertProblem(await api.request("GET", `/api/events?topics=${tooMany}`), "invalid");
});

Deno.test("a conversation that is deleted ends its stream with `deleted` and `bye: gone`", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const { id } = await api.create();
  const events = api.follow(id);
  await events.next();
  await (await api.request("DELETE", `/api/conversations/${id}`)).body?.cancel();
  assertEquals(await Array.fromAsync(events), [
    { type: "deleted", data: {}, id: 2 },
    { type: "bye", data: { reason: "gone" } },
  ] as StreamEvent[]);
  await settled(app);
});

Deno.test("a person's 1,001st stream is a 429 that says when to come back; the app still answers", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const { id } = await api.create();
  const path = `/api/conversations/${id}/events`;
  const open = await Promise.all(Array.from({ length: 10 }, () => api.request("GET", path)));
  const { streams } = app.program.services;
  const held = Array.from({ length: STREAMS_PER_USER_MAX - open.length }, () => streams.hold(api.userId));
  assertEquals(await app.metric("throughline_streams_open"), STREAMS_PER_USER_MAX);
  const refused = await api.request("GET", path);
  assertEquals(Number(refused.headers.get("retry-after")) > 0, true);
  await assertProblem(refused, "limited");
  for (const at of ["/api/chat", "/api/chat/stream"]) {
    await assertProblem(await api.request("POST", at, { message: "count to 3" }), "limited");
  }
  assertEquals((await api.list()).conversations.length, 1, "what could not be followed was not begun");
  assertEquals((await api.send(id, { text: "count to 3" })).message.status, "complete");
  for (const response of open) await response.body?.cancel();
  for (const place of held) place[Symbol.dispose]();
  await settled(app);
});
