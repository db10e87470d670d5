import { assert, assertEquals, assertRejects } from "@std/assert";
import { AppError } from "@/lib/core/errors.ts";
import type { TopicId } from "@/lib/kv/keys.ts";
import type { Plan } from "@/lib/kv/plan.ts";
import { delta, logOn, TOPIC } from "../../support/bus.ts";

const OTHER: TopicId = "u:00000000-0000-4000-8000-000000000003";

function plan(text: string, topics: readonly TopicId[] = [TOPIC]): Plan {
  return { topics: topics.map((topic) => ({ topic, entries: [delta(text)] })) };
}

Deno.test("B4: an append beside a writer that never pauses lands at its first try", async () => {
  using kv = await Deno.openKv(":memory:");
  const { log, store } = logOn(kv);
  let landed = false;
  let written = 0;
  const busy = (async () => {
    // 1,000 is far more than the few appends that may be under way when the message comes.
    for (; !landed && written < 1_000; written++) await log.append(() => plan("token"));
  })();
  let plans = 0;
  const tried = store.tried.length;
  await log.append(() => (plans++, plan("message")));
  landed = true;
  await busy;
  assertEquals(plans, 1);
  assert(written < 10, `it waited for ${written} appends`);
  // No try was in vain, on either side.
  assertEquals(store.tried.length - tried, written + 1);
});

Deno.test("B4: plans of several topics in any order do not wait for each other for ever", async () => {
  using kv = await Deno.openKv(":memory:");
  const { log } = logOn(kv);
  const orders = [[TOPIC, OTHER], [OTHER, TOPIC], [TOPIC], [OTHER]];
  await Promise.all(Array.from({ length: 80 }, (_, i) => log.append(() => plan(`${i}`, orders[i % 4]))));
  assertEquals((await log.after(TOPIC, 0))?.length, 60);
  assertEquals((await log.after(OTHER, 0))?.length, 60);
});

Deno.test("B4: a try that fails ends its turn", async () => {
  using kv = await Deno.openKv(":memory:");
  const { log } = logOn(kv);
  const breaks = () => {
    throw new TypeError("a plan that breaks");
  };
  const broken = assertRejects(() => log.append(() => ({ ...plan("never"), writes: breaks }), 1), AppError);
  assertEquals((await log.append(() => plan("after")))?.firstSeqs, [1]);
  assertEquals((await broken).code, "busy");
});
