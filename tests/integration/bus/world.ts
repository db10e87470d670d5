// The bus under the worst of conditions: topics, writers, and followers that are cut off and come back. Wake-ups are
// lost, doubled, late and early, as a test's plan says. The KV is real.
import { follow, type FollowDeps, Follower as Following } from "@/lib/bus/follow.ts";
import type { Numbered } from "@/lib/bus/head.ts";
import type { Encoded } from "@/lib/bus/packed.ts";
import { Hub } from "@/lib/bus/hub.ts";
import type { Log } from "@/lib/bus/log.ts";
import type { Head } from "@/lib/bus/head.ts";
import { headKey, type TopicId } from "@/lib/kv/keys.ts";
import type { Versioned } from "@/lib/kv/store.ts";
import { delta, Lines, logOn } from "../../support/bus.ts";
import { ScriptedWatch } from "../../support/scripted_watch.ts";

/** One thing that happens. `topic` and `follower` count from 0. */
export type Step =
  | { do: "append"; topic: number; sizes: number[]; wake: "now" | "lost" | "twice" | "early" }
  | { do: "late"; topic: number; age: number }
  | { do: "cut"; follower: number }
  | { do: "rest" };

export interface FollowerPlan {
  topics: number[];
  /** Starts without a cursor: a snapshot first. */
  fresh: boolean;
  /** Batches after which each of its connections is cut; the one after the last stays. */
  cuts: number[];
}

/** What the property is run with. The variants break one of them, to see that it notices. */
export interface Variant {
  hubLog?: (log: Pick<Log, "after">) => Pick<Log, "after">;
  followLog?: (log: Pick<Log, "after" | "next">) => Pick<Log, "next">;
  hub?: (hub: Pick<Hub, "subscribe">) => Pick<Hub, "subscribe">;
}

let worlds = 0;

export class World {
  readonly #log: Log;
  readonly #store: ReturnType<typeof logOn>["store"];
  readonly #watch = new ScriptedWatch();
  readonly #topics: TopicId[];
  readonly #heads = new Map<TopicId, Versioned<Head>[]>();
  readonly #appended = new Map<TopicId, Encoded[]>();
  readonly #followers: Follower[];

  constructor(kv: Deno.Kv, topics: number, followers: readonly FollowerPlan[], variant: Variant) {
    const { log, store } = logOn(kv);
    this.#log = log;
    this.#store = store;
    const world = (++worlds).toString(16).padStart(8, "0");
    this.#topics = Array.from(
      { length: topics },
      (_, i): TopicId => `c:${world}-0000-4000-8000-00000000000${i}`,
    );
    const hub = new Hub({
      log: variant.hubLog?.(log) ?? log,
      watch: this.#watch,
      logger: new Lines(),
      counters: store.metrics,
    });
    const deps: FollowDeps<readonly Numbered[]> = {
      hub: variant.hub?.(hub) ?? hub,
      log: variant.followLog?.(log) ?? log,
      snapshot: async (topic) => {
        const snapshot = await log.after(topic, 0) ?? [];
        return { cursor: snapshot.length, snapshot };
      },
    };
    this.#followers = followers.map((plan) =>
      new Follower(deps, plan, plan.topics.map((topic) => this.#topics[topic % topics]!))
    );
  }

  async run(steps: readonly Step[]): Promise<void> {
    let n = 0;
    for (const step of steps) {
      switch (step.do) {
        case "append": {
          const topic = this.#topics[step.topic % this.#topics.length]!;
          if (step.wake === "early") await this.#tell(topic, 0);
          const entries = step.sizes.map((size) => delta(`${n++} ${"x".repeat(size)}`));
          await this.#log.append(() => ({ topics: [{ topic, entries }] }));
          const all = this.#appended.get(topic) ?? [];
          for (const { type, data } of entries) all.push([type, JSON.stringify(data)]);
          this.#appended.set(topic, all);
          this.#heads.set(topic, [...this.#heads.get(topic) ?? [], await this.#store.get(headKey(topic))]);
          if (step.wake === "now" || step.wake === "twice") await this.#tell(topic, 0);
          if (step.wake === "twice") await this.#tell(topic, 0);
          break;
        }
        case "late":
          await this.#tell(this.#topics[step.topic % this.#topics.length]!, step.age);
          break;
        case "cut":
          this.#followers[step.follower % this.#followers.length]!.cut();
          break;
        case "rest":
          await turn();
      }
    }
  }

