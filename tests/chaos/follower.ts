// A client that follows one conversation over connections that are cut, reset, or fall silent.
import type { Id } from "@/lib/core/ids.ts";
import { conversationTopic } from "@/lib/kv/keys.ts";
import type { SimulatedProcess } from "./process.ts";
import type { World } from "./world.ts";

/** An event's way over the socket. */
const WAY_MS_MAX = 20;
/** A client's pause before it connects again. */
const RECONNECT_MS_MAX = 1_500;
/** Without a heartbeat for so long, a client connects anew. */
const SILENCE_MS_MAX = 8_000;
/** A server learns so late that its client has gone. */
const CLOSE_MS_MAX = 2_000;
/** Of a batch in bad weather: the connection is cut within it. */
const CUT_WITHIN = 0.02;

export class Follower {
  readonly name: string;
  readonly conversationId: Id;
  cursor: number | null;
  readonly #world: World;
  #close: () => void = () => {};

  constructor(world: World, name: string, conversationId: Id, cursor: number | null) {
    this.#world = world;
    this.name = name;
    this.conversationId = conversationId;
    this.cursor = cursor;
  }

  /** Follows until the run is over. */
  async run(): Promise<void> {
    const { random } = this.#world;
    while (!this.#world.isOver) {
      const reachable = this.#world.reachable();
      if (reachable.length > 0) await this.#connect(random.pick(reachable));
      await this.#world.pause(random.between(10, RECONNECT_MS_MAX));
    }
  }

  /** Cuts the connection of this moment. */
  cut(): void {
    this.#world.history.add({ what: "cut", follower: this.name });
    this.#close();
  }

  /** One connection, until it is closed from either side. */
  async #connect(process: SimulatedProcess): Promise<void> {
    const { timeline, random, history, userId } = this.#world;
    const { conversationId, cursor } = this;
    const stop = new AbortController();
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    let isOpen = true;
    const close = this.#close = () => {
      if (!isOpen) return;
      isOpen = false;
      process.onTrouble.delete(onTrouble);
      timeline.after(random.between(0, CLOSE_MS_MAX), process, () => stop.abort());
      resolve();
    };
    const onTrouble = (trouble: "reset" | "silent") => {
      if (trouble === "reset") return close();
      timeline.after(SILENCE_MS_MAX, null, () => {
        if (process.state === "frozen") close();
      });
    };
    process.onTrouble.add(onTrouble);
    history.add({ what: "connected", follower: this.name, to: process.name, conversationId, cursor });
    const way = () =>
      new Promise<void>((arrive) => void timeline.after(random.between(0, WAY_MS_MAX), process, arrive));
    const pump = async () => {
      await way();
      try {
        const topic = conversationTopic(conversationId) as `c:${Id}`;
        for await (const followed of process.follow(userId, topic, cursor, stop.signal)) {
          await way();
          if (!isOpen) return;
          if (followed.type === "gone") throw new Error("The conversation is gone");
          if (followed.type === "snapshot") {
            this.cursor = followed.cursor;
            history.add({
              what: "snapshot",
              follower: this.name,
              cursor: followed.cursor,
              json: followed.snapshot.json,
            });
            continue;
          }
          for (const { seq, type, json } of followed.entries) {
            if (this.#world.weather.followerMs !== Infinity && random.chance(CUT_WITHIN)) this.cut();
            if (!isOpen) return;
            this.cursor = seq;
            history.add({ what: "entry", follower: this.name, entry: { seq, type, json } });
          }
        }
      } catch (error) {
        history.add({ what: "logged", by: this.name, line: `stream broke: ${error}` });
      }
      close();
    };
    void pump();
    await closed;
  }
}
