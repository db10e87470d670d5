// Open event streams: pulled by their sockets, kept alive, rotated, and closed when the process drains.
//   T1  A reader that never reads costs nothing: nothing is produced until the socket asks.
//   T2  A stream ends in bounded time, with a `bye` that says what to do; one whose reader does not read is cut.
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
/** Nothing can be said to a reader that does not read. This long after its stream should have ended, it is cut. */
export const OVERDUE_MS = 30_000;
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

/** A place among the open streams. Dispose to let go of it. */
export interface Place extends Disposable {
  /** Aborts when whoever has the place should leave it: the reason is a `Bye`. */
  signal: AbortSignal;
}

interface Open {
  closing: AbortController;
  /** Ends it whatever its reader does. */
  cut: () => void;
}

const COMMENT = new TextEncoder().encode(": hb\n\n");

export class Streams {
  readonly #deps: { clock: Clock; random: () => number; logger: Logger; counters: Counters };
  readonly #open = new Set<Open>();
  readonly #perUser = new Map<Id, number>();
  #draining = false;
  /** Called when the last stream has closed. */
  #onEmpty = () => {};

  constructor(deps: { clock: Clock; random: () => number; logger: Logger; counters: Counters }) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Says `bye: drain` on every stream. Resolves when all are closed; what is left after `withinMs` is cut. */
  async drain(withinMs: number): Promise<void> {
    this.#draining = true;
    for (const { closing } of this.#open) closing.abort("drain" satisfies Bye);
    const waited = new AbortController();
    const empty = new Promise<void>((resolve) => (this.#onEmpty = resolve));
    if (this.#open.size > 0) await Promise.race([empty, this.#deps.clock.sleep(withinMs, waited.signal)]);
    waited.abort();
    for (const { cut } of [...this.#open]) cut();
  }

  /** A place for a request that follows an answer without streaming it. @throws AppError `limited` */
  hold(userId: Id): Place {
    const closing = new AbortController();
    const leave = this.#enter(userId, { closing, cut: () => leave() });
    return { signal: closing.signal, [Symbol.dispose]: leave };
  }

  /** Takes a place; what it returns gives it back, once. @throws AppError `limited` */
  #enter(userId: Id, open: Open): () => void {
    const { counters } = this.#deps;
    const own = this.#perUser.get(userId) ?? 0;
    if (own >= STREAMS_PER_USER_MAX || this.#open.size >= STREAMS_MAX) {
      throw new AppError("limited", "Too many streams are open. Close some, or share one between tabs.");
    }
    this.#perUser.set(userId, own + 1);
    this.#open.add(open);
    counters.add("throughline_streams_open", 1);
    if (this.#draining) open.closing.abort("drain" satisfies Bye);
    return () => {
      if (!this.#open.delete(open)) return;
      counters.add("throughline_streams_open", -1);
      const left = (this.#perUser.get(userId) ?? 1) - 1;
      if (left > 0) this.#perUser.set(userId, left);
      else this.#perUser.delete(userId);
      open.closing.abort("gone" satisfies Bye);
      if (this.#open.size === 0) this.#onEmpty();
    };
  }

  /** An SSE response over `options.source`. @throws AppError `limited` */
  response(options: StreamOptions): Response {
    const { clock, random, logger } = this.#deps;
    const closing = new AbortController();
    let ended = false;
    let cut = () => {};
    const leave = this.#enter(options.userId, { closing, cut: () => cut() });
    const close = () => {
      ended = true;
      leave();
    };
    const livesMs = ROTATE_MS_MIN + random() * (ROTATE_MS_MAX - ROTATE_MS_MIN);
    const chunks = this.#chunks(options, closing, clock.now() + livesMs);
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        cut = () => {
          if (ended) return;
          close();
          logger.log("info", "stream_cut");
          controller.error(new Error("The reader of this stream did not read"));
          void chunks.return();
        };
      },
      pull: async (controller) => {
        try {
          const { done, value } = await chunks.next();
          // The reader left while we waited: there is nobody to give it to.
          if (ended) return;
          if (!done) return controller.enqueue(value);
          close();
          controller.close();
        } catch (error) {
          if (ended) return;
          close();
          logger.log("warn", "stream_broke", { cause: causes(error) });
          controller.error(error);
        }
      },
      cancel: async () => {
        close();
        await chunks.return();
      },
    }, { highWaterMark: 0 });
    void clock.sleep(livesMs + OVERDUE_MS, closing.signal).then(() => {
      if (!closing.signal.aborted) cut();
    });
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
