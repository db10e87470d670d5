// The hub: one watch and one decode per topic and process, however many followers.
//   H1  A channel's buffer is gapless and ends at the newest entry that the channel knows.
//   H2  A follower that fell behind the buffer reads the log itself; it never slows the others.
//   H3  Followers at one cursor are given one and the same array, so that whoever encodes it needs to do it once.
//   H4  Topics that rest cost little: what all buffers hold together is bounded, and the longest at rest go first.
import { causes } from "../core/errors.ts";
import { headKey, type TopicId } from "../kv/keys.ts";
import type { Logger } from "../observe/log.ts";
import type { Counters } from "../observe/metrics.ts";
import { EMPTY_HEAD, type Head, type Numbered, tailAfter } from "./head.ts";
import type { Log } from "./log.ts";
import type { Watch } from "./watcher.ts";

/** Entries handed over at once, so that one long catch-up does not keep other topics waiting. */
export const BATCH_ENTRIES_MAX = 256;
/** Entries a channel keeps for followers who are a little behind: ten seconds of a fast generation. */
const BUFFER_ENTRIES_MAX = 512;
/** Entries by which it may be larger, so that it is not copied for each. */
const BUFFER_ENTRIES_SLACK = 64;
/** What it may hold when entries are large: what a topic may cost a process. */
const BUFFER_BYTES_MAX = 1024 * 1024;
/** What the buffers of all topics may hold together: a sixteenth of Deno Deploy's memory. */
const BUFFERS_BYTES_MAX = 32 * 1024 * 1024;
/** An entry beside its text, which is held twice: as JSON, and as the bytes of its event. */
const ENTRY_BYTES = 500;
/** Cursors of one topic whose entries are remembered until the next change. Nearly all followers are at one or two. */
const CURSORS_MAX = 32;

const NOTHING: readonly Numbered[] = [];

/** One follower's hold on a topic. `after` null: not in the buffer, read the log. Dispose to let go. */
export interface Subscription extends Disposable {
  after(cursor: number): readonly Numbered[] | null;
}

interface Channel {
  topic: TopicId;
  /** Number of the newest entry known; -1 before the first head. */
  seq: number;
  buffer: Numbered[];
  bufferBytes: number;
  /** What was given since the last change, by cursor (H3). */
  given: Map<number, readonly Numbered[]>;
  /** The newest head that has not been worked in yet. */
  pending: Head | null;
  working: boolean;
  holds: Set<Hold>;
  watch: Disposable;
}

export class Hub {
  readonly #channels = new Map<TopicId, Channel>();
  /** Channels whose buffer holds something, the longest at rest first. */
  readonly #buffered = new Set<Channel>();
  #buffersBytes = 0;
  readonly #deps: { log: Pick<Log, "after">; watch: Watch; logger: Logger; counters: Counters };

  constructor(deps: { log: Pick<Log, "after">; watch: Watch; logger: Logger; counters: Counters }) {
    this.#deps = deps;
  }

  /** What all buffers hold, about. */
  get bufferedBytes(): number {
    return this.#buffersBytes;
  }

  /** `wake` is called after each change of the topic, and may be called without one. It must not throw. */
  subscribe(topic: TopicId, wake: () => void): Subscription {
    const channel = this.#channels.get(topic) ?? this.#open(topic);
    const hold = new Hold(channel, wake, this.#release);
    channel.holds.add(hold);
    return hold;
  }

  readonly #release = (hold: Hold): void => {
    const { channel } = hold;
    if (!channel.holds.delete(hold) || channel.holds.size > 0) return;
    this.#channels.delete(channel.topic);
    this.#empty(channel);
    channel.watch[Symbol.dispose]();
    this.#deps.counters.add("throughline_topics_watched", -1);
  };

