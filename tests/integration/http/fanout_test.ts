// A thousand followers of one conversation, in this process and without sockets: what is shared, and that each sees all.
import { assert, assertEquals } from "@std/assert";
import { followConversation } from "@/lib/http/follow.ts";
import type { Identity } from "@/lib/http/state.ts";
import { Api } from "../../support/api.ts";
import { startApp } from "../../support/app.ts";
import { FakeClock } from "../../support/clock.ts";
import { seeded } from "../../support/random.ts";
import { settled } from "./settled.ts";

const FOLLOWERS = 1_000;

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** Followers of one conversation of one person. All leave before the app drains, also when the test has failed. */
async function scene(clock?: FakeClock) {
  const app = await startApp(clock === undefined ? {} : { clock });
  const api = await Api.session(app.url);
  const { id } = await api.create();
  const identity: Identity = { userId: api.userId, token: api.token, by: "bearer" };
  const readers: Reader[] = [];
  return {
    app,
    api,
    id,
    /** One follower from `cursor`, past the first bytes of its stream. */
    async follow(cursor: number | null): Promise<Reader> {
      const response = await followConversation(app.program.services, identity, id, cursor);
      const reader = response.body!.getReader();
      readers.push(reader);
      await reader.read();
      return reader;
    },
    async [Symbol.asyncDispose]() {
      for (const reader of readers) await reader.cancel();
      await app[Symbol.asyncDispose]();
    },
  };
}

async function next(reader: Reader): Promise<Uint8Array> {
  const { value } = await reader.read();
  if (value === undefined) throw new Error("The stream has ended");
  return value;
}

/** Numbers of the events in a chunk. All followers are handed the same chunks: each is read once. */
const idsIn = new WeakMap<Uint8Array, number[]>();
function ids(chunk: Uint8Array): number[] {
  let found = idsIn.get(chunk);
  if (found === undefined) {
    found = [...new TextDecoder().decode(chunk).matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    idsIn.set(chunk, found);
  }
  return found;
}

Deno.test("V1, T3: a thousand followers share one watch, one timer and the bytes of every event", async () => {
  const clock = new FakeClock();
  await using it = await scene(clock);
  const { app, api, id, follow } = it;
  const alone = await follow(null);
  await next(alone);
  const sleeping = clock.sleeping;
  const rest = await Promise.all(Array.from({ length: FOLLOWERS - 1 }, () => follow(null)));
  // They came at once: one snapshot was under way when the others asked, and one was made for all of those.
  assert(new Set(await Promise.all(rest.map(next))).size <= 2, "a snapshot was made for each");
  const all = [alone, ...rest];
  assertEquals(await app.metric("throughline_streams_open"), FOLLOWERS);
  assertEquals(await app.metric("throughline_topics_watched"), 1);
  assertEquals(clock.sleeping, sleeping);

  for (let i = 0; i < 20; i++) {
    const chunks = Promise.all(all.map(next));
    await api.patch(id, { title: `${i}` });
    const given = new Set(await chunks);
    assertEquals([given.size, ids([...given][0]!)], [1, [i + 2]]);
  }

  // Half of them fall behind by the same two events, and are given the same bytes of both.
  const [quick, slow] = [all.slice(0, FOLLOWERS / 2), all.slice(FOLLOWERS / 2)];
  for (const title of ["a", "b"]) {
    const chunks = Promise.all(quick.map(next));
    await api.patch(id, { title });
    assertEquals(new Set(await chunks).size, 1);
  }
  const late = new Set(await Promise.all(slow.map(next)));
  assertEquals([late.size, ids([...late][0]!)], [1, [22, 23]]);

  const beats = Promise.all(all.map(next));
  await clock.advance(15_000);
  assertEquals(new Set(await beats).size, 1);
  for (const reader of all) await reader.cancel();
  assertEquals([app.program.services.streams.size, clock.sleeping], [0, sleeping - 2]); // the streams' and the poll's
  assertEquals(await app.metric("throughline_topics_watched"), 0);
});

Deno.test("P1: a thousand followers, cut at random and coming back with their cursors, see each event once", async () => {
  const random = seeded("fan-out");
  await using it = await scene();
  const { app, api, id, follow } = it;
  const entries = 200;
  const last = entries + 1;
  let cuts = 0;
  const seen = await Promise.all(
    Array.from({ length: FOLLOWERS }, async () => {
      const numbers = [1];
      while (numbers.at(-1)! < last) {
        const reader = await follow(numbers.at(-1)!);
        // Some read each event as it comes, some fall behind; all are cut a few times.
        for (let left = random.between(1, entries); left > 0 && numbers.at(-1)! < last; left--) {
          numbers.push(...ids(await next(reader)));
          if (random.between(1, 100) === 1) {
            await new Promise((resolve) => setTimeout(resolve, random.between(0, 20)));
          }
        }
        if (numbers.at(-1)! < last) cuts++;
        await reader.cancel();
      }
      return numbers;
    }).concat(
      (async () => {
        for (let i = 0; i < entries; i++) await api.patch(id, { title: `${i}` });
        return [];
      })(),
    ),
  );
  const wanted = Array.from({ length: last }, (_, i) => i + 1);
  for (const [i, numbers] of seen.slice(0, FOLLOWERS).entries()) {
    assertEquals(numbers, wanted, `follower ${i}, seed ${random.seed}`);
  }
  assert(cuts > FOLLOWERS / 2, `only ${cuts} cuts, seed ${random.seed}`);
  await settled(app);
});
