// HTTP/1.1 by hand, over TCP: what the load generator needs of it and nothing more, because a request through
// `fetch` or `Deno.serve` costs the machine that is measured several times as much.

/** Longest head of a request or response here; ours have some hundred bytes. */
const HEAD_BYTES_MAX = 16 * 1024;
/** Largest request that the provider takes: a conversation of a hundred long messages. */
const BODY_BYTES_MAX = 8 * 1024 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Where a server listens. */
export interface Address {
  hostname: string;
  port: number;
}

export function addressOf(url: string): Address {
  const { hostname, port } = new URL(url);
  return { hostname, port: Number(port) };
}

/** A request's bytes. A body is JSON. */
export function request(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body?: unknown,
): Uint8Array<ArrayBuffer> {
  const json = body === undefined ? "" : JSON.stringify(body);
  const lines = Object.entries({
    host: "127.0.0.1",
    ...headers,
    ...(body === undefined
      ? {}
      : { "content-type": "application/json", "content-length": String(encoder.encode(json).length) }),
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return encoder.encode(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${json}`);
}

export async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(at === 0 ? bytes : bytes.subarray(at));
}

/** The head of a request or response: its first line and what its body's length depends on. */
export interface Head {
  line: string;
  headers: Map<string, string>;
}

/** Where the head ends in the first `length` bytes, behind its empty line; -1: not yet. */
export function headEnd(bytes: Uint8Array, length: number): number {
  for (let i = 3; i < length; i++) {
    if (bytes[i] === 10 && bytes[i - 1] === 13 && bytes[i - 2] === 10 && bytes[i - 3] === 13) return i + 1;
  }
  if (length > HEAD_BYTES_MAX) throw new Error(`A head of more than ${HEAD_BYTES_MAX} bytes`);
  return -1;
}

export function parseHead(bytes: Uint8Array): Head {
  const [line = "", ...rest] = decoder.decode(bytes).split("\r\n");
  const headers = new Map<string, string>();
  for (const one of rest) {
    const colon = one.indexOf(":");
    if (colon > 0) headers.set(one.slice(0, colon).toLowerCase(), one.slice(colon + 1).trim());
  }
  return { line, headers };
}

export function statusOf({ line }: Head): number {
  return Number(line.split(" ", 2)[1]);
}

/** A body without its chunks' frames, whatever the pieces it arrives in. */
export class Chunked {
  /** Bytes of the current chunk that are still to come. */
  #left = 0;
  /** What is read next: digits of a size, the rest of its line, the chunk, its end, or the empty line at the end. */
  #at: "size" | "line" | "data" | "end" | "last" = "size";
  #size = 0;
  done = false;

  /** Hands each piece of the body within `bytes` to `sink`; returns how many bytes it has used. */
  push(bytes: Uint8Array, sink: (piece: Uint8Array) => void): number {
    let i = 0;
    while (i < bytes.length && !this.done) {
      if (this.#at === "data") {
        const piece = bytes.subarray(i, i + this.#left);
        i += piece.length;
        this.#left -= piece.length;
        if (this.#left === 0) this.#at = "end";
        sink(piece);
        continue;
      }
      const byte = bytes[i++]!;
      if (this.#at === "size") {
        const digit = hexDigit(byte);
        if (digit >= 0) this.#size = this.#size * 16 + digit;
        else if (byte === 10) this.#sized();
        else this.#at = "line";
      } else if (byte === 10) {
        if (this.#at === "line") this.#sized();
        else if (this.#at === "end") this.#at = "size";
        else this.done = true;
      }
    }
    return i;
  }

  #sized(): void {
    this.#left = this.#size;
    this.#at = this.#size === 0 ? "last" : "data";
    this.#size = 0;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

export interface Received {
  status: number;
  headers: Map<string, string>;
  body: Uint8Array;
  /** When the first byte of the body, or of the whole of a response without one, was there. */
  firstByteMs: number;
}

/** Messages over one connection, one after another. */
export class Wire implements Disposable {
  readonly #conn: Deno.Conn;
  #bytes = new Uint8Array(4 * 1024);
  #length = 0;

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  static async connect(address: Address): Promise<Wire> {
    return new Wire(await Deno.connect(address));
  }

  /** The next request with its body; null when the other side has closed. */
  async nextRequest(): Promise<{ head: Head; body: string } | null> {
    const head = await this.#head();
    if (head === null) return null;
    if (head.headers.has("transfer-encoding")) throw new Error("This server wants a content-length");
    return { head, body: decoder.decode(await this.#take(Number(head.headers.get("content-length") ?? 0))) };
  }

  /** Sends a request and reads the whole of its response. */
  async exchange(bytes: Uint8Array): Promise<Received> {
    await writeAll(this.#conn, bytes);
    const head = await this.#head();
    if (head === null) throw new Error("The server closed instead of answering");
    if (this.#length === 0 && head.headers.get("content-length") !== "0") await this.#more();
    const firstByteMs = performance.now();
    const body = head.headers.get("transfer-encoding") === "chunked"
      ? await this.#chunkedBody()
      : await this.#take(Number(head.headers.get("content-length") ?? 0));
    return { status: statusOf(head), headers: head.headers, body, firstByteMs };
  }

  [Symbol.dispose](): void {
    try {
      this.#conn.close();
    } catch {
      // Closed already, by us or because the other side has: either is what is wanted.
    }
  }

  async #head(): Promise<Head | null> {
    for (;;) { // bounded by HEAD_BYTES_MAX
      const end = headEnd(this.#bytes, this.#length);
      if (end >= 0) return parseHead(this.#shift(end));
      if (!await this.#more()) return null;
    }
  }

  async #take(bytes: number): Promise<Uint8Array> {
    if (!(bytes <= BODY_BYTES_MAX)) throw new Error(`A body of ${bytes} bytes`);
    while (this.#length < bytes) {
      if (!await this.#more()) throw new Error("The other side closed within a body");
    }
    return this.#shift(bytes);
  }

  async #chunkedBody(): Promise<Uint8Array> {
    const chunked = new Chunked();
    const pieces: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      // Copied: the buffer is read into again.
      const used = chunked.push(this.#bytes.slice(0, this.#length), (piece) => {
        pieces.push(piece);
        size += piece.length;
      });
      this.#shift(used);
      if (size > BODY_BYTES_MAX) throw new Error(`A body of more than ${BODY_BYTES_MAX} bytes`);
      if (chunked.done) return concat(pieces, size);
      if (!await this.#more()) throw new Error("The other side closed within a body");
    }
  }

  /** Reads once; false when the other side has closed. */
  async #more(): Promise<boolean> {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    const read = await this.#conn.read(this.#bytes.subarray(this.#length));
    if (read === null) return false;
    this.#length += read;
    return true;
  }

  /** Takes the first `bytes` out of the buffer. */
  #shift(bytes: number): Uint8Array {
    const taken = this.#bytes.slice(0, bytes);
    this.#bytes.copyWithin(0, bytes, this.#length);
    this.#length -= bytes;
    return taken;
  }
}

function concat(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
