// Followers of streams in which nothing happens: connected, answered, and left alone.
import { each } from "../targets/each.ts";
import { type Address, headEnd, parseHead, statusOf, writeAll } from "./http.ts";

/** A head, and the first events of a conversation that has said nothing. */
const READ_BYTES = 4 * 1024;
const CONNECT_AT_ONCE = 64;

export interface Visit {
  address: Address;
  request: Uint8Array;
}

export class IdleCrowd implements Disposable {
  readonly #conns: Deno.Conn[] = [];
  /** Status → how often a stream was refused with it. */
  readonly refused = new Map<number, number>();

  get size(): number {
    return this.#conns.length;
  }

  /** Connects, until each has its head or its refusal. */
  async add(visits: readonly Visit[]): Promise<void> {
    await each(visits.length, CONNECT_AT_ONCE, async (i) => {
      const { address, request } = visits[i]!;
      const conn = await Deno.connect(address);
      await writeAll(conn, request);
      const status = await statusFrom(conn);
      if (status === 200) {
        this.#conns.push(conn);
        void idle(conn);
      } else {
        this.refused.set(status, (this.refused.get(status) ?? 0) + 1);
        conn.close();
      }
    });
  }

  [Symbol.dispose](): void {
    for (const conn of this.#conns.splice(0)) conn.close();
  }
}

async function statusFrom(conn: Deno.Conn): Promise<number> {
  const bytes = new Uint8Array(READ_BYTES);
  let length = 0;
  for (;;) { // bounded by the longest head
    const read = await conn.read(bytes.subarray(length));
    if (read === null) throw new Error("The server closed before it answered");
    length += read;
    const end = headEnd(bytes, length);
    if (end >= 0) return statusOf(parseHead(bytes.subarray(0, end)));
  }
}

/** Reads whatever comes, so that no heartbeat waits in a buffer. */
async function idle(conn: Deno.Conn): Promise<void> {
  const bytes = new Uint8Array(64);
  try {
    while (await conn.read(bytes) !== null);
  } catch {
    // Closed by us, or by the server: the crowd is counted when it is measured.
  }
}
