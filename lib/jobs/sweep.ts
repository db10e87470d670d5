// The sweep: finds jobs whose owner is gone, and gives them to whoever can bring them to an end (P4, P8).
import { causes } from "../core/errors.ts";
import type { Id } from "../core/ids.ts";
import type { Clock } from "../core/time.ts";
import { generationKey, runningKey, runningPrefix } from "../kv/keys.ts";
import { remove, type Store } from "../kv/store.ts";
import type { Logger } from "../observe/log.ts";
import { type RunningJob, verdict } from "./job.ts";

/** Jobs looked at in one sweep; the next one, seconds later, goes on behind them. */
const SWEEP_MAX = 1_000;

/** How often those that run here are looked at: they are rescued from themselves after a minute and a half (`runner.ts`). */
const OWN_EVERY_MS = 30_000;

export interface SweepDeps {
  store: Store;
  clock: Clock;
  logger: Logger;
  /** Between two sweeps. */
  everyMs: number;
  /** The jobs that run here. Each renews its own lease, and is looked at now and then in case it hangs. */
  own?: () => ReadonlySet<Id>;
  /** Takes a job over, or ends it when it has no attempt left. Somebody else may be faster; that is no error. */
  rescue: (job: RunningJob) => Promise<void>;
}

export class Sweep {
  readonly #deps: SweepDeps;
  readonly #stopped = new AbortController();
  #running: Promise<void> | null = null;
  /** Where the next sweep begins: the last row of one that did not reach the end of the index. */
  #from: Deno.KvKey | null = null;
  /** When the next sweep looks at the jobs that run here, too. */
  #ownAt = 0;

  constructor(deps: SweepDeps) {
    this.#deps = deps;
  }

  /** Sweeps now, and then on a timer until `stop`. */
  start(): void {
    void this.#loop();
  }

  /** Stops the timer, and waits for a sweep that is under way. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  /** Sweeps once; calls while one is under way share it. Never throws: what fails is logged and met again. */
  run(): Promise<void> {
    this.#running ??= this.#once().finally(() => (this.#running = null));
    return this.#running;
  }

  /** Rescues one job if its lease is over: asked for by whoever meets its conversation. */
  async look(id: Id): Promise<void> {
    const { store, clock, logger, rescue } = this.#deps;
    if (this.#stopped.signal.aborted) return;
    try {
      const { value: job } = await store.get(generationKey(id));
      const fate = verdict(job, clock.now());
      if (fate === "take_over" || fate === "give_up") await rescue(job as RunningJob);
    } catch (error) {
      logger.log("error", "rescue_failed", { generationId: id, cause: causes(error) });
    }
  }

  async #loop(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await this.run();
      await this.#deps.clock.sleep(this.#deps.everyMs, signal);
    }
  }

  async #once(): Promise<void> {
    const { store, clock, logger, rescue, own = () => new Set<Id>() } = this.#deps;
    try {
      const prefix = runningPrefix();
      const rows = await store.list(
        this.#from === null ? { prefix } : { prefix, start: [...this.#from, 0] },
        { limit: SWEEP_MAX },
      );
      this.#from = rows.length < SWEEP_MAX ? null : rows.at(-1)!.key;
      const now = clock.now();
      const all = now >= this.#ownAt;
      if (all) this.#ownAt = now + OWN_EVERY_MS;
      const mine = own();
      const ids = rows.map(({ key }) => key.at(-1) as Id).filter((id) => all || !mine.has(id));
      const jobs = await store.getEach(ids.map(generationKey));
      for (const [i, { value: job }] of jobs.entries()) {
        if (this.#stopped.signal.aborted) return;
        const id = ids[i]!;
        try {
          switch (verdict(job, clock.now())) {
            case "leave":
              break;
            case "forget":
              await store.commit({
                checks: [{ key: generationKey(id), versionstamp: jobs[i]!.versionstamp }],
                writes: [remove(runningKey(id))],
              });
              break;
            case "take_over":
            case "give_up":
              await rescue(job as RunningJob);
              break;
          }
        } catch (error) {
          logger.log("error", "rescue_failed", { generationId: id, cause: causes(error) });
        }
      }
    } catch (error) {
      logger.log("error", "sweep_failed", { cause: causes(error) });
    }
  }
}
