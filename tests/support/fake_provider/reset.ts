// A relay before a fake provider that can break its connections with a TCP reset, as a machine that lost them does.
import { connect, createServer, type Server, Socket } from "node:net";

/** False on Deno 2.5, which has no way to send a reset. */
export const CAN_RESET = "resetAndDestroy" in Socket.prototype;

export class ResettingRelay implements AsyncDisposable {
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  #port = 0;

  private constructor(target: string) {
    const { hostname, port } = new URL(target);
    this.#server = createServer((client) => {
      const upstream = connect(Number(port), hostname);
      this.#clients.add(client);
      client.on("close", () => {
        this.#clients.delete(client);
        upstream.destroy();
      });
      // Each side's errors come with a close, which the other side then sees.
      client.on("error", () => {});
      upstream.on("error", () => client.destroy());
      client.pipe(upstream).pipe(client);
    });
  }

  /** Starts a relay to the server at `target`, such as `http://127.0.0.1:1234`. */
  static start(target: string): Promise<ResettingRelay> {
    const relay = new ResettingRelay(target);
    return new Promise((resolve, reject) => {
      relay.#server.on("error", reject);
      relay.#server.listen(0, "127.0.0.1", () => {
        const address = relay.#server.address();
        if (address === null || typeof address === "string") {
          return reject(new Error("The relay has no port"));
        }
        relay.#port = address.port;
        resolve(relay);
      });
    });
  }

  /** `at`, an address of the target, as an address of this relay. */
  through(at: string): string {
    const url = new URL(at);
    url.port = String(this.#port);
    return url.href.replace(/\/$/, "");
  }

  /** Resets every connection. What is still on its way to the client is lost with it. */
  reset(): void {
    for (const client of this.#clients) client.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
