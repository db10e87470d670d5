// Virtual time. What is to happen stands in one order, and happens one thing after the other.
//   T1  Nothing happens until all that the thing before it set off has come to rest, so that a run can be repeated.
//   T2  What belongs to an actor happens only while it lives: killed, never; frozen, when it is resumed.
import { setImmediate } from "node:timers";

/** Things that may happen in one run; beyond it, something spins without time passing. */
const STEPS_MAX = 200_000;

/** Who things happen to. */
export interface Actor {
  readonly state: "running" | "frozen" | "dead";
}

interface Step {
  atMs: number;
  actor: Actor | null;
  run: () => void | Promise<void>;
}

export class Timeline {
  nowMs: number;
  #steps: Step[] = [];
  readonly #parked: Step[] = [];
  #taken = 0;

  constructor(nowMs: number) {
    this.nowMs = nowMs;
  }

  /** `run` happens after `ms`, to `actor`, unless what is returned is called first. */
  after(ms: number, actor: Actor | null, run: Step["run"]): () => void {
    const step = { atMs: this.nowMs + Math.max(0, ms), actor, run };
    let at = this.#steps.length;
    while (at > 0 && this.#steps[at - 1]!.atMs > step.atMs) at--;
    this.#steps.splice(at, 0, step);
    return () => void (step.run = () => {});
  }

  /** What was kept from a frozen actor happens to it now, in its order. */
  unpark(actor: Actor): void {
    for (let at = 0; at < this.#parked.length;) {
      const step = this.#parked[at]!;
      if (step.actor !== actor) at++;
      else {
        this.#parked.splice(at, 1);
        this.after(0, actor, step.run);
      }
    }
  }

  /** Lets time pass until `isOver` says so, or until `untilMs`. */
  async run(untilMs: number, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const step = this.#steps[0];
      if (step === undefined || step.atMs > untilMs) break;
      this.#steps.shift();
      this.nowMs = step.atMs;
      if (step.actor?.state === "dead") continue;
      if (step.actor?.state === "frozen") {
        this.#parked.push(step);
        continue;
      }
      if (++this.#taken > STEPS_MAX) throw new Error(`${STEPS_MAX} steps: something spins`);
      await step.run();
      await rest();
    }
  }
}

/** Every promise that could settle has settled: a turn of the event loop comes after all of them. */
export function rest(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
