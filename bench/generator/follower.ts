// One reader of one stream: checks every byte of the answer, and times each token by one look at the clock per read.
//   G4  A follower is done when it has had the answer's end and exactly what the provider sent. All else throws.
import type { Answer } from "./answer.ts";
import type { Listener, NewDialect } from "./dialects.ts";
import { type Address, Chunked, headEnd, parseHead, statusOf, writeAll } from "./http.ts";
import { TOKEN_CHARS } from "./script.ts";

/** A read takes what has come meanwhile, and no more than this. */
const READ_BYTES = 16 * 1024;
/** An answer's longest event is its terminal message, which repeats its text. */
const EVENT_CHARS_MAX = 1024 * 1024;

/** A stream to be followed. */
export interface Stream {
  address: Address;
  request: Uint8Array;
  dialect: NewDialect;
}

/** Where latencies go: those of tokens that left within the measured window. */
export interface Arrivals {
  arrived(sentMs: number, nowMs: number): void;
}

/** The server did not give the stream. */
export class StreamRefused extends Error {
  constructor(readonly status: number, body: string) {
    super(`a follower was refused: ${status} ${/"code":"(\w+)"/.exec(body)?.[1] ?? ""}`.trim());
  }
}

export class Follower implements Listener, Disposable {
  /** Resolves when the response has begun. */
  readonly opened: Promise<void>;
  /** Resolves as G4 says. */
  readonly done: Promise<void>;
  readonly answer: Answer;
  readonly #arrivals: Arrivals;
  #open!: () => void;
  #conn: Deno.Conn | null = null;
  #chars = 0;
  #nowMs = 0;
  #ended = false;
  #left = false;

  constructor(stream: Stream, answer: Answer, arrivals: Arrivals) {
    this.answer = answer;
    this.#arrivals = arrivals;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.opened = promise;
    this.#open = resolve;
    this.done = this.#run(stream);
    this.done.catch(reject);
    this.opened.catch(() => {}); // `done` tells as well, and is always awaited
  }

  /** Tokens that have arrived whole. */
  get tokens(): number {
    return Math.floor(this.#chars / TOKEN_CHARS);
  }

  text(text: string): void {
    if (!this.answer.script.has(text, this.#chars)) {
      throw new Error(
        `Answer ${this.answer.index} differs from what was sent at character ${this.#chars}: "${
          text.slice(0, 80)
        }"`,
      );
    }
    const from = this.tokens;
    this.#chars += text.length;
    const to = this.tokens;
    if (to > this.answer.sent) throw new Error(`Token ${to - 1} arrived before it was sent`);
    const { sentMs } = this.answer;
    for (let token = from; token < to; token++) this.#arrivals.arrived(sentMs[token]!, this.#nowMs);
  }

  ended(whole?: string): void {
    const { index, sent, script } = this.answer;
    if (this.#chars !== sent * TOKEN_CHARS) {
      throw new Error(`Answer ${index} ended after ${this.#chars} of ${sent * TOKEN_CHARS} characters`);
    }
    if (whole !== undefined && whole !== script.text(sent)) {
      throw new Error(`The end of answer ${index} repeats another text`);
    }
    this.#ended = true;
  }

  /** Leaves before the end; `done` then never rejects. */
  [Symbol.dispose](): void {
    this.#left = true;
    this.#close();
  }

  async #run({ address, request, dialect }: Stream): Promise<void> {
    try {
      const conn = this.#conn = await Deno.connect(address);
      await writeAll(conn, request);
      await this.#read(conn, new Events(dialect(), this));
    } catch (error) {
      if (!this.#left) throw error;
    } finally {
      this.#close();
    }
  }

  async #read(conn: Deno.Conn, events: Events): Promise<void> {
    const bytes = new Uint8Array(READ_BYTES);
    let length = 0;
    let end = -1;
    while (end < 0) { // bounded by the head's longest
      const read = await conn.read(bytes.subarray(length));
      if (read === null) throw new Error("The server closed before it answered");
      length += read;
      end = headEnd(bytes, length);
    }
    const head = parseHead(bytes.subarray(0, end));
    if (statusOf(head) !== 200) {
      throw new StreamRefused(statusOf(head), new TextDecoder().decode(bytes.subarray(end, length)));
    }
    this.#open();
    const chunked = new Chunked();
    const take = (piece: Uint8Array) => events.push(piece);
    this.#nowMs = performance.now();
    chunked.push(bytes.subarray(end, length), take);
    while (!this.#ended) { // until the answer's end, or that of the connection
      const read = await conn.read(bytes);
      this.#nowMs = performance.now();
      if (read === null || chunked.done) throw new Error(`The stream stopped after ${this.tokens} tokens`);
      chunked.push(read === bytes.length ? bytes : bytes.subarray(0, read), take);
    }
  }

  #close(): void {
    try {
      this.#conn?.close();
    } catch {
      // Closed already.
    }
  }
}

/** Cuts a body into events. */
class Events {
  readonly #decoder = new TextDecoder();
  readonly #dialect: ReturnType<NewDialect>;
  readonly #listener: Listener;
  #rest = "";

  constructor(dialect: ReturnType<NewDialect>, listener: Listener) {
    this.#dialect = dialect;
    this.#listener = listener;
  }

  push(piece: Uint8Array): void {
    // Not as a stream, which costs several times as much: what the targets say here is ASCII, and a character that was
    // cut in two would be noticed as a difference.
    const text = this.#decoder.decode(piece);
    const stream = this.#rest === "" ? text : this.#rest + text;
    let from = 0;
    for (let to = stream.indexOf("\n\n"); to >= 0; to = stream.indexOf("\n\n", from)) {
      this.#dialect(stream, from, to, this.#listener);
      from = to + 2;
    }
    this.#rest = from === stream.length ? "" : stream.slice(from);
    if (this.#rest.length > EVENT_CHARS_MAX) throw new Error("An event without an end");
  }
}
