// Sessions against a store, under a clock that is moved by hand.
import { assertEquals, assertNotEquals } from "@std/assert";
import { Sessions } from "../../../lib/auth/sessions.ts";
import { randomId } from "../../../lib/core/ids.ts";
import { SESSION_TTL_MS } from "../../../lib/kv/keys.ts";
import { Store } from "../../../lib/kv/store.ts";
import { openKv } from "../../../lib/kv/open.ts";
import { Metrics } from "../../../lib/observe/metrics.ts";
import { FakeClock } from "../../support/clock.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

async function setUp() {
  const kv = await openKv(":memory:");
  const metrics = new Metrics();
  const clock = new FakeClock();
  const sessions = new Sessions({ store: new Store(kv, metrics), clock, newId: randomId });
  const commits = () => metrics.get("throughline_kv_commits_total");
  return { sessions, clock, commits, [Symbol.dispose]: () => kv.close() };
}

Deno.test("a token is its user's, and nobody's after it is revoked", async () => {
  using it = await setUp();
  const [one, other] = [await it.sessions.mint(), await it.sessions.mint()];
  assertNotEquals(one.userId, other.userId);
  assertEquals(await it.sessions.find(one.token), { userId: one.userId, renewed: false });
  assertEquals(await it.sessions.isLive(one.token, one.userId), true);
  assertEquals(await it.sessions.isLive(one.token, other.userId), false);
  await it.sessions.revoke(one.token);
  assertEquals([await it.sessions.find(one.token), await it.sessions.isLive(one.token, one.userId)], [
    null,
    false,
  ]);
  assertEquals((await it.sessions.find(other.token))?.userId, other.userId);
});

Deno.test("what is no token is nobody's, and the store is not asked", async () => {
  using it = await setUp();
  const { token } = await it.sessions.mint();
  for (
    const wrong of [
      "",
      " ",
      token.slice(1),
      `${token}A`,
      `${token}\n`,
      "\ud800".repeat(43),
      "x".repeat(100_000),
    ]
  ) {
    assertEquals(await it.sessions.find(wrong), null);
  }
});

Deno.test("a session is renewed by the first request after a day, by one of many at once, and never by a stream", async () => {
  using it = await setUp();
  const { token, userId } = await it.sessions.mint();
  await it.clock.advance(DAY_MS);
  assertEquals(await it.sessions.find(token), { userId, renewed: false });
  await it.clock.advance(1);
  assertEquals(await it.sessions.isLive(token, userId), true);
  assertEquals(it.commits(), 1);
  const found = await Promise.all(Array.from({ length: 5 }, () => it.sessions.find(token)));
  assertEquals(found.every((one) => one?.userId === userId), true);
  assertEquals(it.commits(), 2);
  assertEquals(await it.sessions.find(token), { userId, renewed: false });
});

Deno.test("S2: a session ends with its time, though the store still has its row", async () => {
  using it = await setUp();
  const { token, userId } = await it.sessions.mint();
  await it.clock.advance(SESSION_TTL_MS);
  assertEquals(await it.sessions.isLive(token, userId), true);
  await it.clock.advance(1);
  assertEquals([await it.sessions.find(token), await it.sessions.isLive(token, userId)], [null, false]);
});
