// Taking over a job whose owner is gone: a new attempt, announced to everyone who follows; or the end it deserves.
//   P4  Whoever finds an expired lease may claim the job. The checked write lets exactly one of them.
import { type MessageRecord, readMessage, writeMessage } from "../chat/messages.ts";
import { AppError } from "../core/errors.ts";
import type { Clock } from "../core/time.ts";
import { claimed, type Outcome, type RunningJob, verdict } from "../jobs/job.ts";
import { Lease } from "../jobs/lease.ts";
import { cancelKey, conversationTopic, generationKey } from "../kv/keys.ts";
import type { Append } from "../kv/plan.ts";
import { set, type Store } from "../kv/store.ts";
import type { Logger } from "../observe/log.ts";
import type { Counters } from "../observe/metrics.ts";
import type { Snapshot } from "../protocol/event.ts";
import type { MessageError, Part } from "../protocol/message.ts";
import type { Owner } from "./begin.ts";
import { endJob } from "./end.ts";

export interface TakeoverDeps {
  store: Store;
  append: Append;
  clock: Clock;
  logger: Logger;
  counters: Counters;
  owner: Owner;
  /** The state of a job's conversation, whoever owns it. */
  snapshot: (job: RunningJob) => Promise<Snapshot>;
  start: (job: RunningJob, versionstamp: string | null) => void;
}

/** Takes over a job with an expired lease. Returns without a word when somebody else was faster. */
export async function takeOver(deps: TakeoverDeps, stale: RunningJob): Promise<void> {
  const { store, clock, owner } = deps;
  let mine: RunningJob | null = null;
  let because: "restart" | "cancelled" | "exhausted" = "restart";
  const appended = await deps.append(async () => {
    mine = null;
    const [{ value: job, versionstamp }, flag] = await Promise.all([
      store.get(generationKey(stale.id)),
      store.get(cancelKey(stale.id)),
    ]);
    const now = clock.now();
    const fate = verdict(job, now);
    if (job?.state !== "running" || (fate !== "take_over" && fate !== "give_up")) return null;
    // Our own claim of a moment ago, whose answer was lost, has a lease that runs: it was left above.
    because = flag.value !== null ? "cancelled" : fate === "give_up" ? "exhausted" : "restart";
    const restarting = because === "restart";
    const claim = restarting
      ? claimed(job, owner.processId, owner.leaseMs, now)
      // An end is no new attempt: the count stays that of the text that is kept.
      : { ...claimed(job, owner.processId, owner.leaseMs, now), attempt: job.attempt };
    const reply = restarting ? await readMessage(store, job.conversationId, job.messageId) : null;
    mine = claim;
    const check = { key: generationKey(job.id), versionstamp };
    if (!restarting) {
      return { topics: [], checks: [check], writes: () => [set(generationKey(job.id), claim)] };
    }
    return {
      topics: [{
        topic: conversationTopic(job.conversationId),
        entries: [{
          type: "restart",
          data: { messageId: job.messageId, attempt: claim.attempt, reason: "taken_over" },
        }],
      }],
      checks: [check],
      writes: ([seq = 0]) => [
        set(generationKey(job.id), claim),
        ...(reply === null ? [] : writeMessage(restarted(reply, claim.attempt, seq))),
      ],
    };
  });
  const claim = mine as RunningJob | null;
  if (appended === null || claim === null) return;
  deps.counters.add("throughline_generations_taken_over_total", 1);
  deps.logger.log("info", "generation_taken_over", {
    generationId: claim.id,
    conversationId: claim.conversationId,
    attempt: claim.attempt,
    epoch: claim.epoch,
    how: because,
  });
  if (because === "restart") deps.start(claim, appended.versionstamp);
  else await finish(deps, claim, appended.versionstamp, because);
}

/** Ends a claimed job with the text that its last owner left. */
async function finish(
  deps: TakeoverDeps,
  job: RunningJob,
  versionstamp: string | null,
  because: "cancelled" | "exhausted",
): Promise<void> {
  const lease = new Lease(job, versionstamp, deps.owner.leaseMs);
  const parts = await partsOf(deps, job);
  const outcome: Outcome = because === "cancelled" ? "cancelled" : "failed";
  const error: MessageError = {
    code: "attempts_exhausted",
    detail:
      `The server was interrupted ${job.attempt} times while it wrote this answer. What it wrote is kept.`,
    requestId: job.requestId,
  };
  const next = await endJob(
    deps,
    job,
    { outcome, parts, last: [], ...(outcome === "failed" ? { error } : {}) },
    (again) => lease.fence(deps.store, again),
  );
  deps.counters.add(`throughline_generations_${outcome}_total`, 1);
  if (next !== null) deps.start(next.job, next.versionstamp);
}

/** What the last owner wrote. Nothing is left of it when the conversation was purged meanwhile. */
async function partsOf(deps: TakeoverDeps, job: RunningJob): Promise<Part[]> {
  try {
    const { messages } = await deps.snapshot(job);
    return messages.find(({ id }) => id === job.messageId)?.parts ?? [];
  } catch (error) {
    if (error instanceof AppError && error.code === "not_found") return [];
    throw error;
  }
}

function restarted(record: MessageRecord, attempt: number, seq: number): MessageRecord {
  return { ...record, seq, message: { ...record.message, status: "streaming", attempt, parts: [] } };
}
