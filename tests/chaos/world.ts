// What everybody in a run shares: time, chance, the store, the weather, and who is there.
import type { Id } from "@/lib/core/ids.ts";
import { Disk } from "./disk.ts";
import { History } from "./history.ts";
import { type Answers, type OpenCall, RECOVERIES } from "./model.ts";
import { SimulatedProcess } from "./process.ts";
import { Random } from "./random.ts";
import { Timeline } from "./timeline.ts";
import type { Variant } from "./variant.ts";
import { CALM, type Weather } from "./weather.ts";

/** When every run begins. */
const START_MS = Date.UTC(2026, 10, 15);

export class World implements AsyncDisposable {
  readonly random: Random;
  readonly timeline = new Timeline(START_MS);
  readonly history = new History(() => this.timeline.nowMs);
  readonly disk: Disk;
  readonly userId: Id;
  readonly leaseMs: number;
  readonly flushMs: number;
  readonly pollMs: number;
  /** The processes tell each other of their commits, as on one file. */
  readonly sharedFile: boolean;
  readonly processes: SimulatedProcess[] = [];
  readonly recovery: typeof RECOVERIES[number];
  readonly answers: Answers = new Map();
  readonly openCalls = new Set<OpenCall>();
  weather: Weather = CALM;
  storeIsAway = false;
  /** Calls of the model so far. */
  calls = 0;
  isOver = false;
  readonly #variant: Variant;

  private constructor(random: Random, variant: Variant, open: (history: History) => Disk) {
    this.random = random;
    this.#variant = variant;
    this.disk = open(this.history);
    this.userId = random.id();
    this.leaseMs = random.pick([1_500, 4_000]);
    this.flushMs = random.pick([0, 50]);
    this.pollMs = random.pick([1_000, 5_000]);
    this.sharedFile = random.chance(0.5);
    this.recovery = random.pick(RECOVERIES);
  }

  static async open(seed: number, variant: Variant): Promise<World> {
    const kv = await Deno.openKv(":memory:");
    return new World(new Random(seed), variant, (history) => new Disk(kv, history));
  }

  start(): SimulatedProcess {
    const process = new SimulatedProcess(this, `p${this.processes.length + 1}`, this.#variant);
    this.processes.push(process);
    return process;
  }

  /** Those that a client can reach. */
  reachable(): SimulatedProcess[] {
    return this.processes.filter(({ state, draining }) => state === "running" && !draining);
  }

  /** Time that passes for a client, or for the world itself. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.timeline.after(ms, null, resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isOver = true;
    for (const process of this.processes) process.state = "dead";
    await this.disk[Symbol.asyncDispose]();
  }
}
