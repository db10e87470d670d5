import { assert, assertEquals, assertFalse } from "@std/assert";
import { Cursors } from "@/lib/client/cursors.ts";
import { delta, snapshot, TOPIC } from "./sample.ts";

Deno.test("F1: only what comes next moves a cursor", () => {
  const cursors = new Cursors();
  cursors.follow(TOPIC, 4);
  assertEquals(cursors.place(delta(4)), "old");
  assertEquals(cursors.place(delta(6)), "ahead");
  assertEquals(cursors.place(delta(5)), "next");
  assertEquals(cursors.place(delta(6)), "next");
  assertEquals(cursors.entries(), [[TOPIC, 6]]);
});

Deno.test("F1: after a rewind the rest of the old stream does not move the cursor on", () => {
  const cursors = new Cursors();
  cursors.follow(TOPIC, 9);
  assert(cursors.follow(TOPIC, 3), "an earlier cursor needs the stream again");
  assertEquals(cursors.place(delta(10)), "ahead");
  assertEquals(cursors.entries(), [[TOPIC, 3]]);
});

Deno.test("a topic of which nothing is known waits for its snapshot", () => {
  const cursors = new Cursors();
  assert(cursors.follow(TOPIC, null));
  assertEquals(cursors.place(delta(1)), "ahead");
  assertEquals(cursors.place(snapshot(7)), "next");
  assertEquals(cursors.place(delta(8)), "next");
});

Deno.test("asking for what is under way already asks nothing of the stream", () => {
  const cursors = new Cursors();
  cursors.follow(TOPIC, 3);
  assertFalse(cursors.follow(TOPIC, 3));
  assertFalse(cursors.follow(TOPIC, 8));
  assert(cursors.follow(TOPIC, null), "a snapshot was asked for");
});

Deno.test("events of topics that nobody follows are foreign, and so are those without a number", () => {
  const cursors = new Cursors();
  assertEquals(cursors.place(delta(1)), "foreign");
  cursors.follow(TOPIC, 0);
  assertEquals(cursors.place({ type: "hb", data: {}, topic: null }), "foreign");
});
