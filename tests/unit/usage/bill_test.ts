import { assertEquals } from "@std/assert";
import { adopted, claimed, ended, type QueuedJob, released, renewed } from "@/lib/jobs/job.ts";
import { costAfter, plus, priced, type PricedBill, totalOf } from "@/lib/usage/bill.ts";
import { dayOf, daysAfter, daysFromTo, isDay } from "@/lib/usage/day.ts";

const bill = (costMicroUsd: number | null): PricedBill => ({
  model: "demo/tour",
  usage: { inputTokens: 1, outputTokens: 1 },
  outcome: "complete",
  at: 0,
  costMicroUsd,
});

Deno.test("B1: what costs nothing costs 0, and what nobody knows is null", () => {
  const [free, unknown, missing, fraction] = [0, null, undefined, 1.6].map((cost) =>
    priced([bill(null)], () => cost)[0]!.costMicroUsd
  );
  assertEquals([free, unknown, missing, fraction], [0, null, null, 2]);
});

Deno.test("B1: a sum says how many of its calls it lacks, and nothing used is no sum", () => {
  assertEquals(totalOf([]), undefined);
  assertEquals(totalOf([bill(3), bill(null), bill(0)]), { microUsd: 3, unpriced: 1 });
  assertEquals(plus(undefined, undefined), undefined);
  assertEquals(plus({ microUsd: 1, unpriced: 2 }, undefined), { microUsd: 1, unpriced: 2 });
  assertEquals(plus({ microUsd: 1, unpriced: 2 }, { microUsd: 3, unpriced: 4 }), {
    microUsd: 4,
    unpriced: 6,
  });
});

Deno.test("B1: an answer costs what it had cost and what was spent since; null when one of them is unknown", () => {
  assertEquals(costAfter(undefined, undefined), undefined);
  assertEquals(costAfter(undefined, { microUsd: 5, unpriced: 0 }), 5);
  assertEquals(costAfter(7, undefined), 7);
  assertEquals(costAfter(7, { microUsd: 5, unpriced: 0 }), 12);
  assertEquals(costAfter(7, { microUsd: 5, unpriced: 1 }), null);
  assertEquals(costAfter(null, { microUsd: 5, unpriced: 0 }), null);
});

Deno.test("what a job has spent stays with it, whoever claims it and however it ends", () => {
  const spent = { microUsd: 5, unpriced: 1 };
  const queued: QueuedJob = {
    id: "job",
    conversationId: "conversation",
    userId: "user",
    messageId: "message",
    model: "demo/tour",
    requestId: "request",
    createdAt: 0,
    attempt: 1,
    epoch: 0,
    handedBack: 0,
    state: "queued",
  };
  const job = claimed(queued, "process", 1_000, 0);
  assertEquals(Object.hasOwn(job, "spent"), false);
  const handedBack = released(job, spent);
  const after = [
    claimed(handedBack, "other", 1_000, 0),
    adopted(handedBack, "other", 1_000, 0),
    renewed(handedBack, 1_000, 0),
    released(handedBack),
    ended(handedBack, "complete", 0),
  ];
  assertEquals(after.map((each) => each.spent), after.map(() => spent));
});

Deno.test("a day is one in UTC, and only one that there is", () => {
  assertEquals(dayOf(Date.UTC(2026, 10, 25, 23, 59, 59, 999)), "2026-11-25");
  assertEquals(daysAfter("2026-02-28", 1), "2026-03-01");
  assertEquals(daysAfter("2028-03-01", -1), "2028-02-29");
  assertEquals(daysFromTo("2026-11-25", "2026-11-25"), 1);
  assertEquals(daysFromTo("2025-12-31", "2026-01-01"), 2);
  assertEquals(["2026-11-25", "2028-02-29"].map(isDay), [true, true]);
  const none = [
    "",
    "2026-02-29",
    "2026-13-01",
    "2026-1-1",
    "25.11.2026",
    "2026-11-25T00:00",
    "+002026-11-25",
    "0000-00-00",
  ];
  assertEquals(none.filter(isDay), []);
});
