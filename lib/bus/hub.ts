// The hub: one watch and one decode per topic and process, however many followers.
//   H1  A channel's buffer is gapless and ends at the newest entry that the channel knows.
//   H2  A follower that fell behind the buffer reads the log itself; it never slows the others.
import { causes } from "../core/errors.ts";
import { headKey, type TopicId } from "../kv/keys.ts";
import type { Logger } from "../observe/log.ts";
import type { Counters } from "../observe/metrics.ts";
import { EMPTY_HEAD, type Head, type Numbered, tailAfter } from "./head.ts";
import type { Log } from "./log.ts";
import type { Watch } from "./watcher.ts";

/** Entries a channel keeps for followers who are a little behind. About 100 KB of a fast generation. */
const BUFFER_ENTRIES_MAX = 512;
/** And their JSON, in UTF-16 units, when they are large: what a topic may cost a process. */
const BUFFER_CHARS_MAX = 512 * 1024;

/** One follower's hold on a topic. `after` null: not in the buffer, read the log. Dispose to let go. */
export interface Subscription extends Disposable {
  after(cursor: number): readonly Numbered[] | null;
}

interface Channel {
  /** Number of the newest entry known; -1 before the first head. */
  seq: number;
  buffer: Numbered[];
  /** The newest head that has not been worked in yet. */
  pending: Head | null;
  working: boolean;
  wakes: Set<() => void>;
  watch: Disposable;
}

export class Hub {
  readonly #channels = new Map<TopicId, Channel>();
  readonly #deps: { log: Pick<Log, "after">; watch: Watch; logger: Logger; counters: Counters };

  constructor(deps: { log: Pick<Log, "after">; watch: Watch; logger: Logger; counters: Counters }) {
    this.#deps = deps;
  }

  /** `wake` is called after each change of the topic, and may be called without one. */
  subscribe(topic: TopicId, wake: () => void): Subscription {
    const channel = this.#channels.get(topic) ?? this.#open(topic);
    channel.wakes.add(wake);
    return {
      after: (cursor) => after(channel, cursor),
      [Symbol.dispose]: () => {
        channel.wakes.delete(wake);
        if (channel.wakes.size > 0 || this.#channels.get(topic) !== channel) return;
        this.#channels.delete(topic);
        channel.watch[Symbol.dispose]();
        this.#deps.counters.add("throughline_topics_watched", -1);
      },
    };
  }

  #open(topic: TopicId): Channel {
    const channel: Channel = {
      seq: -1,
      buffer: [],
      pending: null,
      working: false,
      wakes: new Set(),
      watch: { [Symbol.dispose]: () => {} },
    };
    this.#channels.set(topic, channel);
    this.#deps.counters.add("throughline_topics_watched", 1);
    channel.watch = this.#deps.watch.watch(headKey(topic), ({ value }) => {
      channel.pending = value ?? EMPTY_HEAD;
      if (!channel.working) void this.#work(topic, channel);
    });
    return channel;
  }

  /** Works the newest head into the buffer; heads that arrive meanwhile are worked in after it. */
  async #work(topic: TopicId, channel: Channel): Promise<void> {
    channel.working = true;
    while (channel.pending !== null) {
      const head: Head = channel.pending;
      channel.pending = null;
      if (head.seq <= channel.seq) continue;
      try {
        await this.#take(topic, channel, head);
      } catch (error) {
        // The followers are woken to read the log themselves; the next head begins the buffer anew.
        this.#deps.logger.log("warn", "hub_read_failed", { topic, cause: causes(error) });
        channel.seq = -1;
        channel.buffer = [];
      }
      for (const wake of [...channel.wakes]) wake();
    }
    channel.working = false;
  }

  async #take(topic: TopicId, channel: Channel, head: Head): Promise<void> {
    const known = channel.seq < 0 ? head.tailFrom - 1 : channel.seq;
    const missed = head.seq - known;
    const fresh = tailAfter(head, known) ??
      (missed > BUFFER_ENTRIES_MAX ? null : await this.#deps.log.after(topic, known));
    // Without them the buffer begins anew, and followers behind it read the log themselves.
    if (fresh === null) channel.buffer = [];
    channel.buffer.push(...fresh ?? tailAfter(head, head.tailFrom - 1) ?? []);
    channel.buffer = newest(channel.buffer);
    channel.seq = Math.max(head.seq, fresh?.at(-1)?.seq ?? 0);
  }
}

/** The newest entries that fit the buffer, in order. */
function newest(entries: Numbered[]): Numbered[] {
  let from = entries.length;
  for (let chars = 0; from > 0 && entries.length - from < BUFFER_ENTRIES_MAX; from--) {
    chars += entries[from - 1]!.json.length;
    if (chars > BUFFER_CHARS_MAX) break;
  }
  return from === 0 ? entries : entries.slice(from);
}

function after(channel: Channel, cursor: number): readonly Numbered[] | null {
  if (channel.seq < 0) return null;
  if (cursor === channel.seq) return [];
  const first = channel.buffer[0]?.seq;
  if (cursor > channel.seq || first === undefined || cursor + 1 < first) return null;
  return channel.buffer.slice(cursor + 1 - first);
}
