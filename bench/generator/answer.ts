// One answer of the bench's provider: what it says, how fast, and when each token left.
import { httpChunk, Script, TOKENS_MAX } from "./script.ts";

const encoder = new TextEncoder();
const STREAM_HEAD = encoder.encode(
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n",
);
const NOTHING = new Uint8Array(0);
const LAST_CHUNK = encoder.encode("0\r\n\r\n");
/** Spreads what answers of one pace do over its interval, evenly for any number of them. */
const GOLDEN = 0.6180339887498949;

export interface Pace {
  tokens: number;
  /** Infinity: all at once. */
  perSecond: number;
  /** The first token at once, not at the answer's own phase of the interval. */
  prompt?: boolean;
  /** It does not end with its last token, but when it is told to. */
  held?: boolean;
}

export class Answer {
  readonly script: Script;
  /** When token i was handed to its socket, by `performance.now()`. */
  readonly sentMs: Float64Array;
  /** Resolves with the first token. */
  readonly begun: Promise<void>;
  /** Resolves when the last byte is written, or the other side has closed. */
  readonly over: Promise<void>;
  /** Requests for it. More than one is a provider asked twice. */
  requests = 0;

  readonly #stepMs: number;
  readonly #prompt: boolean;
  #held: boolean;
  #tokens: number;
  #begin!: () => void;
  #overNow!: () => void;
  #conn: Deno.Conn | null = null;
  #dueMs = 0;
  /** Tokens whose time has come; of those, tokens that are written. */
  #handed = 0;
  #written = 0;
  /** What is being written, without what is written of it. */
  #piece: Uint8Array = NOTHING;
  #writing = false;
  #opened = false;
  #ending = false;

  constructor(readonly index: number, { tokens, perSecond, prompt = false, held = false }: Pace) {
    if (tokens < 1 || tokens > TOKENS_MAX) throw new RangeError(`An answer has 1 to ${TOKENS_MAX} tokens`);
    this.script = new Script(index);
    this.sentMs = new Float64Array(tokens);
    this.#tokens = tokens;
    this.#stepMs = 1_000 / perSecond;
    this.#prompt = prompt;
    this.#held = held;
    this.begun = new Promise((resolve) => (this.#begin = resolve));
    this.over = new Promise((resolve) => (this.#overNow = resolve));
  }

  /** What to ask the provider for it. */
  get question(): string {
    return `bench ${this.index}.`;
  }

  /** Tokens that have left so far. */
  get sent(): number {
    return this.#handed;
  }

  /** The answer has no more tokens than it has sent, and ends. */
  end(): void {
    if (this.#conn === null) throw new Error(`Answer ${this.index} was never asked for`);
    this.#tokens = this.#handed;
    this.#held = false;
    this.#pump();
  }

  /** Begins to answer over `conn`. */
  begin(conn: Deno.Conn): void {
    this.requests++;
    if (this.requests > 1) throw new Error(`Answer ${this.index} was asked for twice`);
    this.#conn = conn;
    const phase = this.#prompt || this.#stepMs === 0 ? 0 : this.index * GOLDEN % 1;
    this.#dueMs = performance.now() + phase * this.#stepMs;
    this.#pump();
  }

  /** Sends what is due at `nowMs`; false when nothing will be any more. */
  advance(nowMs: number): boolean {
    if (this.#dueMs > nowMs) return this.#handed < this.#tokens;
    const from = this.#handed;
    while (this.#handed < this.#tokens && this.#dueMs <= nowMs) {
      this.#handed++;
      this.#dueMs += this.#stepMs;
    }
    // Noted when they are due, not when the socket has taken them: a server that does not read is not forgiven for it.
    this.sentMs.fill(performance.now(), from, this.#handed);
    if (from === 0 && this.#handed > 0) this.#begin();
    this.#pump();
    return this.#handed < this.#tokens;
  }

  /** The other side has closed its connection. */
  closed(): void {
    if (this.#conn === null) return;
    this.#conn = null;
    this.#tokens = this.#handed;
    this.#overNow();
  }

  /** Writes what is due and not written, one piece at a time: callbacks, because promises around them cost as much. */
  #pump(): void {
    if (this.#writing || this.#conn === null) return;
    if (this.#piece.length === 0) this.#piece = this.#nextPiece();
    if (this.#piece.length === 0) return;
    this.#writing = true;
    this.#conn.write(this.#piece).then(this.#wrote, this.#broke);
  }

  readonly #wrote = (bytes: number): void => {
    this.#writing = false;
    this.#piece = bytes === this.#piece.length ? NOTHING : this.#piece.subarray(bytes);
    if (this.#ending && this.#piece.length === 0) {
      this.#conn = null;
      this.#overNow();
    } else this.#pump();
  };

  /** A connection that breaks shows at the follower that misses the rest, too. */
  readonly #broke = (): void => this.closed();

  #nextPiece(): Uint8Array {
    if (!this.#opened) {
      this.#opened = true;
      return STREAM_HEAD;
    }
    const from = this.#written;
    if (from < this.#handed) {
      this.#written = this.#handed;
      return this.script.frames(from, this.#handed);
    }
    if (from < this.#tokens || this.#held || this.#ending) return NOTHING;
    this.#ending = true;
    return endFrames(this.#tokens);
  }
}

/** A text that is not counted token by token, such as a page's: sent as fast as it goes, four characters a token. */
export function spoken(text: string): Uint8Array[] {
  const pieces = text.match(/[^]{1,4}/gu) ?? [];
  const chunks = pieces.map((content) =>
    httpChunk(`data: ${
      JSON.stringify({
        id: "chatcmpl-bench",
        object: "chat.completion.chunk",
        model: "bench",
        choices: [{ index: 0, delta: { content }, finish_reason: null }],
      })
    }\n\n`)
  );
  return [STREAM_HEAD, ...chunks, endFrames(pieces.length)];
}

function endFrames(tokens: number): Uint8Array {
  const usage = { prompt_tokens: 10, completion_tokens: tokens, total_tokens: 10 + tokens };
  const head = { id: "chatcmpl-bench", object: "chat.completion.chunk", created: 1790000000, model: "bench" };
  const events = [
    JSON.stringify({ ...head, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }),
    JSON.stringify({ ...head, choices: [], usage }),
    "[DONE]",
  ];
  const chunks = events.map((event) => httpChunk(`data: ${event}\n\n`));
  return join([...chunks, LAST_CHUNK]);
}

export function join(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
