// Open event streams: pulled by their sockets, kept alive, rotated, and closed when the process drains.
//   T1  A reader that never reads costs nothing: nothing is produced until the socket asks.
//   T2  A stream ends in bounded time, with a `bye` that says what to do; one whose reader does not read is cut.
//   T3  A stream is one object, and all of them share one timer: that is what thousands of idle ones cost.
import { type Alarm, Alarms } from "../core/alarms.ts";
import { AppError, causes } from "../core/errors.ts";
import type { Id } from "../core/ids.ts";
import type { Clock } from "../core/time.ts";
import type { Logger } from "../observe/log.ts";
import type { Counters } from "../observe/metrics.ts";
import { COMMENT, HEARTBEAT, OPENING, sseEvent } from "./sse.ts";

/** Under any proxy's idle limit, 30 to 100 s; the client gives a link up after 40 s of silence. */
export const HEARTBEAT_MS = 15_000;
/** Streams end after 4 to 5 minutes, spread so that they do not all come back at once. */
export const ROTATE_MS_MIN = 4 * 60_000;
export const ROTATE_MS_MAX = 5 * 60_000;
/** Nothing can be said to a reader that does not read. This long after its stream should have ended, it is cut. */
export const OVERDUE_MS = 30_000;
/** Streams of one person in one process: a hall that watches one answer, and no more than a third of what Deploy takes. */
export const STREAMS_PER_USER_MAX = 1_000;

export type Bye = "rotate" | "drain" | "auth" | "gone";

/** Where a stream's bytes come from. Disposed of when the stream has ended. */
export interface Source extends Disposable {
  /**
   * The next bytes; null: none now, and `wake` is called when that may have changed; "end": no more. Bytes are never
   * changed after they were given: a thousand streams may be given the same ones.
   */
  take(): Uint8Array | null | "end";
}

export interface StreamOptions {
  userId: Id;
  /** Called when the stream's first bytes are wanted. */
  source: (wake: () => void) => Source;
  /** Asked with each heartbeat; false ends the stream with `bye: auth`. */
  allowed: () => Promise<boolean>;
  /** What goes out when the source has ended; null: nothing. */
  atEnd: Bye | null;
  /** False for a stream of a published shape that knows no `hb` and no `bye`: it gets comments. */
  events?: boolean;
}

/** A place among the open streams. Dispose to let go of it. */
export interface Place extends Disposable {
  /** Aborts when whoever has the place should leave it: the reason is a `Bye`. */
  signal: AbortSignal;
}

/** Who has a place. */
interface Open {
  readonly userId: Id;
  /** Tells it to leave. */
  say(bye: Bye): void;
  /** Ends it whatever its reader does. */
  cut(): void;
}

interface StreamsDeps {
  /** Streams of one process: what its memory has room for. */
  streamsMax: number;
  clock: Clock;
  random: () => number;
  logger: Logger;
  counters: Counters;
}

export class Streams {
  readonly #deps: StreamsDeps;
  readonly #alarms: Alarms;
  readonly #open = new Set<Open>();
  readonly #perUser = new Map<Id, number>();
  #draining = false;
  /** Called when the last stream has closed. */
  #onEmpty = () => {};

  constructor(deps: StreamsDeps) {
    this.#deps = deps;
    this.#alarms = new Alarms(deps.clock);
  }

  get size(): number {
    return this.#open.size;
  }

