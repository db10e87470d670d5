// The short form of a soak: some hundred answers with followers that come and go, and then a count of what is left.
import { assert, assertEquals } from "@std/assert";
import { program } from "@/lib/app.ts";
import { readConfig } from "@/lib/config.ts";
import { systemClock } from "@/lib/core/time.ts";
import { followConversation, followTopics } from "@/lib/http/follow.ts";
import type { Identity } from "@/lib/http/state.ts";
import { Lines } from "../../support/bus.ts";
import { CountingClock } from "../../support/clock.ts";
import { seeded } from "../../support/random.ts";

const PEOPLE = 5;
const CONVERSATIONS_EACH = 6;
const ANSWERS_EACH = 10;
const ANSWERS = PEOPLE * CONVERSATIONS_EACH * ANSWERS_EACH;

/** A KV that counts the watches which are open. */
function counting(kv: Deno.Kv) {
  let watches = 0;
  const watch = kv.watch.bind(kv);
  kv.watch = ((keys: Deno.KvKey[], options?: { raw?: boolean }) => {
    watches++;
    const reader = watch(keys, options).getReader();
    return new ReadableStream<Awaited<ReturnType<typeof reader.read>>["value"]>({
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        watches--;
        await reader.cancel();
      },
    }, { highWaterMark: 0 });
  }) as unknown as typeof kv.watch;
  return { kv, watches: () => watches };
}

/** Rows by the first part of their key, and by what kind of a topic's rows they are. */
async function rows(kv: Deno.Kv): Promise<Record<string, number>> {
  const count: Record<string, number> = {};
  for await (const { key } of kv.list({ prefix: [] })) {
    const kind = key[0] === "topic" ? `topic ${String(key[2])}` : String(key[0]);
    count[kind] = (count[kind] ?? 0) + 1;
  }
  return count;
}

Deno.test("hundreds of answers with followers that come and go leave their rows, and nothing in the process", async () => {
  const random = seeded("soak");
  const { kv, watches } = counting(await Deno.openKv(":memory:"));
  const clock = new CountingClock(systemClock);
  const logger = new Lines();
  const config = readConfig({ KV_PATH: ":memory:", DEMO_TOKENS_PER_SECOND: "10000" });
  const running = program({ config, kv, logger, clock });
  const { services, runner } = running;
  const idle = clock.sleeping;

  const people = await Promise.all(Array.from({ length: PEOPLE }, async () => {
    const identity: Identity = { ...await services.sessions.mint(), by: "bearer" };
    const conversations = await Promise.all(
      Array.from(
        { length: CONVERSATIONS_EACH },
        () => services.conversations.create(identity.userId, { model: "demo/tour", title: "Soak" }),
      ),
    );
    return { identity, ids: conversations.map(({ id }) => id) };
  }));

  /** Comes, reads some chunks, and leaves, in mid-answer or after it, sometimes without having read a byte. */
  const comeAndGo = async (response: Response) => {
    const reader = response.body!.getReader();
    for (let left = random.between(0, 12); left > 0; left--) {
      // Not all of them are sent enough to read: those leave while they wait.
      const waited = new Promise<"waited">((resolve) => setTimeout(() => resolve("waited"), 20));
      if (await Promise.race([reader.read(), waited]) === "waited") break;
    }
    await reader.cancel();
  };
  const converse = async (identity: Identity, ids: readonly string[], id: string) => {
    for (let i = 0; i < ANSWERS_EACH; i++) {
      const { reply, cursor } = await services.send(identity.userId, id, { text: "count to 30" }, "soak");
      const whole = (await followConversation(services, identity, id, cursor)).body!.getReader();
      const others = [
        comeAndGo(await followConversation(services, identity, id, null)),
        comeAndGo(await followConversation(services, identity, id, cursor)),
        comeAndGo(await followTopics(services, identity, ["user", ...ids].join(","))),
      ];
      const end = new RegExp(`event: message\ndata: .*"id":"${reply.messageId}".*"status":"complete"`);
      for (let text = ""; !end.test(text);) {
        const { done, value } = await whole.read();
        assert(!done, `The stream ended before the answer did, seed ${random.seed}`);
        text = new TextDecoder().decode(value);
      }
      await whole.cancel();
      await Promise.all(others);
    }
  };
  await Promise.all(people.flatMap(({ identity, ids }) => ids.map((id) => converse(identity, ids, id))));
  await runner.drain();

  const { metrics } = services;
  assertEquals(metrics.get("throughline_generations_complete_total"), ANSWERS);
  const left = {
    streams: services.streams.size,
    topics: metrics.get("throughline_topics_watched"),
    openStreams: metrics.get("throughline_streams_open"),
    jobs: runner.size,
    running: metrics.get("throughline_generations_running"),
    watches: watches(),
    timers: clock.sleeping - idle,
  };
  assertEquals(left, { streams: 0, topics: 0, openStreams: 0, jobs: 0, running: 0, watches: 0, timers: 0 });
  assertEquals(logger.lines.filter(({ level }) => level === "warn" || level === "error"), []);

  // What is left in the store: records that live as long as their conversations, and what expires by itself.
  const { "topic log": segments, ...records } = await rows(kv);
  const conversations = PEOPLE * CONVERSATIONS_EACH;
  assertEquals(records, {
    session: PEOPLE,
    conversation: conversations,
    recent: conversations,
    message: 2 * ANSWERS,
    generation: ANSWERS,
    sent: ANSWERS,
    ledger: ANSWERS,
    pulse: 1,
    "topic head": conversations + PEOPLE,
  }, `seed ${random.seed}`);
  assert(segments! > 0 && segments! < 40 * ANSWERS, `${segments} segments`);
  await running.drain();
});
