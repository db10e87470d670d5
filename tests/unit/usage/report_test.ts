import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { AppError } from "@/lib/core/errors.ts";
import { randomId } from "@/lib/core/ids.ts";
import { type Found, type Selector, Store } from "@/lib/kv/store.ts";
import { Metrics } from "@/lib/observe/metrics.ts";
import type { Usage } from "@/lib/protocol/message.ts";
import { daysAfter } from "@/lib/usage/day.ts";
import { entered } from "@/lib/usage/ledger.ts";
import { DAYS_MAX, periodOf, report } from "@/lib/usage/report.ts";

const USER = randomId();

/** Notes how many rows each list asked for, and gave. */
class Listing extends Store {
  readonly lists: { limit: number; rows: number }[] = [];

  override async list<V>(
    selector: Selector,
    options: { limit: number; reverse?: boolean },
  ): Promise<Found<V>[]> {
    const found = await super.list<V>(selector, options);
    this.lists.push({ limit: options.limit, rows: found.length });
    return found;
  }
}

interface Call {
  day: string;
  model?: string;
  usage?: Usage;
  costMicroUsd?: number | null;
  userId?: string;
  /** In the day, in milliseconds. */
  at?: number;
}

function scene(kv: Deno.Kv) {
  const store = new Listing(kv, new Metrics());
  return {
    store,
    async enter(calls: readonly Call[]) {
      for (let from = 0; from < calls.length; from += 500) {
        const writes = calls.slice(from, from + 500).flatMap((call) =>
          entered(
            {
              id: randomId(),
              epoch: 1,
              userId: call.userId ?? USER,
              conversationId: randomId(),
              messageId: randomId(),
            },
            "answer",
            [{
              model: call.model ?? "demo/tour",
              usage: call.usage ?? { inputTokens: 1, outputTokens: 2 },
              costMicroUsd: call.costMicroUsd === undefined ? 3 : call.costMicroUsd,
              outcome: "complete",
              at: Date.parse(call.day) + (call.at ?? 0),
            }],
          )
        );
        await store.commit({ checks: [], writes });
      }
    },
  };
}

Deno.test("a report adds up each model of each day, the dearest first, and says which prices it lacks", async () => {
  using kv = await Deno.openKv(":memory:");
  const { store, enter } = scene(kv);
  await enter([
    { day: "2026-11-24", model: "a/cheap", costMicroUsd: 1 },
    {
      day: "2026-11-25",
      model: "b/dear",
      usage: {
        inputTokens: 100,
        cachedInputTokens: 40,
        cacheWriteTokens: 7,
        outputTokens: 20,
        reasoningTokens: 5,
      },
      costMicroUsd: 900,
    },
    { day: "2026-11-25", model: "b/dear", usage: { inputTokens: 1, outputTokens: 2 }, costMicroUsd: null },
    { day: "2026-11-25", model: "a/cheap", costMicroUsd: 0 },
  ]);
  const cheap = {
    model: "a/cheap",
    attempts: 1,
    inputTokens: 1,
    cachedInputTokens: 0,
    outputTokens: 2,
    reasoningTokens: 0,
  };
  assertEquals(await report(store, USER, { from: "2026-11-01", to: "2026-11-30" }), {
    days: [
      { day: "2026-11-24", models: [{ ...cheap, microUsd: 1, unpriced: 0 }] },
      {
        day: "2026-11-25",
        models: [
          {
            model: "b/dear",
            attempts: 2,
            inputTokens: 101,
            cachedInputTokens: 40,
            outputTokens: 22,
            reasoningTokens: 5,
            microUsd: 900,
            unpriced: 1,
          },
          { ...cheap, microUsd: 0, unpriced: 0 },
        ],
      },
    ],
  });
});

