// One SSE connection for many topics, kept alive.
//   C1  At most one request is open. It is opened again when a topic joins or is rewound, when the server says
//       `bye`, when it breaks, and when nothing was heard for SILENCE_MS: a dead socket still claims to be open.
//   C2  Every opening carries the cursors, so that nothing is missed between two of them.
import type { Clock } from "../core/time.ts";
import { LAST_MESSAGES } from "../protocol/api.ts";
import { createParser } from "eventsource-parser";
import { Cursors } from "./cursors.ts";
import { type End, endOf, pauseMs } from "./ending.ts";
import { parseEvent, type Topic, type TopicEvent } from "./topic_event.ts";

/** What people can be told about the link. `stopped` needs a reload: the session is over. */
export type Link = "connecting" | "live" | "waiting" | "stopped";

export interface ConnectionPorts {
  fetch: typeof fetch;
  clock: Clock;
  random: () => number;
}

export interface ConnectionListener {
  event(event: TopicEvent): void;
  link(link: Link): void;
}

/** The server sends `hb` every 15 s; two lost and a late third mean that nobody is there. */
export const SILENCE_MS = 40_000;
/** Topics that are asked for within this time share one request: a new leader hears of every tab at once. */
export const SETTLE_MS = 10;
/** A connection that heard something within this time is not doubted when the page becomes visible. */
const TRUSTED_MS = 20_000;
/** The largest event is the snapshot of a very long conversation. */
const EVENT_CHARS_MAX = 16 * 1024 * 1024;

export class Connection {
  readonly #ports: ConnectionPorts;
  readonly #listener: ConnectionListener;
  readonly #cursors = new Cursors();
  readonly #closed = new AbortController();
  /** Aborts the request or the pause that is under way. */
  #turn = new AbortController();
  #running = false;
  #settling = false;
  #stopped = false;
  #link: Link = "connecting";
  #heardAtMs = 0;

  constructor(ports: ConnectionPorts, listener: ConnectionListener) {
    this.#ports = ports;
    this.#listener = listener;
  }

  get link(): Link {
    return this.#link;
  }

  topics(): Topic[] {
    return this.#cursors.entries().map(([topic]) => topic);
  }

  /** Follows a topic from a cursor on; null asks for a snapshot. */
  follow(topic: Topic, cursor: number | null): void {
    if (this.#cursors.follow(topic, cursor)) this.#settle();
  }

  /** The request is not opened again for it: what still comes of the topic is dropped. */
  unfollow(topic: Topic): void {
    this.#cursors.unfollow(topic);
  }

  /** The page became visible or the network came back: do not wait, and do not trust a silent socket. */
  wake(): void {
    const silentMs = this.#ports.clock.now() - this.#heardAtMs;
    if (this.#link === "waiting" || silentMs > TRUSTED_MS) this.#turn.abort("wake");
  }

  close(): void {
    this.#closed.abort("closed");
    this.#turn.abort("closed");
  }

  #settle(): void {
    if (this.#settling || this.#stopped) return;
    this.#settling = true;
    void this.#ports.clock.sleep(SETTLE_MS, this.#closed.signal).then(() => {
      this.#settling = false;
      if (this.#closed.signal.aborted) return;
      if (this.#running) this.#turn.abort("reopen");
      else void this.#run();
    });
  }

  /** Opens, reads and opens again until there is nothing to follow or the session is over. */
  async #run(): Promise<void> {
    this.#running = true;
    let failures = 0;
    while (!this.#closed.signal.aborted && this.#cursors.size > 0) {
      this.#turn = new AbortController();
      const { end, heard } = await this.#session(this.#turn);
      if (this.#closed.signal.aborted) break;
      if (end.kind === "over") {
        this.#stopped = true;
        this.#say("stopped");
        break;
      }
      failures = heard || end.kind === "reopen" ? 0 : failures + 1;
      const pause = pauseMs(end, failures, this.#ports.random());
      if (pause === 0) continue;
      this.#say("waiting");
      this.#turn = new AbortController();
      await this.#ports.clock.sleep(pause, this.#turn.signal);
    }
    this.#running = false;
  }

  async #session(turn: AbortController): Promise<{ end: End; heard: boolean }> {
    this.#say("connecting");
    let heard = false;
    let bye: End | null = null;
    this.#heardAtMs = this.#ports.clock.now();
    const idle = new AbortController();
    void this.#watch(turn, idle.signal);
    try {
      const response = await this.#ports.fetch(this.#url(), {
        headers: { accept: "text/event-stream" },
        cache: "no-store",
        signal: turn.signal,
      });
      if (!response.ok || response.body === null) {
        await response.body?.cancel();
        return { end: endOf(response), heard };
      }
      const parser = createParser({
        maxBufferSize: EVENT_CHARS_MAX,
        onError: (error) => {
          throw error;
        },
        onEvent: (message) => {
          const event = parseEvent(message);
          if (event === null || turn.signal.aborted) return;
          if (event.type === "bye" && event.topic === null) {
            bye = event.data.reason === "auth"
              ? { kind: "over" }
              : { kind: "bye", reason: event.data.reason };
          } else {
            heard = true;
            this.#take(event);
          }
        },
      });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return { end: bye ?? { kind: "lost" }, heard };
        this.#heardAtMs = this.#ports.clock.now();
        this.#say("live");
        parser.feed(value);
        if (bye !== null) {
          turn.abort("bye");
          return { end: bye, heard };
        }
      }
    } catch {
      // The network, an abort of ours, or bytes that are no event: the cursors make opening again the cure of each.
      return { end: turn.signal.reason === "reopen" ? { kind: "reopen" } : { kind: "lost" }, heard };
    } finally {
      idle.abort();
    }
  }

  #take(event: TopicEvent): void {
    if (event.type === "hb") return;
    if (event.type === "bye") {
      if (event.topic !== null && this.#cursors.unfollow(event.topic)) this.#listener.event(event);
      return;
    }
    if (this.#cursors.place(event) !== "foreign") this.#listener.event(event);
  }

  /** Ends the turn when nothing is heard. Wakes once per silence, not once per chunk. */
  async #watch(turn: AbortController, idle: AbortSignal): Promise<void> {
    const { clock } = this.#ports;
    while (!idle.aborted && !turn.signal.aborted) {
      const leftMs = this.#heardAtMs + SILENCE_MS - clock.now();
      if (leftMs <= 0) return turn.abort("silent");
      await clock.sleep(leftMs, idle);
    }
  }

  #url(): string {
    const topics = this.#cursors.entries().map(([topic, at]) => at === null ? topic : `${topic}@${at}`);
    return `/api/events?last=${LAST_MESSAGES}&topics=${topics.join(",")}`;
  }

  #say(link: Link): void {
    if (link === this.#link) return;
    this.#link = link;
    this.#listener.link(link);
  }
}
