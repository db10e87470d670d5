// The door of a worker. `deno serve` keeps the listener to itself, so nobody can close it: the door stands before the
// app, knows which requests are inside, and turns away those that come when it is shut.
//   D1  Who is inside is waited for, until the response is with the client or the client is gone.
//   D2  No connection stays where chance has put it: whoever accepts one has it for ever, and a burst of them all goes to
//       the worker that wakes first. One that comes again goes to a worker with nothing to do.

/**
 * One response in so many asks its client to come again on another connection. A handshake costs little beside so many
 * requests; sixteen connections that began at one worker were shared out within a second or two.
 */
const COME_AGAIN_EVERY = 32;

export class Door {
  readonly #serve: Deno.ServeHandler;
  readonly #refuse: () => Response;
  readonly #inside = new Set<Promise<void>>();
  #entered = 0;
  #shut = false;

  /** `refuse` answers who comes when the door is shut. */
  constructor(serve: Deno.ServeHandler, refuse: () => Response) {
    this.#serve = serve;
    this.#refuse = refuse;
  }

  readonly fetch: Deno.ServeHandler = async (request, info) => {
    if (this.#shut) return comeAgain(this.#refuse());
    // Rejects on some versions when the client leaves, which is as good an end as any (D1).
    const left: Promise<void> = info.completed.catch(() => {}).finally(() => this.#inside.delete(left));
    this.#inside.add(left);
    const isLast = ++this.#entered % COME_AGAIN_EVERY === 0;
    const response = await this.#serve(request, info);
    return isLast ? comeAgain(response) : response;
  };

  /** Shuts the door, and resolves when all who were inside have left. As `Deno.HttpServer`'s. */
  async shutdown(): Promise<void> {
    this.#shut = true;
    await Promise.all(this.#inside);
  }
}

/** The response, as the last one on its connection (D2). */
function comeAgain(response: Response): Response {
  const last = new Response(response.body, response);
  last.headers.set("connection", "close");
  return last;
}