Deno.test("P10: a report has its own user's days, from the first moment of the first to the last of the last", async () => {
  using kv = await Deno.openKv(":memory:");
  const { store, enter } = scene(kv);
  const lastMs = 24 * 60 * 60 * 1000 - 1;
  await enter([
    { day: "2026-11-23", at: lastMs },
    { day: "2026-11-24", at: 0 },
    { day: "2026-11-25", at: lastMs },
    { day: "2026-11-26", at: 0 },
    { day: "2026-11-24", userId: randomId() },
  ]);
  const { days } = await report(store, USER, { from: "2026-11-24", to: "2026-11-25" });
  assertEquals(days.map(({ day, models }) => [day, models[0]!.attempts]), [["2026-11-24", 1], [
    "2026-11-25",
    1,
  ]]);
});

Deno.test("a report of many calls is read in pages, and its sums are those of all of them", async () => {
  using kv = await Deno.openKv(":memory:");
  const { store, enter } = scene(kv);
  for (const count of [499, 500, 501, 1_700]) {
    const userId = randomId();
    await enter(Array.from({ length: count }, (_, n) => ({
      userId,
      day: daysAfter("2026-11-01", n % 7),
      model: `demo/${n % 3}`,
      costMicroUsd: n,
    })));
    store.lists.length = 0;
    const { days } = await report(store, userId, { from: "2026-11-01", to: "2026-11-30" });
    const models = days.flatMap((day) => day.models);
    assertEquals(models.reduce((sum, { attempts }) => sum + attempts, 0), count);
    assertEquals(models.reduce((sum, { microUsd }) => sum + microUsd, 0), count * (count - 1) / 2);
    assert(store.lists.every(({ limit, rows }) => limit <= 500 && rows <= 500), JSON.stringify(store.lists));
  }
});

Deno.test("a report of more calls than can be added up at once is refused, with what to do", async () => {
  let rows = 0;
  const endless = {
    list(_: Selector, { limit }: { limit: number }) {
      rows += limit;
      return Promise.resolve(Array.from({ length: limit }, (_, n) => ({
        key: ["ledger", USER, "2026-11-25", randomId(), 1, n],
        value: { model: "demo/tour", usage: { inputTokens: 1, outputTokens: 1 }, costMicroUsd: 1 },
        versionstamp: "",
      })));
    },
  } as unknown as Store;
  const error = await assertRejects(
    () => report(endless, USER, { from: "2026-11-01", to: "2026-11-30" }),
    AppError,
  );
  assertEquals([error.code, error.message.includes("fewer days"), rows], ["invalid", true, 200_000]);
});

Deno.test("a period is the last thirty days, or what is asked for, and never longer than a quarter", () => {
  const now = Date.UTC(2026, 10, 25, 12);
  assertEquals(periodOf({}, now), { from: "2026-10-27", to: "2026-11-25" });
  assertEquals(periodOf({ to: "2026-03-01" }, now), { from: "2026-01-31", to: "2026-03-01" });
  assertEquals(periodOf({ from: "2026-11-25" }, now), { from: "2026-11-25", to: "2026-11-25" });
  const longest = { from: daysAfter("2026-11-25", 1 - DAYS_MAX), to: "2026-11-25" };
  assertEquals(periodOf(longest, now), longest);
  const wrong: [wanted: { from?: string; to?: string }, said: string][] = [
    [{ from: "yesterday" }, "`from` must be a day"],
    [{ from: "2026-11-25T00:00:00Z" }, "`from` must be a day"],
    [{ from: "2026-02-30", to: "" }, "`from` and `to` must be a day"],
    [{ to: "9999999-01-01" }, "`to` must be a day"],
    [{ from: "2026-11-26" }, "2026-11-26 is after 2026-11-25"],
    [{ from: daysAfter(longest.from, -1), to: longest.to }, "are 93 days. Ask for 92 at most"],
    [{ from: "0001-01-01", to: "9999-12-31" }, "Ask for 92 at most"],
  ];
  for (const [wanted, said] of wrong) {
    const error = assertThrows(() => periodOf(wanted, now), AppError);
    assertEquals(error.code, "invalid");
    assert(error.message.includes(said), `${error.message} does not say: ${said}`);
  }
});
