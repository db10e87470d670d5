// Where a follower stands in each topic it follows.
//   F1  Only what comes next moves a cursor. What is beyond it stays out until the hole is filled, so nothing is
//       lost while a stream is rewound and its last events are still under way.
import type { Topic, TopicEvent } from "./topic_event.ts";

/** `next` is to be delivered; `old` was seen; `ahead` shows a hole before it; `foreign` is of no topic of ours. */
export type Placement = "next" | "old" | "ahead" | "foreign";

export class Cursors {
  /** null: nothing is known of the topic yet, a snapshot must come first. */
  readonly #at = new Map<Topic, number | null>();

  get size(): number {
    return this.#at.size;
  }

  has(topic: Topic): boolean {
    return this.#at.has(topic);
  }

  entries(): [Topic, number | null][] {
    return [...this.#at];
  }

  /** Asks for a topic from a cursor on. True when a running stream does not bring that and must start again. */
  follow(topic: Topic, cursor: number | null): boolean {
    const at = this.#at.get(topic);
    if (at === undefined || (at !== null && (cursor === null || cursor < at))) {
      this.#at.set(topic, cursor);
      return true;
    }
    return false;
  }

  unfollow(topic: Topic): boolean {
    return this.#at.delete(topic);
  }

  /** Says where an event belongs, and moves on when it is the next. */
  place(event: TopicEvent): Placement {
    if (event.topic === null || event.id === undefined) return "foreign";
    const at = this.#at.get(event.topic);
    if (at === undefined) return "foreign";
    const whole = event.type === "snapshot" || event.type === "user_snapshot";
    if (!whole) {
      if (at === null || event.id > at + 1) return "ahead";
      if (event.id <= at) return "old";
    }
    this.#at.set(event.topic, event.id);
    return "next";
  }
}
