// The jobs that this process runs. They belong to no request: what started one may be gone long before it ends (P3).
import { causes } from "../core/errors.ts";
import type { Id } from "../core/ids.ts";
import type { RunningJob } from "../jobs/job.ts";
import type { Continuation } from "./continuation.ts";
import { generate, type GenerateDeps } from "./generate.ts";
import type { StopCause } from "./gathered.ts";

/**
 * An attempt that runs here renews its lease as soon as the store takes a write, and gives up when that was away for
 * 60 s. One whose lease is over for longer hangs, and is rescued like any other.
 */
const OVERDUE_MS_MAX = 90_000;

/** An attempt that runs here. */
interface Active {
  id: Id;
  epoch: number;
  stop: AbortController;
  done: Promise<void>;
}

export class Runner {
  readonly #deps: GenerateDeps;
  readonly #active = new Set<Active>();
  #draining = false;

  constructor(deps: GenerateDeps) {
    this.#deps = deps;
  }

  /** Jobs running now. */
  get size(): number {
    return this.#active.size;
  }

  /** The jobs that run here, under whatever lease. */
  ids(): ReadonlySet<Id> {
    return new Set([...this.#active].map(({ id }) => id));
  }

  /** Whether `job` goes on here although its lease is over: its text need not begin anew. */
  goesOn({ id, epoch, leaseUntil }: RunningJob, now: number): boolean {
    if (now - leaseUntil > OVERDUE_MS_MAX) return false;
    return [...this.#active].some((active) => active.id === id && active.epoch === epoch);
  }

  /** Runs a job that a commit has put under this process's lease, and those that follow it in its queue. */
  start(job: RunningJob, versionstamp: string | null, from: Continuation | null = null): void {
    for (const other of this.#active) {
      if (other.id !== job.id) continue;
      if (other.epoch >= job.epoch) return;
      // From before the machine slept: this process has claimed the job from itself.
      other.stop.abort("fenced" satisfies StopCause);
    }
    const stop = new AbortController();
    if (this.#draining) stop.abort("drain" satisfies StopCause);
    const done = this.#run(job, versionstamp, stop, from).catch((error) => {
      // The lease expires, and a sweep finds the job; nothing is lost but time.
      this.#deps.logger.log("error", "generation_crashed", { generationId: job.id, cause: causes(error) });
    });
    const active = { id: job.id, epoch: job.epoch, stop, done };
    this.#active.add(active);
    void done.then(() => this.#active.delete(active));
  }

  async #run(
    job: RunningJob,
    versionstamp: string | null,
    stop: AbortController,
    from: Continuation | null,
  ): Promise<void> {
    const { counters } = this.#deps;
    counters.add("throughline_generations_started_total", 1);
    counters.add("throughline_generations_running", 1);
    try {
      const next = await generate(this.#deps, job, versionstamp, stop, from);
      this.#deps.afterwards(job);
      if (next !== null) this.start(next.job, next.versionstamp, next.from ?? null);
    } finally {
      counters.add("throughline_generations_running", -1);
    }
  }

  /** Stops all jobs at their next step, flushed and with their leases handed back. Resolves when the last is. */
  async drain(): Promise<void> {
    this.#draining = true;
    while (this.#active.size > 0) {
      const active = [...this.#active];
      for (const { stop } of active) stop.abort("drain" satisfies StopCause);
      await Promise.all(active.map(({ done }) => done));
    }
  }
}
