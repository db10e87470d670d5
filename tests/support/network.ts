// A network between a browser and a server, with the faults that real ones have: a TCP relay.
//   N1  Nothing is lost or reordered on a link that lives; a fault ends the link, or holds it back.
import type { Buffer } from "node:buffer";
import { connect, createServer, type Server, Socket } from "node:net";

/** False on Deno 2.5, which has no way to send a reset; a connection is closed there instead. */
const CAN_RESET = "resetAndDestroy" in Socket.prototype;

/** A page's own pauses are a few seconds; longer means that it has given up. */
const EVENT_MS_MAX = 20_000;

/** A connection of the browser's, and its other half to the server. */
interface Link {
  near: Socket;
  far: Socket;
  /** The answer that is under way on it is to be lost. */
  doomed: boolean;
}

export class Network implements AsyncDisposable {
  readonly #server: Server;
  readonly #target: { host: string; port: number };
  readonly #links = new Set<Link>();
  #isDown = false;
  /** Resolves when a black hole ends; null where there is none. */
  #hole: PromiseWithResolvers<void> | null = null;
  #delayMs = 0;
  #doom: { request: string; lost: () => void } | null = null;
  /** At most one piece for each direction of each link. */
  readonly #carrying = new Set<Promise<void>>();
  #opened = 0;
  #port = 0;

  private constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#target = { host: hostname, port: Number(port) };
    this.#server = createServer((near) => this.#relay(near));
  }

  /** Relays to the server at `url`. */
  static async to(url: string): Promise<Network> {
    const network = new Network(url);
    await new Promise<void>((resolve, reject) => {
      network.#server.once("error", reject);
      network.#server.listen(0, "127.0.0.1", resolve);
    });
    const address = network.#server.address();
    if (address === null || typeof address === "string") throw new Error("The network has no port");
    network.#port = address.port;
    return network;
  }

  /** The server's address by way of this network. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Connections that were made so far. */
  get opened(): number {
    return this.#opened;
  }

  /** Resolves with the next connection that is made. */
  connected(): Promise<void> {
    return soon("The page did not connect anew", (made) => this.#server.once("connection", () => made()));
  }

  /** Cuts every connection, and each new one as soon as it is made. */
  down(): void {
    this.#isDown = true;
    for (const link of this.#links) this.#end(link, "close");
  }

  /** Every connection is broken by a TCP reset; new ones are fine. */
  reset(): void {
    for (const link of this.#links) this.#end(link, "reset");
  }

  /** Swallows everything and says nothing: connections stay open, new ones are accepted, no byte passes. */
  blackHole(): void {
    this.#hole ??= Promise.withResolvers();
  }

  /** Each piece takes this long, in each direction. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** The server hears the next request that contains `request`; its answer is lost with its connection. Once. */
  loseAnswerTo(request: string): Promise<void> {
    return soon(`There was no ${request}`, (lost) => this.#doom = { request, lost });
  }

  /** Ends every fault. What a black hole held back now passes, as TCP would send it again. */
  up(): void {
    this.#isDown = false;
    this.#delayMs = 0;
    this.#hole?.resolve();
    this.#hole = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.down();
    this.#hole?.resolve();
    await Promise.all(this.#carrying);
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #relay(near: Socket): void {
    this.#opened++;
    const link: Link = { near, far: connect(this.#target), doomed: false };
    this.#links.add(link);
    // An error is followed by a close, and either side's end is the end of both.
    for (const side of [link.near, link.far]) {
      side.setNoDelay(true);
      side.on("error", () => {});
      side.on("close", () => this.#end(link, "close"));
    }
    this.#carry(near, link.far, (piece) => {
      if (this.#doom !== null && piece.includes(this.#doom.request)) link.doomed = true;
      return true;
    });
    this.#carry(link.far, near, () => {
      if (!link.doomed) return true;
      this.#end(link, "reset");
      this.#doom?.lost();
      this.#doom = null;
      return false;
    });
    if (this.#isDown) this.#end(link, "close");
  }

  /** One piece at a time, so that what is held back stays in the kernel's buffers, which are bounded. */
  #carry(from: Socket, to: Socket, passes: (piece: Buffer) => boolean): void {
    const carry = async (piece: Buffer) => {
      from.pause();
      if (this.#delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.#delayMs));
      await this.#hole?.promise;
      if (passes(piece) && !to.destroyed) to.write(piece, () => from.resume());
    };
    from.on("data", (piece: Buffer) => {
      const carrying = carry(piece).finally(() => this.#carrying.delete(carrying));
      this.#carrying.add(carrying);
    });
    from.on("end", () => to.end());
  }

  #end(link: Link, how: "close" | "reset"): void {
    if (!this.#links.delete(link)) return;
    if (how === "reset" && CAN_RESET) link.near.resetAndDestroy();
    else link.near.destroy();
    link.far.destroy();
  }
}

/** Resolves when `begin`'s callback is called; fails with `why` when it is not. */
async function soon(why: string, begin: (done: () => void) => void): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${why} within ${EVENT_MS_MAX} ms`)), EVENT_MS_MAX);
  });
  await Promise.race([new Promise<void>(begin), late]).finally(() => clearTimeout(timer));
}
