// The HTTP exchange beneath an SDK call: the `fetch` that it is given, and the bytes of what comes back.
//   W1  Only what the call needs is sent. SDKs add headers from the environment, which `lib/config.ts` alone may read.
//   W2  No redirect is followed: a 307 would post the whole conversation to another origin.
//   W3  A connection that fails, a body that breaks and an answer that is no stream each end in an error of their own.
//   W4  No body is read without a limit.
import { AppError } from "../core/errors.ts";
import { cutOff, unreachable } from "./failure.ts";
import type { Pace } from "./provider.ts";
import { hostOf, type Vendor } from "./vendor.ts";

/** One call's share in the exchange. The SDKs hand it through to `fetch`, which they keep for many calls. */
export interface Wire {
  /** Called for each piece of the body, pings and comments too. */
  touch(): void;
  /** Asked before more of the answer is handed on. */
  pace?: Pace;
  /** What failed. Kept here, because an SDK turns what `fetch` throws into an error of its own. */
  failure?: AppError;
  /** The answer is no stream, and only its status matters: its body is not read. */
  unread?: boolean;
}

/** A million deltas of 60 bytes. An answer of 128k tokens with its events around it takes some 30 MB. */
const STREAM_BYTES_MAX = 64 * 1024 * 1024;
/** A line is collected before it is parsed. The longest, `response.completed`, repeats the answer. */
const LINE_BYTES_MAX = 8 * 1024 * 1024;
/** A provider's JSON error takes less than 2 KB; the rest of a longer body is a page. */
const ERROR_BYTES_MAX = 64 * 1024;

/** Read at once. The platform's own readers take, and clear, 64 KiB for each token. */
const PIECE_BYTES = 16 * 1024;

const HEADERS = ["accept", "anthropic-version", "authorization", "content-type", "x-api-key"];
/** Only what certainly is no stream: some servers send events under a type of their own, or none. */
const NOT_A_STREAM = /^\s*(text\/html|application\/([\w.+-]+\+)?json)\b/i;

const WIRE = Symbol("wire");
type WiredInit = RequestInit & { [WIRE]?: Wire };

/** Options that lead an SDK's request through a wire. */
export type Through = Pick<WiredInit, "redirect" | typeof WIRE>;

export function through(wire: Wire): Through {
  return { redirect: "error", [WIRE]: wire };
}

/** The `fetch` to give to the SDK of `vendor`. */
export function wireFetch(vendor: Vendor, fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init?: WiredInit) => {
    const wire = init?.[WIRE];
    if (wire === undefined) throw new TypeError(`A request to ${hostOf(vendor)} has no wire`);
    const fail = (failure: AppError) => wire.failure = failure;
    let response: Response;
    try {
      response = await fetch(input, { ...init, headers: needed(init?.headers) });
    } catch (cause) {
      throw fail(unreachable(vendor, cause));
    }
    if (!response.ok) return await shortened(response);
    if (wire.unread) {
      await response.body?.cancel();
      return new Response(null, response);
    }
    const type = response.headers.get("content-type") ?? "";
    if (response.body === null || NOT_A_STREAM.test(type)) {
      await response.body?.cancel();
      const what = response.body === null ? "nothing" : /html/i.test(type) ? "a web page" : "plain JSON";
      throw fail(
        new AppError(
          "provider_protocol",
          `${vendor.label} sent ${what} where a stream was due. Check ${vendor.urlVariable}.`,
        ),
      );
    }
    return response;
  };
}

function needed(headers: HeadersInit | undefined): Headers {
  const kept = new Headers();
  for (const [name, value] of new Headers(headers)) if (HEADERS.includes(name)) kept.set(name, value);
  return kept;
}

/** The bytes of a body, pulled by their reader, counted and timed. */
export class Pieces {
  readonly #vendor: Vendor;
  readonly #wire: Wire;
  readonly #reader: PieceReader;
  #streamBytes = 0;
  #lineBytes = 0;
  #ended = false;

  constructor(body: ReadableStream<Uint8Array>, vendor: Vendor, wire: Wire) {
    this.#vendor = vendor;
    this.#wire = wire;
    this.#reader = readerOf(body);
  }

  /** What comes next, or null at the end. It is gone when the next is asked for: one buffer serves all. @throws AppError */
  async next(): Promise<Uint8Array | null> {
    let step: ReadableStreamReadResult<Uint8Array>;
    try {
      step = await this.#reader.read();
    } catch (cause) {
      this.#ended = true;
      throw cutOff(this.#vendor, cause);
    }
    if (step.done) {
      this.#ended = true;
      return null;
    }
    const { value } = step;
    this.#wire.touch();
    const newline = value.lastIndexOf(10);
    this.#lineBytes = newline < 0 ? this.#lineBytes + value.length : value.length - newline - 1;
    this.#streamBytes += value.length;
    if (this.#lineBytes > LINE_BYTES_MAX || this.#streamBytes > STREAM_BYTES_MAX) {
      throw new AppError(
        "answer_too_long",
        `${this.#vendor.label} sent more than an answer can hold. Ask for something shorter.`,
      );
    }
    return value;
  }

  /** Closes the connection, unless it is at its end. */
  close(): void {
    // Not awaited: a connection that never closes would hold the end back. Nobody is left to be told that it broke.
    if (!this.#ended) this.#reader.cancel().catch(() => {});
    this.#ended = true;
  }
}

/** A reader that chooses where its bytes go. */
interface PieceReader {
  read(): Promise<ReadableStreamReadResult<Uint8Array>>;
  cancel(): Promise<void>;
}

/** A reader with one buffer for all pieces; of a stream that only hands out its own, that one's. */
function readerOf(body: ReadableStream<Uint8Array>): PieceReader {
  let reader: ReadableStreamBYOBReader;
  try {
    reader = body.getReader({ mode: "byob" });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return body.getReader(); // from a `fetch` that is not the platform's
  }
  let buffer = new ArrayBuffer(PIECE_BYTES);
  return {
    async read() {
      const step = await reader.read(new Uint8Array(buffer));
      if (step.value !== undefined) buffer = step.value.buffer;
      return step as ReadableStreamReadResult<Uint8Array>;
    },
    cancel: () => reader.cancel(),
  };
}

/** An error response whose body is at most `ERROR_BYTES_MAX` long. */
async function shortened(response: Response): Promise<Response> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk.slice(0, ERROR_BYTES_MAX - bytes));
      bytes += chunk.length;
      if (bytes >= ERROR_BYTES_MAX) break;
    }
  } catch {
    // The status says what went wrong. A body that breaks off takes only the provider's own words with it.
  }
  const { status, statusText, headers } = response;
  return new Response(new Blob(chunks), { status, statusText, headers });
}
