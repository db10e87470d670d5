// One request to the fake provider, and the hand that writes its answer.
import { type Api, errorBody, type FakeStop, type FakeUsage, type Format, FORMATS } from "./wire_formats.ts";
import type { Head, Socket } from "./socket.ts";
import type { Stored } from "./stored.ts";

/** An answer that the fake gives by itself. A number N stands for the tokens `1`, ` 2`, …, ` N`. */
export interface Auto {
  tokens: readonly string[] | number;
  /** Absent: as fast as the socket takes them. */
  tokensPerSecond?: number;
  /** Before the first token. */
  delayMs?: number;
  stop?: FakeStop;
  usage?: FakeUsage;
}

/** A token and when it was handed to the socket: `performance.now()`. */
export interface Sent {
  token: string;
  atMs: number;
}

const DEFAULT_USAGE: FakeUsage = { fresh: 10, output: 20 };

export class Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  /** The request's JSON, or its text when it is none. */
  readonly body: unknown;
  /** Null for a path that is none of the three. */
  readonly api: Api | null;
  /** The tokens sent so far, by `send` or by an automatic answer. */
  readonly sent: Sent[] = [];
  /** The response that outlives this connection, for a request with `background`. */
  readonly stored: Stored | null;
  readonly #socket: Socket;
  readonly #format: Format;
  #usage: FakeUsage = DEFAULT_USAGE;
  #open = false;

  constructor(head: Head, body: string, socket: Socket, store: () => Stored) {
    this.method = head.method;
    this.path = head.path;
    this.headers = head.headers;
    this.body = parsed(body);
    this.#socket = socket;
    this.api = apiOf(head.path);
    const background = this.method === "POST" && this.api === "responses" &&
      (this.body as { background?: unknown } | null)?.background === true;
    this.stored = background ? store() : null;
    this.#format = FORMATS[this.api ?? "chat"](this.stored?.id ?? "resp_fake");
  }

  /** When the socket was closed, by whichever side: `performance.now()`. */
  get closed(): Promise<number> {
    return this.#socket.closed;
  }

  /** True once the socket is closed. */
  get over(): boolean {
    return this.#socket.over;
  }

  /** True once there is nobody to write for. A stored response is written until it is cancelled. */
  get stopped(): boolean {
    return this.stored === null ? this.over : this.stored.isCancelled;
  }

  /** The name of the model that was asked for. */
  get model(): string {
    return String((this.body as { model?: unknown } | null)?.model ?? "");
  }

  /** Sends the headers and the opening events. Everything below does so by itself. */
  async start(): Promise<void> {
    if (this.#open) return;
    await this.headersOnly();
    await this.raw(this.#format.open(this.model, this.#usage));
  }

  /** Sends the headers of a body, and not one byte of it. */
  async headersOnly(contentType = "text/event-stream; charset=utf-8", status = 200): Promise<void> {
    this.#open = true;
    await this.#socket.write(
      `HTTP/1.1 ${status} Fake\r\ncontent-type: ${contentType}\r\nx-request-id: req_fake\r\nrequest-id: req_fake\r\n` +
        `transfer-encoding: chunked\r\nconnection: close\r\n\r\n`,
    );
  }

  /** Streams a token. */
  async send(token: string): Promise<void> {
    await this.start();
    this.sent.push({ token, atMs: performance.now() });
    await this.raw(this.#format.text(token));
  }

  async reason(text: string): Promise<void> {
    await this.start();
    await this.raw(this.#format.reasoning(text));
  }

  /** Streams what keeps a connection open and is no event: a ping, or a comment. */
  async ping(): Promise<void> {
    await this.start();
    await this.raw(this.#format.ping());
  }

  /** What the answer costs. Said where the format says it; so for Messages, call it before anything is sent. */
  usage(usage: FakeUsage): void {
    this.#usage = usage;
  }

  /** Streams the terminal event, and leaves the connection to the client. */
  async terminal(stop: FakeStop = "stop"): Promise<void> {
    await this.start();
    await this.raw(this.#format.end(stop, this.#usage));
    this.stored?.end();
  }

  /** Streams an error event, and leaves the connection to the client. */
  async failing(type = "overloaded_error", message = "Overloaded"): Promise<void> {
    await this.start();
    await this.raw(this.#format.error(type, message));
    this.stored?.end();
  }

  /** Streams the terminal event, and ends. */
  async end(stop?: FakeStop): Promise<void> {
    await this.terminal(stop);
    await this.eof();
  }

  /** Streams an error event, and ends. */
  async error(type?: string, message?: string): Promise<void> {
    await this.failing(type, message);
    await this.eof();
  }

  /** Ends the body cleanly. Without `end` before it, the terminal event is missing. */
  async eof(): Promise<void> {
    await this.start();
    await this.#socket.write("0\r\n\r\n");
    await this.#socket.finish();
  }

  /** Breaks off in mid-body: what was written arrives, then the socket closes too early. See also `reset.ts`. */
  async cut(): Promise<void> {
    await this.#socket.finish();
  }

  /** Streams text as it stands, which need not be an event. */
  async raw(text: string): Promise<void> {
    this.stored?.write(text);
    await this.bytes(new TextEncoder().encode(text));
  }

  /** Streams bytes as they stand, which need not be whole characters. */
  async bytes(bytes: Uint8Array): Promise<void> {
    if (!this.#open) await this.headersOnly();
    if (bytes.length > 0) await this.#socket.write(`${bytes.length.toString(16)}\r\n`, bytes, "\r\n");
  }

  /** Answers with something other than a stream. */
  async respond(status: number, headers: Record<string, string> = {}, body = ""): Promise<void> {
    const lines = Object.entries({ "content-type": "application/json", ...headers }).map(([k, v]) =>
      `${k}: ${v}\r\n`
    );
    const bytes = new TextEncoder().encode(body).length;
    await this.#socket.write(
      `HTTP/1.1 ${status} Fake\r\n${
        lines.join("")
      }content-length: ${bytes}\r\nconnection: close\r\n\r\n${body}`,
    );
    await this.#socket.finish();
  }

  /** Answers with an error in the vendor's own form. */
  async refuse(
    status: number,
    type: string,
    message: string,
    headers: Record<string, string> = {},
  ): Promise<void> {
    await this.respond(status, headers, errorBody(this.api ?? "chat", type, message));
  }

  /** Gives a whole answer, paced against its start so that it does not drift. Ends early when nobody is left to write for. */
  async play({ tokens, tokensPerSecond, delayMs = 0, stop, usage }: Auto): Promise<void> {
    const count = typeof tokens === "number" ? tokens : tokens.length;
    this.usage(usage ?? { fresh: 10, output: count });
    await this.start();
    const startMs = performance.now() + delayMs;
    for (let i = 0; i < count && !this.stopped; i++) {
      const waitMs = startMs + (tokensPerSecond === undefined ? 0 : (i * 1000) / tokensPerSecond) -
        performance.now();
      if (waitMs > 0) await this.#wait(waitMs);
      await this.send(typeof tokens === "number" ? (i === 0 ? "1" : ` ${i + 1}`) : tokens[i]!);
    }
    await this.end(stop);
  }

  async #wait(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const paused = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
    await Promise.race([paused, this.stored?.cancelled ?? this.closed]);
    clearTimeout(timer);
  }
}

function apiOf(path: string): Api | null {
  const { pathname } = new URL(path, "http://fake");
  if (/\/responses(\/[^/]+(\/cancel)?)?$/.test(pathname)) return "responses";
  if (pathname.endsWith("/messages")) return "messages";
  return pathname.endsWith("/chat/completions") ? "chat" : null;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body; // not JSON: the test sees what was sent
  }
}
