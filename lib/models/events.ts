// The server-sent events of a provider's answer. The SDKs make the request and know the types; the stream is read here,
// piece by piece: they hand out one event at a time through half a dozen promises, which is most of what a token costs.
//   E1  What has come comes together, in order: the connection is read on while nobody takes, and who is behind catches
//       up at once.
//   E2  An error that comes as an event of the stream is thrown, with what the provider said of it.
import { createParser } from "eventsource-parser";
import { AppError } from "../core/errors.ts";
import type { Delta } from "./provider.ts";
import type { Vendor } from "./vendor.ts";
import { Pieces, type Wire } from "./wire.ts";

/** What ends a stream of Chat Completions, and is no JSON. */
const DONE = "[DONE]";

/** An error that a provider reports within a stream. Its members are those of the SDKs' errors. */
export class StreamError extends Error {
  override readonly name = "StreamError";
  readonly status = undefined;
  readonly code: unknown;
  readonly type: unknown;
  readonly requestID: string | null;

  constructor(readonly error: unknown, readonly headers: Headers) {
    super(typeof error === "string" ? error : JSON.stringify(error));
    const { code, type } = (typeof error === "object" && error !== null ? error : {}) as Record<
      string,
      unknown
    >;
    this.code = code;
    this.type = type;
    this.requestID = headers.get("x-request-id") ?? headers.get("request-id");
  }
}

/** Events read ahead of whoever takes them; then the connection holds the rest. */
const AHEAD_MAX = 1_000;

/** What was read and not taken yet, and how it ended. */
interface Ahead<E> {
  events: E[];
  end: { error: unknown } | null;
}

/**
 * The JSON of the events in `response`, up to its end or to `[DONE]`: each time, all that came since.
 * @throws AppError when the connection breaks or a limit is passed, SyntaxError for what is no JSON, StreamError (E2)
 */
export async function* eventsOf<E>(
  response: Response,
  vendor: Vendor,
  wire: Wire,
): AsyncGenerator<E[], void, undefined> {
  if (response.body === null) return;
  const ahead: Ahead<E> = { events: [], end: null };
  let wake = () => {};
  let taken = () => {};
  const pieces = new Pieces(response.body, vendor, wire);
  const reading = async () => {
    const decoder = new TextDecoder();
    const parser = parserInto(ahead, response.headers);
    try {
      while (ahead.end === null) { // bounded by the wire's limits and the deadlines
        const piece = await pieces.next();
        if (piece === null) break;
        parser.feed(decoder.decode(piece, { stream: true }));
        wake();
        if (ahead.events.length > AHEAD_MAX) await new Promise<void>((resolve) => (taken = resolve));
      }
      ahead.end ??= { error: null };
    } catch (error) {
      ahead.end ??= { error };
    }
    wake();
  };
  void reading();
  try {
    for (;;) { // ends when the reading does
      const { events, end } = ahead;
      if (events.length > 0) {
        ahead.events = [];
        taken();
        yield events;
        await wire.pace?.();
        continue;
      }
      if (end !== null && end.error === null) return;
      if (end !== null) {
        if (end.error instanceof AppError) wire.failure = end.error;
        throw end.error;
      }
      await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    pieces.close();
    taken();
  }
}

/** A parser that puts the JSON of each event into `ahead`, and the end where there is one. */
function parserInto<E>(ahead: Ahead<E>, headers: Headers) {
  return createParser({
    onEvent({ event, data }) {
      if (ahead.end !== null) return;
      if (data === DONE) return void (ahead.end = { error: null });
      try {
        const value: unknown = JSON.parse(data);
        const error = reportedError(event, value);
        if (error !== undefined) ahead.end = { error: new StreamError(error, headers) };
        else if (typeof value === "object" && value !== null) ahead.events.push(value as E); // else it says nothing
      } catch (error) {
        ahead.end = { error };
      }
    },
  });
}

/** What a provider reports in place of an answer: an `error` event, or a member `error` of any event. */
function reportedError(event: string | undefined, value: unknown): unknown {
  const own = typeof value === "object" && value !== null ? (value as { error?: unknown }).error : undefined;
  if (own !== undefined && own !== null && own !== false) return own;
  return event === "error" ? value : undefined;
}

/** The deltas of one piece: what the model said in a row is one, and of the checkpoints only the last counts. */
export class Heard {
  #deltas: Delta[] = [];
  #checkpoint: string | undefined;

  /** `text` as it came: a delta without it, or with null in its place, says nothing. */
  text(type: "text" | "reasoning", text: unknown): void {
    if (typeof text !== "string") return;
    const last = this.#deltas.at(-1);
    if (last?.type === type) last.text += text;
    else this.#deltas.push({ type, text });
  }

  add(delta: Extract<Delta, { type: "usage" | "end" }>): void {
    this.#deltas.push(delta);
  }

  checkpoint(checkpoint: string): void {
    this.#checkpoint = checkpoint;
  }

  /** All of them, once; the checkpoint covers what stands before it. */
  take(): Delta[] {
    const deltas = this.#deltas;
    if (this.#checkpoint !== undefined) deltas.push({ type: "checkpoint", checkpoint: this.#checkpoint });
    this.#deltas = [];
    this.#checkpoint = undefined;
    return deltas;
  }
}