  /** Says `bye: drain` on every stream. Resolves when all are closed; what is left after `withinMs` is cut. */
  async drain(withinMs: number): Promise<void> {
    this.#draining = true;
    for (const open of [...this.#open]) open.say("drain");
    const waited = new AbortController();
    const empty = new Promise<void>((resolve) => (this.#onEmpty = resolve));
    if (this.#open.size > 0) await Promise.race([empty, this.#deps.clock.sleep(withinMs, waited.signal)]);
    waited.abort();
    for (const open of [...this.#open]) open.cut();
  }

  /** A place for a request that follows an answer without streaming it. @throws AppError `limited` */
  hold(userId: Id): Place {
    const leaving = new AbortController();
    const say = (bye: Bye) => leaving.abort(bye);
    const leave = () => {
      this.#leave(open);
      say("gone");
    };
    const open: Open = { userId, say, cut: leave };
    this.#enter(open);
    return { signal: leaving.signal, [Symbol.dispose]: leave };
  }

  /** An SSE response over `options.source`. @throws AppError `limited` */
  response(options: StreamOptions): Response {
    const stream: Stream = new Stream(options, this.#deps, this.#alarms, () => this.#leave(stream));
    this.#enter(stream);
    return new Response(new ReadableStream<Uint8Array>(stream, { highWaterMark: 0 }), {
      headers: {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache, no-transform",
        "x-accel-buffering": "no",
      },
    });
  }

  #enter(open: Open): void {
    const own = this.#perUser.get(open.userId) ?? 0;
    if (own >= STREAMS_PER_USER_MAX || this.#open.size >= this.#deps.streamsMax) {
      throw new AppError("limited", "Too many streams are open. Close some, or share one between tabs.");
    }
    this.#perUser.set(open.userId, own + 1);
    this.#open.add(open);
    this.#deps.counters.add("throughline_streams_open", 1);
    if (this.#draining) open.say("drain");
  }

  #leave(open: Open): void {
    if (!this.#open.delete(open)) return;
    this.#deps.counters.add("throughline_streams_open", -1);
    const left = (this.#perUser.get(open.userId) ?? 1) - 1;
    if (left > 0) this.#perUser.set(open.userId, left);
    else this.#perUser.delete(open.userId);
    if (this.#open.size === 0) this.#onEmpty();
  }
}

/** One open stream, and the source of its `ReadableStream`. */
class Stream implements UnderlyingDefaultSource<Uint8Array>, Alarm, Open {
  readonly userId: Id;
  dueAt = 0;
  heapIndex = -1;
  readonly #options: StreamOptions;
  readonly #deps: StreamsDeps;
  readonly #alarms: Alarms;
  readonly #leave: () => void;
  readonly #rotateAt: number;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #source: Source | null = null;
  /** The reader waits for bytes. Until it does, nothing is made (T1). */
  #isAsked = false;
  #isOpened = false;
  #isBeatDue = false;
  /** Whether it is still allowed is being asked. */
  #isChecking = false;
  #isEnded = false;
  #bye: Bye | null = null;

  constructor(options: StreamOptions, deps: StreamsDeps, alarms: Alarms, leave: () => void) {
    const { clock, random } = deps;
    this.userId = options.userId;
    this.#options = options;
    this.#deps = deps;
    this.#alarms = alarms;
    this.#leave = leave;
    const now = clock.now();
    this.#rotateAt = now + ROTATE_MS_MIN + random() * (ROTATE_MS_MAX - ROTATE_MS_MIN);
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    this.#wind(this.#deps.clock.now());
  }

  pull(): void {
    this.#isAsked = true;
    this.#serve();
  }

  cancel(): void {
    this.#end();
  }

  say(bye: Bye): void {
    this.#bye = bye;
    this.#serve();
  }

  cut(): void {
    if (this.#isEnded) return;
    this.#end();
    this.#deps.logger.log("info", "stream_cut");
    this.#controller?.error(new Error("The reader of this stream did not read"));
  }

  ring(now: number): void {
    if (now >= this.#rotateAt + OVERDUE_MS) return this.cut();
    if (now >= this.#rotateAt) {
      this.#bye ??= "rotate";
      this.#alarms.set(this, this.#rotateAt + OVERDUE_MS);
    } else {
      // The next heartbeat is due a while after this one was taken: one who does not read is not beaten at.
      this.#isBeatDue = true;
      this.#alarms.set(this, this.#rotateAt);
    }
    this.#serve();
  }

  /** Sets the alarm to what is due next. */
  #wind(now: number): void {
    this.#alarms.set(this, Math.min(now + HEARTBEAT_MS, this.#rotateAt));
  }

  readonly #wake = (): void => this.#serve();

  /** Gives the reader what it asked for, if there is anything; otherwise whatever happens next calls this again. */
  #serve(): void {
    if (!this.#isAsked || this.#isChecking || this.#isEnded) return;
    try {
      if (!this.#isOpened) {
        this.#isOpened = true;
        return this.#give(OPENING);
      }
      if (this.#bye !== null) return this.#sayBye(this.#bye);
      if (this.#isBeatDue) return void this.#beat();
      const bytes = (this.#source ??= this.#options.source(this.#wake)).take();
      if (bytes === "end") this.#sayBye(this.#options.atEnd);
      else if (bytes !== null) this.#give(bytes);
    } catch (error) {
      this.#break(error);
    }
  }

  /** `pull` may be called again before this returns. */
  #give(bytes: Uint8Array): void {
    this.#isAsked = false;
    this.#controller?.enqueue(bytes);
  }

  async #beat(): Promise<void> {
    this.#isBeatDue = false;
    this.#isChecking = true;
    this.#wind(this.#deps.clock.now());
    try {
      const isAllowed = await this.#options.allowed();
      this.#isChecking = false;
      if (this.#isEnded) return;
      if (isAllowed) this.#give(this.#options.events === false ? COMMENT : HEARTBEAT);
      else this.#sayBye("auth");
    } catch (error) {
      this.#break(error);
    }
  }

  #sayBye(bye: Bye | null): void {
    this.#end();
    if (bye !== null) {
      this.#controller?.enqueue(
        this.#options.events === false ? COMMENT : sseEvent("bye", JSON.stringify({ reason: bye })),
      );
    }
    this.#controller?.close();
  }

  #break(error: unknown): void {
    if (this.#isEnded) return;
    this.#end();
    this.#deps.logger.log("warn", "stream_broke", { cause: causes(error) });
    this.#controller?.error(error);
  }

  /** Lets go of everything. */
  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#alarms.clear(this);
    this.#source?.[Symbol.dispose]();
    this.#source = null;
    this.#leave();
  }
}
