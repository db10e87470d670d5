// Open event streams: pulled by their sockets, kept alive, rotated, and closed when the process drains.
//   T1  A reader that never reads costs nothing: nothing is produced until the socket asks.
//   T2  A stream ends in bounded time, with a `bye` that says what to do; a vanished client is not kept for ever.
import { AppError, causes } from "../core/errors.ts";
import type { Id } from "../core/ids.ts";
import type { Clock } from "../core/time.ts";
import type { Logger } from "../observe/log.ts";
import type { Counters } from "../observe/metrics.ts";
import { OPENING, sseEvent } from "./sse.ts";

/** Under any proxy's idle limit, 30 to 100 s; the client gives a link up after 40 s of silence. */
export const HEARTBEAT_MS = 15_000;
/** Streams end after 4 to 5 minutes, spread so that they do not all come back at once. */
export const ROTATE_MS_MIN = 4 * 60_000;
export const ROTATE_MS_MAX = 5 * 60_000;
/** Streams of one process. At 50 KB each that is what Deno Deploy's 512 MB leave room for. */
export const STREAMS_MAX = 6_000;
/** Streams of one person in one process: many devices, but no flood. */
export const STREAMS_PER_USER_MAX = 100;

export type Bye = "rotate" | "drain" | "auth" | "gone";

export interface StreamOptions {
  userId: Id;
  /** Chunks to send; returns when there is nothing more to follow. */
  source: (signal: AbortSignal) => AsyncIterator<Uint8Array>;
  /** Asked with each heartbeat; false ends the stream with `bye: auth`. */
  allowed: () => Promise<boolean>;
  /** What goes out when the source has returned; null: nothing. */
  atEnd: Bye | null;
  /** False for a stream of a published shape that knows no `hb` and no `bye`: it gets comments. */
  events?: boolean;
}

const COMMENT = new TextEncoder().encode(": hb\n\n");

export class Streams {
  readonly #deps: { clock: Clock; random: () => number; logger: Logger; counters: Counters };
  readonly #open = new Set<AbortController>();
  readonly #perUser = new Map<Id, number>();
  #draining = false;

  constructor(deps: { clock: Clock; random: () => number; logger: Logger; counters: Counters }) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Says `bye: drain` on every stream. Resolves when all are closed, or after `withinMs`. */
  async drain(withinMs: number): Promise<void> {
    this.#draining = true;
    for (const closing of this.#open) closing.abort("drain" satisfies Bye);
    const giveUpAt = this.#deps.clock.now() + withinMs;
    while (this.#open.size > 0 && this.#deps.clock.now() < giveUpAt) await this.#deps.clock.sleep(20);
  }

  /** An SSE response over `options.source`. @throws AppError `limited` */
  response(options: StreamOptions): Response {
    const { clock, random, counters } = this.#deps;
    const { userId } = options;
    const own = this.#perUser.get(userId) ?? 0;
    if (own >= STREAMS_PER_USER_MAX || this.#open.size >= STREAMS_MAX) {
      throw new AppError("limited", "Too many streams are open. Close some, or share one between tabs.");
    }
    this.#perUser.set(userId, own + 1);
    const closing = new AbortController();
    if (this.#draining) closing.abort("drain" satisfies Bye);
    this.#open.add(closing);
    counters.add("throughline_streams_open", 1);
    const close = () => {
      if (!this.#open.delete(closing)) return;
      counters.add("throughline_streams_open", -1);
      const left = (this.#perUser.get(userId) ?? 1) - 1;
      if (left > 0) this.#perUser.set(userId, left);
      else this.#perUser.delete(userId);
      closing.abort("gone" satisfies Bye);
    };
    const rotateAt = clock.now() + ROTATE_MS_MIN + random() * (ROTATE_MS_MAX - ROTATE_MS_MIN);
    const chunks = this.#chunks(options, closing, rotateAt);
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        try {
          const { done, value } = await chunks.next();
          // The reader left while we waited: there is nobody to give it to.
          if (cancelled) return;
          if (!done) return controller.enqueue(value);
          close();
          controller.close();
        } catch (error) {
          close();
          if (cancelled) return;
          this.#deps.logger.log("warn", "stream_broke", { cause: causes(error) });
          controller.error(error);
        }
      },
      cancel: async () => {
        cancelled = true;
        close();
        await chunks.return(undefined);
      },
    }, { highWaterMark: 0 });
    return new Response(body, {
      headers: {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache, no-transform",
        "x-accel-buffering": "no",
      },
    });
  }

  async *#chunks(
    { source, allowed, atEnd, events = true }: StreamOptions,
    closing: AbortController,
    rotateAt: number,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { clock } = this.#deps;
    const { signal } = closing;
    const bye = (reason: Bye) => events ? sseEvent("bye", JSON.stringify({ reason })) : COMMENT;
    yield OPENING;
    const chunks = source(signal);
    // One latch for whatever happens first: a chunk, a heartbeat's time, the end. A token costs no timer of its own.
    let wake = () => {};
    let next: { result: IteratorResult<Uint8Array> } | { error: unknown } | null = null;
    let asked = false;
    const ask = () => {
      asked = true;
      const settle = (settled: NonNullable<typeof next>) => (next = settled, wake());
      chunks.next().then((result) => settle({ result }), (error) => settle({ error }));
    };
    let beatAt = clock.now() + HEARTBEAT_MS;
    const wakeAt = (at: number) => void clock.sleep(at - clock.now(), signal).then(() => wake());
    wakeAt(Math.min(beatAt, rotateAt));
    try {
      for (;;) {
        if (signal.aborted) return yield bye(signal.reason as Bye);
        const now = clock.now();
        if (now >= rotateAt) return yield bye("rotate");
        if (now >= beatAt) {
          beatAt = now + HEARTBEAT_MS;
          wakeAt(Math.min(beatAt, rotateAt));
          if (!await allowed()) return yield bye("auth");
          yield events ? sseEvent("hb", "{}") : COMMENT;
          continue;
        }
        if (!asked) ask();
        if (next === null) {
          await new Promise<void>((resolve) => {
            wake = resolve;
            if (next !== null || signal.aborted) resolve();
          });
          continue;
        }
        const settled: NonNullable<typeof next> = next;
        next = null;
        asked = false;
        if ("error" in settled) throw settled.error;
        if (!settled.result.done) yield settled.result.value;
        // The source also returns when the stream is told to close: then the reason is the signal's.
        else if (!signal.aborted) return atEnd === null ? undefined : yield bye(atEnd);
      }
    } finally {
      closing.abort("gone" satisfies Bye);
      await chunks.return?.();
    }
  }
}
