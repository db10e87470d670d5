// One simulated process: the whole program without HTTP, over a link of its own to the store, and mortal.
import { type Program, program } from "@/lib/app.ts";
import { follow } from "@/lib/bus/follow.ts";
import type { Id } from "@/lib/core/ids.ts";
import type { Clock } from "@/lib/core/time.ts";
import { readConfig } from "@/lib/config.ts";
import { Link } from "./link.ts";
import { SimulatedModel } from "./model.ts";
import type { Actor } from "./timeline.ts";
import type { Variant } from "./variant.ts";
import type { World } from "./world.ts";

/** Clocks of machines differ by so much, either way. */
export const SKEW_MS_MAX = 200;

/** A process that drains is killed after this, as a platform would. */
const DRAIN_MS_MAX = 5_000;

export class SimulatedProcess implements Actor {
  readonly name: string;
  readonly link: Link;
  readonly program: Program;
  state: Actor["state"] = "running";
  draining = false;
  /** Told when whoever is connected loses this process, or no longer hears from it. */
  readonly onTrouble = new Set<(trouble: "reset" | "silent") => void>();
  readonly #world: World;
  readonly #variant: Variant;

  constructor(world: World, name: string, variant: Variant) {
    const { random, timeline, history } = world;
    this.#world = world;
    this.#variant = variant;
    this.name = name;
    this.link = new Link(world, this, name, variant);
    const skewMs = random.between(-SKEW_MS_MAX, SKEW_MS_MAX);
    const clock: Clock = {
      now: () => timeline.nowMs + skewMs,
      sleep: (ms, signal) => this.#sleep(ms, signal),
    };
    const config = {
      ...readConfig({}),
      leaseMs: world.leaseMs,
      flushMs: world.flushMs,
      pollMs: world.pollMs,
      sharedFile: world.sharedFile,
      // What is asked of the provider here is answers.
      titles: false,
    };
    this.program = program({
      config,
      kv: this.link.asKv(),
      clock,
      random: () => random.next(),
      newId: () => random.id(),
      models: new SimulatedModel(world, clock, name).asModels(),
      logger: {
        log: (_level, event, fields = {}) =>
          history.add({ what: "logged", by: name, line: `${event} ${JSON.stringify(fields)}` }),
      },
    });
    history.add({ what: "process", by: name, did: "started" });
    this.program.start();
  }

  /** What `services.follow` does, from where the variant says. */
  follow(userId: Id, topic: `c:${Id}`, cursor: number | null, signal: AbortSignal) {
    const from = cursor === null ? null : this.#variant.cursor?.(cursor) ?? cursor;
    const begin = (wake: () => void) => this.program.services.follow(userId, new Map([[topic, from]]), wake);
    return follow(begin, signal);
  }

  /** As by SIGKILL. */
  kill(did: "killed" | "drained" = "killed"): void {
    if (this.state === "dead") return;
    this.state = "dead";
    this.#world.history.add({ what: "process", by: this.name, did });
    for (const open of this.#world.openCalls) {
      if (open.by !== this.name) continue;
      this.#world.openCalls.delete(open);
      this.#world.history.add({ what: "closed", ...open, counted: null });
    }
    this.#trouble("reset");
  }

  /** As by SIGSTOP, or a machine that sleeps. */
  freeze(): void {
    this.state = "frozen";
    this.#world.history.add({ what: "process", by: this.name, did: "frozen" });
    this.#trouble("silent");
  }

  resume(): void {
    this.state = "running";
    this.#world.history.add({ what: "process", by: this.name, did: "resumed" });
    this.#world.timeline.unpark(this);
  }

  /** As by SIGTERM. */
  drain(): void {
    this.draining = true;
    this.#world.history.add({ what: "process", by: this.name, did: "drains" });
    this.#trouble("reset");
    void this.program.drain().then(() => this.kill("drained"));
    this.#world.timeline.after(DRAIN_MS_MAX, null, () => this.kill());
  }

  #trouble(trouble: "reset" | "silent"): void {
    for (const tell of [...this.onTrouble]) tell(trouble);
  }

  #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        forget();
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const forget = this.#world.timeline.after(ms, this, done);
      signal?.addEventListener("abort", done, { once: true });
    });
  }
}
