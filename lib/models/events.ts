// The server-sent events of a provider's answer. The SDKs make the request and know the types; the stream is read here,
// piece by piece: they hand out one event at a time through half a dozen promises, which is most of what a token costs.
//   E1  The events of one piece come together, in order, so that who is behind catches up at once.
//   E2  An error that comes as an event of the stream is thrown, with what the provider said of it.
import { createParser } from "eventsource-parser";
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

/**
 * The JSON of the events in `response`, up to its end or to `[DONE]`.
 * @throws AppError when the connection breaks or a limit is passed, SyntaxError for what is no JSON, StreamError (E2)
 */
export async function* eventsOf<E>(
  response: Response,
  vendor: Vendor,
  wire: Wire,
): AsyncGenerator<E[], void, undefined> {
  if (response.body === null) return;
  let events: E[] = [];
  let over: { error: Error } | { error: null } | null = null;
  const parser = createParser({
    onEvent({ event, data }) {
      if (over !== null) return;
      if (data === DONE) return void (over = { error: null });
      try {
        const value: unknown = JSON.parse(data);
        const error = reportedError(event, value);
        if (error !== undefined) over = { error: new StreamError(error, response.headers) };
        else events.push(value as E);
      } catch (error) {
        over = { error: error as SyntaxError };
      }
    },
  });
  const decoder = new TextDecoder();
  const pieces = new Pieces(response.body, vendor, wire);
  try {
    for (;;) { // bounded by the wire's limits and the deadlines
      const piece = await pieces.next();
      if (piece === null) return;
      parser.feed(decoder.decode(piece, { stream: true }));
      if (events.length > 0) {
        yield events;
        events = [];
      }
      const end = over as { error: Error | null } | null;
      if (end === null) continue;
      if (end.error !== null) throw end.error;
      return;
    }
  } finally {
    pieces.close();
  }
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

  text(type: "text" | "reasoning", text: string): void {
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
