// One HTTP/1.1 exchange over a bare socket, which can do what a well-behaved server cannot: break off.

/** A prompt of a million tokens takes about 5 MB. */
const BODY_BYTES_MAX = 16 * 1024 * 1024;
const HEAD_BYTES_MAX = 64 * 1024;

export interface Head {
  method: string;
  path: string;
  headers: Headers;
}

const encoder = new TextEncoder();

export class Socket {
  #conn: Deno.Conn;
  #writing: Promise<void> = Promise.resolve();
  #over = false;
  #gone = Promise.withResolvers<number>();

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** When the socket was closed, by whichever side: `performance.now()`. */
  get closed(): Promise<number> {
    return this.#gone.promise;
  }

  get over(): boolean {
    return this.#over;
  }

  /** The request; null when the client closed before it was whole. */
  async read(): Promise<{ head: Head; body: string } | null> {
    let bytes = new Uint8Array(0);
    let end = -1;
    while (end < 0) {
      const more = await this.#readSome(16 * 1024);
      if (more === null) return null;
      bytes = joined(bytes, more);
      if (bytes.length > HEAD_BYTES_MAX) {
        throw new Error(`A request head longer than ${HEAD_BYTES_MAX} bytes`);
      }
      end = endOfHead(bytes);
    }
    const head = parseHead(new TextDecoder().decode(bytes.subarray(0, end)));
    const length = Number(head.headers.get("content-length") ?? "0");
    if (length > BODY_BYTES_MAX) throw new Error(`A request body longer than ${BODY_BYTES_MAX} bytes`);
    let body = bytes.slice(end + 4);
    while (body.length < length) {
      const more = await this.#readSome(Math.min(64 * 1024, length - body.length));
      if (more === null) return null;
      body = joined(body, more);
    }
    this.#watch();
    return { head, body: new TextDecoder().decode(body) };
  }

  /** Writes in the order of the calls. A client that is gone is not an error here: see `closed`. */
  write(...pieces: (string | Uint8Array)[]): Promise<void> {
    const bytes = pieces.map((piece) => typeof piece === "string" ? encoder.encode(piece) : piece)
      .reduce(joined);
    return this.#writing = this.#writing.then(async () => {
      if (this.#over) return;
      try {
        for (let rest = bytes; rest.length > 0;) {
          rest = rest.subarray(await this.#conn.write(rest));
        }
      } catch (error) {
        if (!isGone(error)) throw error;
        this.close();
      }
    });
  }

  /** Closes after what was written has left. */
  async finish(): Promise<void> {
    await this.#writing;
    this.close();
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#conn.close();
    this.#gone.resolve(performance.now());
  }

  async #readSome(bytesMax: number): Promise<Uint8Array | null> {
    const buffer = new Uint8Array(bytesMax);
    try {
      const read = await this.#conn.read(buffer);
      return read === null ? null : buffer.subarray(0, read);
    } catch (error) {
      if (isGone(error)) return null;
      throw error;
    }
  }

  /** Nothing more is expected from the client, so the next thing it does is to close. */
  async #watch(): Promise<void> {
    while (!this.#over && await this.#readSome(1024) !== null); // ends with the socket
    this.close();
  }
}

/** How a socket says that it is no more: closed by the client, broken, or closed by us while it was read. */
function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted ||
    error instanceof Deno.errors.ConnectionAborted || error instanceof Deno.errors.NotConnected;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function endOfHead(bytes: Uint8Array): number {
  for (let i = 3; i < bytes.length; i++) {
    if (bytes[i] === 10 && bytes[i - 1] === 13 && bytes[i - 2] === 10 && bytes[i - 3] === 13) return i - 3;
  }
  return -1;
}

function parseHead(text: string): Head {
  const [first = "", ...lines] = text.split("\r\n");
  const [method = "", path = ""] = first.split(" ");
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return { method, path, headers };
}
