// A client that says to a socket what fetch() would not: lying lengths, bodies without end, half a request.

/** The server must have answered by then. */
const ANSWER_MS_MAX = 10_000;
/** A server that takes this much of a refused body has no limit. */
const SENT_BYTES_MAX = 64 * 1024 * 1024;

export interface RawAnswer {
  response: Response;
  /** What of the body the client could send before it was answered. */
  sentBytes: number;
}

/**
 * Sends `head` (request line and headers, without the blank line) and then `chunks`, for as long as the server has not
 * answered. Reads the answer's head, and its body as far as `content-length` has it.
 */
export async function rawRequest(
  url: string,
  head: readonly string[],
  chunks: Iterable<Uint8Array>,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  using conn = await Deno.connect({ hostname, port: Number(port) });
  let answered = false;
  const answer = read(conn).finally(() => answered = true);
  let sentBytes = 0;
  const sending = (async () => {
    try {
      await write(conn, new TextEncoder().encode(`${head.join("\r\n")}\r\n\r\n`));
      for (const chunk of chunks) {
        if (answered) return;
        await write(conn, chunk);
        sentBytes += chunk.length;
        if (sentBytes > SENT_BYTES_MAX) throw new Error("The server takes whatever it is sent");
      }
    } catch (error) {
      // It answered and closed while we were sending: just what a refusal looks like from here.
      if (!(error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset)) {
        throw error;
      }
    }
  })();
  const timer = setTimeout(() => conn.close(), ANSWER_MS_MAX);
  try {
    const [response] = await Promise.all([answer, sending]);
    return { response, sentBytes };
  } finally {
    clearTimeout(timer);
  }
}

/** The frames of a chunked body that repeats `text` without end. */
export function* endless(text: string): Generator<Uint8Array, never, undefined> {
  const bytes = new TextEncoder().encode(text);
  const frame = new TextEncoder().encode(`${bytes.length.toString(16)}\r\n${text}\r\n`);
  for (;;) yield frame; // as long as somebody takes it; the taker has a limit
}

async function write(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

async function read(conn: Deno.Conn): Promise<Response> {
  const buffer = new Uint8Array(16 * 1024);
  let text = "";
  for (;;) {
    const count = await conn.read(buffer);
    if (count !== null) text += new TextDecoder().decode(buffer.subarray(0, count));
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) {
      if (count === null) throw new Error(`The server closed without an answer: ${text}`);
      continue;
    }
    const [statusLine = "", ...lines] = text.slice(0, end).split("\r\n");
    const headers = new Headers(
      lines.map((
        line,
      ): [string, string] => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]),
    );
    const isChunked = headers.get("transfer-encoding") === "chunked";
    const body = isChunked ? unchunked(text.slice(end + 4)) : text.slice(end + 4);
    if (body === null) {
      if (count === null) throw new Error(`The server closed within its answer: ${text}`);
      continue;
    }
    if (body.length < Number(headers.get("content-length") ?? 0) && count !== null) continue;
    return new Response(body, { status: Number(statusLine.split(" ")[1]), headers });
  }
}

/** The body of ASCII chunks, or null when the last one is still to come. */
function unchunked(text: string): string | null {
  let body = "";
  for (let at = 0;;) {
    const lineEnd = text.indexOf("\r\n", at);
    if (lineEnd < 0) return null;
    const size = parseInt(text.slice(at, lineEnd), 16);
    if (size === 0) return body;
    const from = lineEnd + 2;
    if (text.length < from + size + 2) return null;
    body += text.slice(from, from + size);
    at = from + size + 2;
  }
}