  #open(topic: TopicId): Channel {
    const channel: Channel = {
      topic,
      seq: -1,
      buffer: [],
      bufferBytes: 0,
      given: new Map(),
      pending: null,
      working: false,
      holds: new Set(),
      watch: { [Symbol.dispose]: () => {} },
    };
    this.#channels.set(topic, channel);
    this.#deps.counters.add("throughline_topics_watched", 1);
    channel.watch = this.#deps.watch.watch(headKey(topic), ({ value }) => {
      channel.pending = value ?? EMPTY_HEAD;
      if (!channel.working) void this.#work(channel);
    });
    return channel;
  }

  /** Works the newest head into the buffer; heads that arrive meanwhile are worked in after it. */
  async #work(channel: Channel): Promise<void> {
    channel.working = true;
    while (channel.pending !== null) {
      const head: Head = channel.pending;
      channel.pending = null;
      if (head.seq <= channel.seq) continue;
      try {
        await this.#take(channel, head);
      } catch (error) {
        // The followers are woken to read the log themselves; the next head begins the buffer anew.
        this.#deps.logger.log("warn", "hub_read_failed", { topic: channel.topic, cause: causes(error) });
        channel.seq = -1;
        this.#empty(channel);
      }
      for (const hold of channel.holds) hold.wake();
    }
    channel.working = false;
  }

  async #take(channel: Channel, head: Head): Promise<void> {
    const known = channel.seq < 0 ? head.tailFrom - 1 : channel.seq;
    const missed = head.seq - known;
    const fresh = tailAfter(head, known) ??
      (missed > BUFFER_ENTRIES_MAX ? null : await this.#deps.log.after(channel.topic, known));
    // Everybody left during the read: nobody would let go of what it fills.
    if (channel.holds.size === 0) return;
    // Without them the buffer begins anew, and followers behind it read the log themselves.
    if (fresh === null) this.#empty(channel);
    this.#extend(channel, fresh ?? tailAfter(head, head.tailFrom - 1) ?? []);
    channel.seq = Math.max(head.seq, fresh?.at(-1)?.seq ?? 0);
  }

  #empty(channel: Channel): void {
    channel.given.clear();
    channel.buffer = [];
    this.#weigh(channel, 0);
    this.#buffered.delete(channel);
  }

  /** Puts entries behind a channel's buffer, and empties others when all together hold too much (H4). */
  #extend(channel: Channel, entries: readonly Numbered[]): void {
    channel.given.clear();
    channel.buffer.push(...entries);
    this.#weigh(channel, channel.bufferBytes + bytesOf(entries));
    if (
      channel.buffer.length > BUFFER_ENTRIES_MAX + BUFFER_ENTRIES_SLACK ||
      channel.bufferBytes > BUFFER_BYTES_MAX
    ) {
      channel.buffer = newest(channel.buffer);
      this.#weigh(channel, bytesOf(channel.buffer));
    }
    this.#buffered.delete(channel);
    this.#buffered.add(channel);
    for (const resting of this.#buffered) {
      if (this.#buffersBytes <= BUFFERS_BYTES_MAX || resting === channel) return;
      this.#empty(resting);
    }
  }

  #weigh(channel: Channel, bytes: number): void {
    this.#buffersBytes += bytes - channel.bufferBytes;
    channel.bufferBytes = bytes;
  }
}

class Hold implements Subscription {
  readonly channel: Channel;
  readonly wake: () => void;
  readonly #release: (hold: Hold) => void;

  constructor(channel: Channel, wake: () => void, release: (hold: Hold) => void) {
    this.channel = channel;
    this.wake = wake;
    this.#release = release;
  }

  after(cursor: number): readonly Numbered[] | null {
    const { seq, buffer, given } = this.channel;
    if (seq < 0) return null;
    if (cursor === seq) return NOTHING;
    const first = buffer[0]?.seq;
    if (!Number.isSafeInteger(cursor) || cursor > seq || first === undefined || cursor + 1 < first) {
      return null;
    }
    let entries = given.get(cursor);
    if (entries === undefined) {
      const from = cursor + 1 - first;
      entries = buffer.slice(from, from + BATCH_ENTRIES_MAX);
      if (given.size < CURSORS_MAX) given.set(cursor, entries);
    }
    return entries;
  }

  [Symbol.dispose](): void {
    this.#release(this);
  }
}

/** The newest entries that fit a buffer, in order. */
function newest(entries: Numbered[]): Numbered[] {
  let from = entries.length;
  for (let bytes = 0; from > 0 && entries.length - from < BUFFER_ENTRIES_MAX; from--) {
    bytes += bytesOf([entries[from - 1]!]);
    if (bytes > BUFFER_BYTES_MAX) break;
  }
  return entries.slice(from);
}

/** What entries hold in memory, about. */
function bytesOf(entries: readonly Numbered[]): number {
  let bytes = 0;
  for (const { json } of entries) bytes += ENTRY_BYTES + 2 * json.length;
  return bytes;
}
