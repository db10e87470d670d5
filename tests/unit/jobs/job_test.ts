import { assertEquals } from "@std/assert";
import {
  ATTEMPTS_MAX,
  claimed,
  type DoneJob,
  ended,
  HANDED_BACK_MAX,
  type Job,
  type QueuedJob,
  released,
  renewed,
  type RunningJob,
  type Verdict,
  verdict,
} from "@/lib/jobs/job.ts";

const queued: QueuedJob = {
  state: "queued",
  id: "j",
  conversationId: "c",
  userId: "u",
  messageId: "m",
  model: "demo/tour",
  requestId: "r",
  createdAt: 1,
  attempt: 1,
  epoch: 0,
  handedBack: 0,
};
const running: RunningJob = claimed(queued, "one", 100, 10);
const done: DoneJob = ended(running, "complete", 50);

Deno.test("J2: a claim raises the epoch; a queued job begins its first attempt, a running one its next", () => {
  assertEquals(running, {
    ...queued,
    state: "running",
    owner: "one",
    epoch: 1,
    attempt: 1,
    leaseUntil: 110,
    startedAt: 10,
  });
  const again = claimed(running, "two", 100, 500);
  assertEquals([again.owner, again.epoch, again.attempt, again.leaseUntil, again.startedAt], [
    "two",
    2,
    2,
    600,
    500,
  ]);
});

Deno.test("a renewal moves the lease and nothing else; a release makes it expired for everybody", () => {
  assertEquals(renewed(running, 100, 60), { ...running, leaseUntil: 160 });
  assertEquals(verdict(released(running), 0), "take_over");
  assertEquals({ ...released(running), leaseUntil: running.leaseUntil }, { ...running, handedBack: 1 });
});

Deno.test("J1: an end drops what only a running job has", () => {
  assertEquals(done, { ...queued, state: "done", epoch: 1, outcome: "complete", endedAt: 50 });
  assertEquals(ended(queued, "cancelled", 5).outcome, "cancelled");
});

const last = { ...running, epoch: ATTEMPTS_MAX };
const VERDICTS: [string, Job | null, number, Verdict][] = [
  ["no record", null, 0, "forget"],
  ["a queued job", queued, 0, "forget"],
  ["a job that is done", done, 1_000, "forget"],
  ["a lease that runs", running, 109, "leave"],
  ["a lease that ends now", running, 110, "take_over"],
  ["a lease that ended", running, 1_000, "take_over"],
  ["the last attempt under its lease", last, 109, "leave"],
  ["the last attempt, its lease over", last, 110, "give_up"],
  [
    "a job whose process drained, which is no attempt of its own",
    { ...last, handedBack: 1 },
    110,
    "take_over",
  ],
  ["a job that was handed back for ever", { ...running, handedBack: HANDED_BACK_MAX }, 110, "give_up"],
];

for (const [what, job, now, expected] of VERDICTS) {
  Deno.test(`the verdict on ${what} is ${expected}`, () => assertEquals(verdict(job, now), expected));
}