  /**
   * The poll's tick: the true head of every topic. Then everything must arrive within `turnsMax` turns of the event
   * loop; what takes longer is stuck.
   */
  async settle(turnsMax: number): Promise<void> {
    for (const follower of this.#followers) follower.stay();
    const missing = () =>
      this.#followers.flatMap((follower) =>
        follower.topics.filter((topic) => follower.has(topic) < (this.#appended.get(topic)?.length ?? 0))
      );
    for (let turns = 0; missing().length > 0 && turns < turnsMax; turns++) {
      if (turns % 50 === 0) { for (const topic of this.#topics) await this.#tell(topic, 0); }
      await turn();
    }
    await turn(); // for what comes once too often
  }

  /** The first thing that a follower saw amiss, in words; null when each saw every entry once, in order (P1). */
  amiss(): string | null {
    for (const [f, follower] of this.#followers.entries()) {
      if (follower.failure !== null) return `follower ${f} failed: ${follower.failure}`;
      for (const topic of follower.topics) {
        const expected = this.#appended.get(topic) ?? [];
        const seen = follower.seen.get(topic) ?? [];
        for (let i = 0; i < Math.max(expected.length, seen.length); i++) {
          const entry = seen[i];
          if (entry?.seq !== i + 1 || entry.json !== expected[i]?.[1]) {
            return `follower ${f} of ${topic}: entry ${i + 1} of ${expected.length} is ${
              entry?.seq ?? "missing"
            }`;
          }
        }
      }
    }
    return null;
  }

  /** Watches left open after everybody has gone. */
  async close(): Promise<number> {
    await Promise.all(this.#followers.map((follower) => follower.close()));
    return this.#topics.reduce((sum, topic) => sum + this.#watch.watching(headKey(topic)), 0);
  }

  /** Tells of the head that was `age` appends ago. */
  async #tell(topic: TopicId, age: number): Promise<void> {
    const heads = this.#heads.get(topic) ?? [];
    const state = age === 0 ? await this.#store.get(headKey(topic)) : heads.at(-1 - age);
    if (state !== undefined) this.#watch.tell(headKey(topic), state);
  }
}

/** One reader with its cursors, over as many connections as its plan cuts. */
class Follower {
  readonly topics: readonly TopicId[];
  readonly seen = new Map<TopicId, Numbered[]>();
  failure: string | null = null;
  readonly #deps: FollowDeps<readonly Numbered[]>;
  readonly #cuts: number[];
  readonly #fresh: boolean;
  readonly #done: Promise<void>;
  #connection = new AbortController();
  #closed = false;

  constructor(deps: FollowDeps<readonly Numbered[]>, plan: FollowerPlan, topics: readonly TopicId[]) {
    this.#deps = deps;
    this.#cuts = [...plan.cuts];
    this.#fresh = plan.fresh;
    this.topics = [...new Set(topics)];
    this.#done = this.#run();
  }

  has(topic: TopicId): number {
    return this.seen.get(topic)?.length ?? 0;
  }

  /** Cuts the connection of this moment, wherever it is. */
  cut(): void {
    this.#connection.abort();
  }

  /** The connections from now on are not cut any more. */
  stay(): void {
    this.#cuts.length = 0;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#connection.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    try {
      while (!this.#closed) await this.#connect();
    } catch (error) {
      this.failure = String(error);
    }
  }

  async #connect(): Promise<void> {
    this.#connection = new AbortController();
    let left = this.#cuts.shift() ?? Infinity;
    const begin = (wake: () => void) => new Following(this.#deps, this.#cursors(), wake);
    for await (const followed of follow(begin, this.#connection.signal)) {
      if (followed.type === "gone") throw new Error("gone");
      if (followed.type === "snapshot") this.seen.set(followed.topic, [...followed.snapshot]);
      else this.seen.set(followed.topic, [...this.seen.get(followed.topic) ?? [], ...followed.entries]);
      if (--left <= 0) break;
    }
    await turn();
  }

  #cursors(): Map<TopicId, number | null> {
    return new Map(this.topics.map((topic) => {
      const last = this.seen.get(topic)?.at(-1)?.seq;
      return [topic, last ?? (this.#fresh && !this.seen.has(topic) ? null : 0)];
    }));
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
