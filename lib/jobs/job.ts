// A generation job: its states and what may happen to it. Pure.
//   J1  Exactly one terminal state, and nothing leaves it.
//   J2  A claim raises the epoch; whoever held the lease before fails the check of its next commit (P5).
//   J3  A job that keeps the text it found is only ever adopted, never claimed once it runs.
import type { Id } from "../core/ids.ts";
import type { Spent } from "../protocol/conversation.ts";
import type { AskedFrom } from "../protocol/message.ts";

export type Outcome = "complete" | "cancelled" | "failed";

interface JobBase {
  id: Id;
  conversationId: Id;
  userId: Id;
  /** The answer that the job writes. */
  messageId: Id;
  model: string;
  /** Of the request that asked for it, so that the log of the job can be found. */
  requestId: string;
  createdAt: number;
  askedFrom?: AskedFrom;
  /** 1 for the first try; raised when the text begins anew. */
  attempt: number;
  /** Raised by each claim. */
  epoch: number;
  /** How many of the attempts ended because their process drained: a deploy is not the job's fault. */
  handedBack: number;
  /** What attempts cost that have ended: the commit that ends the job adds them to its answer's cost. Absent: nothing yet. */
  spent?: Spent;
  /**
   * A person had this answer go on from text that an earlier job wrote: its text never begins anew, whoever takes it over
   * (J3).
   */
  keeps?: true;
}

export type QueuedJob = JobBase & { state: "queued" };
export type RunningJob = JobBase & {
  state: "running";
  owner: Id;
  leaseUntil: number;
  startedAt: number;
  checkpoint?: Checkpoint;
  /** The model that answers in place of the one that was chosen. */
  using?: string;
};
export type DoneJob = JobBase & { state: "done"; outcome: Outcome; endedAt: number };

/** `["generation", id]`. Times are milliseconds since the epoch. */
export type Job = QueuedJob | RunningJob | DoneJob;

/** Where the provider can take the answer up again: its own token, and the UTF-16 units of the answer it covers. */
export interface Checkpoint {
  at: string;
  chars: number;
}

/** Claims of one job, the first included. A process that dies with its job is one; a third death is no accident. */
export const ATTEMPTS_MAX = 3;
/** Times that a job may be handed back. So many deploys within one answer are a fault of their own. */
export const HANDED_BACK_MAX = 10;

/** A job under `owner`'s lease, whose text begins: a queued job's first attempt, a running one's next. */
export function claimed(job: QueuedJob | RunningJob, owner: Id, leaseMs: number, now: number): RunningJob {
  return {
    ...base(job),
    state: "running",
    attempt: job.state === "queued" ? job.attempt : job.attempt + 1,
    epoch: job.epoch + 1,
    owner,
    leaseUntil: now + leaseMs,
    startedAt: now,
  };
}

/** A running job under `owner`'s lease, whose text goes on where it is. */
export function adopted(job: RunningJob, owner: Id, leaseMs: number, now: number): RunningJob {
  return { ...job, epoch: job.epoch + 1, owner, leaseUntil: now + leaseMs, startedAt: now };
}

/** The lease for its whole time again, and what is new of how the job is done. */
export function renewed(
  job: RunningJob,
  leaseMs: number,
  now: number,
  news: { checkpoint?: Checkpoint; using?: string } = {},
): RunningJob {
  return { ...job, leaseUntil: now + leaseMs, ...news };
}

/** The model that writes the answer now. */
export function modelOf({ model, using }: RunningJob): string {
  return using ?? model;
}

/** Whether a running job may be claimed once more. */
export function mayGoOn({ epoch, handedBack }: RunningJob): boolean {
  return epoch - handedBack < ATTEMPTS_MAX;
}

/** The lease handed back: expired, so that anybody may claim the job at once. `spent`: by this attempt and those before. */
export function released(job: RunningJob, spent = job.spent): RunningJob {
  return { ...job, leaseUntil: 0, handedBack: job.handedBack + 1, ...(spent === undefined ? {} : { spent }) };
}

export function ended(job: QueuedJob | RunningJob, outcome: Outcome, now: number): DoneJob {
  return { ...base(job), state: "done", outcome, endedAt: now };
}

/** What a sweep must do with a job it finds in the index. */
export type Verdict = "leave" | "forget" | "take_over" | "give_up";

/** `forget`: the index is stale. `give_up`: no attempt is left. */
export function verdict(job: Job | null, now: number): Verdict {
  if (job === null || job.state !== "running") return "forget";
  if (job.leaseUntil > now) return "leave";
  const spent = !mayGoOn(job) || job.handedBack >= HANDED_BACK_MAX;
  return spent ? "give_up" : "take_over";
}

function base(job: Job): JobBase {
  const { id, conversationId, userId, messageId, model, requestId, createdAt, attempt, epoch, handedBack } =
    job;
  return {
    id,
    conversationId,
    userId,
    messageId,
    model,
    requestId,
    createdAt,
    attempt,
    epoch,
    handedBack,
    ...(job.askedFrom === undefined ? {} : { askedFrom: job.askedFrom }),
    ...(job.spent === undefined ? {} : { spent: job.spent }),
    ...(job.keeps === undefined ? {} : { keeps: job.keeps }),
  };
}
