// A provider on this machine that speaks all three wire formats and does what it is told, well or badly.
//
//     await using fake = startFakeProvider();
//     const provider = openai({ baseURL: fake.baseURL("responses"), … });
//     const call = await fake.next();       // the request has arrived
//     await call.send("Hello");             // a token
//     await call.end();                     // or error(), cut(), eof(); or nothing, which is a stall
//     await call.closed;                    // the client closed its socket
//
// A request for a background response makes a stored one, `call.stored`, which goes on when the connection is gone:
// requests to read or cancel it are answered by themselves. `next` and `exchanges` have them like all others.
//
// `startFakeProvider({ auto: { tokens: 100, tokensPerSecond: 50 } })` answers every request by itself.
import { type Auto, Exchange } from "./exchange.ts";
import { Socket } from "./socket.ts";
import { Stored } from "./stored.ts";
import type { Api } from "./wire_formats.ts";

export { type Auto, Exchange, type Sent } from "./exchange.ts";
export type { Api, FakeStop, FakeUsage } from "./wire_formats.ts";

/** How long `next` waits. A request that a test expects comes within milliseconds, or not at all. */
const NEXT_MS_MAX = 10_000;

export interface FakeProviderOptions {
  /** Answers each request by itself. Absent: the test takes requests with `next`, and answers them. */
  auto?: Auto | ((exchange: Exchange) => Promise<void>);
  /** The ids at `/v1/models`; null hands such requests to `auto` or `next` as well. */
  models?: readonly string[] | null;
}

export class FakeProvider implements AsyncDisposable {
  /** How to answer from now on; may be changed at any time. */
  auto: FakeProviderOptions["auto"];
  /** Every request so far, in order of arrival, those for the list of models aside. */
  readonly exchanges: Exchange[] = [];
  readonly #options: FakeProviderOptions;
  readonly #stored = new Map<string, Stored>();
  readonly #listener: Deno.TcpListener;
  readonly #sockets = new Set<Socket>();
  readonly #serving = new Set<Promise<void>>();
  readonly #accepting: Promise<void>;
  #taken = 0;
  #arrived = Promise.withResolvers<void>();

  constructor(options: FakeProviderOptions) {
    this.#options = options;
    this.auto = options.auto;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#accepting = this.#accept();
  }

  /** `http://127.0.0.1:port`. */
  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  /** What to give to the adapter of an API. Anthropic's SDK adds the `/v1` itself. */
  baseURL(api: Api): string {
    return api === "messages" ? this.url : `${this.url}/v1`;
  }

  /** The next request that nobody has taken yet, as soon as it is there. */
  async next(): Promise<Exchange> {
    const untilMs = performance.now() + NEXT_MS_MAX;
    for (;;) {
      const exchange = this.exchanges[this.#taken];
      if (exchange !== undefined) {
        this.#taken++;
        return exchange;
      }
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<void>((resolve) => timer = setTimeout(resolve, untilMs - performance.now()));
      await Promise.race([this.#arrived.promise, late]);
      clearTimeout(timer);
      if (performance.now() >= untilMs) throw new Error(`No request came within ${NEXT_MS_MAX} ms`);
    }
  }

  /** Forgets every stored response, as the vendor does after its time. */
  forget(): void {
    this.#stored.clear();
  }

  /** Stops listening and closes every socket. Fails with what went wrong in here, if anything did. */
  async close(): Promise<void> {
    try {
      this.#listener.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error; // closed before
    }
    for (const socket of this.#sockets) socket.close();
    await this.#accepting;
    const served = await Promise.allSettled(this.#serving);
    const failed = served.find((one) => one.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #accept(): Promise<void> {
    for await (const conn of this.#listener) {
      conn.setNoDelay(); // a token is on its way when it was written
      const socket = new Socket(conn);
      this.#sockets.add(socket);
      const serving = this.#serve(socket);
      this.#serving.add(serving);
      // Failures stay, for `close` to tell; the rest need not be remembered.
      serving.then(() => this.#serving.delete(serving), () => socket.close());
      socket.closed.then(() => this.#sockets.delete(socket));
    }
  }

  async #serve(socket: Socket): Promise<void> {
    const request = await socket.read();
    if (request === null) return socket.close();
    const exchange = new Exchange(request.head, request.body, socket, () => this.#store());
    const { models = ["fake-small", "fake-large"] } = this.#options;
    if (models !== null && exchange.method === "GET" && exchange.path.endsWith("/models")) {
      const list = {
        object: "list",
        data: models.map((id) => ({ id, object: "model", created: 1, owned_by: "fake" })),
      };
      return await exchange.respond(200, {}, JSON.stringify(list));
    }
    this.exchanges.push(exchange);
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
    const named = /\/responses\/([^/?]+)(\/cancel)?(\?.*)?$/.exec(exchange.path);
    if (named !== null) return await this.#answerStored(exchange, named[1]!, named[2] !== undefined);
    if (this.auto === undefined) return;
    await (typeof this.auto === "function" ? this.auto(exchange) : exchange.play(this.auto));
  }

  #store(): Stored {
    const stored = new Stored(`resp_fake_${this.#stored.size + 1}`);
    this.#stored.set(stored.id, stored);
    return stored;
  }

  /** Streams a stored response from where the client left off, or stops it. */
  async #answerStored(exchange: Exchange, id: string, isCancel: boolean): Promise<void> {
    const stored = this.#stored.get(id);
    if (stored === undefined) {
      return await exchange.refuse(404, "invalid_request_error", `Response with id '${id}' not found.`);
    }
    if (isCancel) {
      stored.cancel();
      return await exchange.respond(200, {}, JSON.stringify({ id, object: "response", status: "cancelled" }));
    }
    const after = Number(new URL(exchange.path, "http://fake").searchParams.get("starting_after") ?? "-1");
    await exchange.headersOnly();
    for await (const event of stored.follow(after, exchange.closed)) await exchange.raw(event);
    await exchange.eof();
  }
}

/** Starts a fake provider on a free port of this machine. */
export function startFakeProvider(options: FakeProviderOptions = {}): FakeProvider {
  return new FakeProvider(options);
}
