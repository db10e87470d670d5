// A lease on a running job, held by this process. Its versionstamp is the fence: every commit of the job checks it.
//   P5  A claim by another process changes the job's record, and with it the versionstamp; the old owner's next commit
//       fails, however late it wakes.
import { AppError } from "../core/errors.ts";
import { generationKey } from "../kv/keys.ts";
import { type Check, set, type Store, type Write } from "../kv/store.ts";
import type { Spent } from "../protocol/conversation.ts";
import { type Checkpoint, type Job, mayGoOn, released, renewed, type RunningJob } from "./job.ts";

/** A lease is renewed after a third of its time: two renewals may fail before it is lost. */
const RENEWALS_PER_LEASE = 3;

export class Lease {
  #job: RunningJob;
  /** Null after a commit whose versionstamp is unknown; `fence()` reads it again. */
  #versionstamp: string | null;
  readonly #leaseMs: number;

  constructor(job: RunningJob, versionstamp: string | null, leaseMs: number) {
    this.#job = job;
    this.#versionstamp = versionstamp;
    this.#leaseMs = leaseMs;
  }

  get job(): RunningJob {
    return this.#job;
  }

  /** Whether the job may be claimed once more. */
  get mayGoOn(): boolean {
    return mayGoOn(this.#job);
  }

  /** When the next renewal is due, in milliseconds since the epoch. */
  get renewAt(): number {
    return this.#job.leaseUntil - this.#leaseMs + this.#leaseMs / RENEWALS_PER_LEASE;
  }

  /**
   * The check that every commit of this job carries. After a commit that failed or whose answer was lost (`again`), the
   * record is read: ours still, or `fenced`.
   */
  fence(store: Store, again: boolean): Check | Promise<Check> {
    if (again || this.#versionstamp === null) return this.#read(store);
    return { key: generationKey(this.#job.id), versionstamp: this.#versionstamp };
  }

  async #read(store: Store): Promise<Check> {
    const key = generationKey(this.#job.id);
    const { value, versionstamp } = await store.get(key);
    if (!this.#isOurs(value)) {
      throw new AppError(
        "fenced",
        `Lost generation "${this.#job.id}" at epoch ${this.#job.epoch}: it is now ${describe(value)}.`,
      );
    }
    this.#job = value;
    this.#versionstamp = versionstamp;
    return { key, versionstamp };
  }

  /** A renewal: its write, and what to call with the versionstamp of the commit that held it. */
  renewal(
    now: number,
    news: { checkpoint?: Checkpoint; using?: string } = {},
  ): { write: Write; done: (versionstamp: string | null) => void } {
    return this.#change(renewed(this.#job, this.#leaseMs, now, news));
  }

  /** The lease handed back, so that another process may claim the job at once. */
  release(spent?: Spent): { write: Write; done: (versionstamp: string | null) => void } {
    return this.#change(released(this.#job, spent));
  }

  #change(job: RunningJob): { write: Write; done: (versionstamp: string | null) => void } {
    return {
      write: set(generationKey(job.id), job),
      done: (versionstamp) => {
        this.#job = job;
        this.#versionstamp = versionstamp;
      },
    };
  }

  #isOurs(job: Job | null): job is RunningJob {
    return job?.state === "running" && job.owner === this.#job.owner && job.epoch === this.#job.epoch;
  }
}

function describe(job: Job | null): string {
  if (job === null) return "gone";
  return job.state === "running" ? `at epoch ${job.epoch} of another owner` : job.state;
}
