// A stream read only as far as one entry, by its bytes: the figure is the server's, not that of a client that parses.
import { Chunked, headEnd, parseHead, statusOf, writeAll } from "../generator/http.ts";
import type { Visit } from "../generator/crowd.ts";

/** A catch-up that takes longer is stuck. */
const CAUGHT_UP_MS_MAX = 30_000;
const READ_BYTES = 64 * 1024;

/** Milliseconds from connecting until the whole of entry `last`, or of a snapshot that stands for it, is there. */
export async function caughtUp(
  { address, request }: Visit,
  last: number,
): Promise<{ ms: number; text: string }> {
  const beganMs = performance.now();
  using conn = await Deno.connect(address);
  const timer = setTimeout(() => conn.close(), CAUGHT_UP_MS_MAX);
  try {
    await writeAll(conn, request);
    const bytes = new Uint8Array(READ_BYTES);
    const decoder = new TextDecoder();
    const mark = `id: ${last}\n`;
    const chunked = new Chunked();
    const texts: string[] = [];
    let length = 0;
    let head = -1;
    // The end of what has come, and as much before it as may hold the beginning of the mark.
    let tail = "";
    for (;;) { // bounded by the timer
      const read = await conn.read(bytes.subarray(head < 0 ? length : 0));
      if (read === null) throw new Error(`The stream ended before entry ${last}`);
      let fresh = bytes.subarray(0, read);
      if (head < 0) {
        length += read;
        head = headEnd(bytes, length);
        if (head < 0) continue;
        const status = statusOf(parseHead(bytes.subarray(0, head)));
        if (status !== 200) throw new Error(`Following was answered with ${status}`);
        fresh = bytes.subarray(head, length);
      }
      chunked.push(fresh, (piece) => {
        const text = decoder.decode(piece, { stream: true });
        texts.push(text);
        tail += text;
      });
      const at = tail.lastIndexOf(mark);
      if (at >= 0 && tail.indexOf("\n\n", at) >= 0) {
        return { ms: performance.now() - beganMs, text: texts.join("") };
      }
      if (at < 0) tail = tail.slice(-mark.length);
    }
  } finally {
    clearTimeout(timer);
  }
}
