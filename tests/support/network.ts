// A network between a browser and a server that can go down and come back: a TCP relay.

export class Network implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #server: { hostname: string; port: number };
  readonly #open = new Set<Deno.Conn>();
  readonly #accepting: Promise<void>;
  #up = true;

  /** Relays to the server at `url`. */
  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#server = { hostname, port: Number(port) };
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#accepting = this.#accept();
  }

  /** The server's address by way of this network. */
  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Cuts every connection, and each new one as soon as it is made. */
  down(): void {
    this.#up = false;
    for (const conn of this.#open) this.#close(conn);
  }

  up(): void {
    this.#up = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.down();
    this.#listener.close();
    await this.#accepting;
  }

  async #accept(): Promise<void> {
    const relays: Promise<void>[] = [];
    for await (const conn of this.#listener) {
      this.#open.add(conn);
      if (this.#up) relays.push(this.#relay(conn));
      else this.#close(conn);
    }
    await Promise.all(relays);
  }

  async #relay(near: Deno.TcpConn): Promise<void> {
    const far = await Deno.connect(this.#server);
    this.#open.add(far);
    // Either direction's end is the end of both; a cut shows as an error on one of them.
    await Promise.allSettled(
      [near.readable.pipeTo(far.writable), far.readable.pipeTo(near.writable)].map((pipe) =>
        pipe.finally(() => {
          this.#close(near);
          this.#close(far);
        })
      ),
    );
  }

  #close(conn: Deno.Conn): void {
    if (!this.#open.delete(conn)) return;
    try {
      conn.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error; // its stream has closed it already
    }
  }
}
