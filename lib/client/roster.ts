// Which tabs there are and what they follow, as the leading tab knows it.
import type { Topic } from "./topic_event.ts";

/** More topics than this on one request make its address too long; the tabs that asked last win. */
export const TOPICS_MAX = 50;
/** A tab that did not answer this many roll calls is gone, without having been able to say so. */
const MISSES_MAX = 3;

export class Roster {
  readonly #tabs = new Map<string, { topics: readonly Topic[]; misses: number }>();

  tabs(): string[] {
    return [...this.#tabs.keys()];
  }

  /** Notes what a tab follows now. True when the tab was not known. */
  put(tab: string, topics: readonly Topic[]): boolean {
    const isNew = !this.#tabs.delete(tab);
    this.#tabs.set(tab, { topics, misses: 0 });
    return isNew;
  }

  seen(tab: string): void {
    const known = this.#tabs.get(tab);
    if (known !== undefined) known.misses = 0;
  }

  drop(tab: string): void {
    this.#tabs.delete(tab);
  }

  /** Calls the roll: whoever missed too many is dropped. */
  call(): void {
    for (const [tab, known] of this.#tabs) {
      if (known.misses >= MISSES_MAX) this.#tabs.delete(tab);
      else known.misses += 1;
    }
  }

  /** Whether a tab other than `tab` follows the topic. */
  hasOther(tab: string, topic: Topic | null): boolean {
    if (topic === null) return false;
    for (const [other, { topics }] of this.#tabs) if (other !== tab && topics.includes(topic)) return true;
    return false;
  }

  /** Every topic that some tab follows; those of the tabs heard last come first, up to TOPICS_MAX. */
  wanted(): Set<Topic> {
    const wanted = new Set<Topic>();
    for (const { topics } of [...this.#tabs.values()].reverse()) {
      for (const topic of topics) if (wanted.size < TOPICS_MAX) wanted.add(topic);
    }
    return wanted;
  }
}
