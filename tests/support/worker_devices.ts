// Devices of one person, each on a connection of its own, with the worker of a process that it reaches: whoever accepts
// a connection keeps it, and the log says who that was.
import type { Api } from "./api.ts";
import type { AppServer } from "./server.ts";

/** Idle workers accept in no order. So many connections that all miss one of two workers are no bad luck. */
const CONNECTIONS_MAX = 200;

/** Two workers, and a log with a line for every request. */
export const PARALLEL = { PARALLEL: "1", DENO_JOBS: "2", LOG_LEVEL: "debug" };

export class Device implements Disposable {
  readonly #client: Deno.HttpClient;

  private constructor(readonly api: Api, readonly worker: string, client: Deno.HttpClient) {
    this.#client = client;
  }

  /**
   * A device whose next request reaches a worker that `wanted` accepts. Later ones may not: now and then a response asks
   * its client to come again, and whoever leaves a stream hangs up.
   */
  static async at(server: AppServer, api: Api, wanted: (worker: string) => boolean): Promise<Device> {
    for (let i = 0; i < CONNECTIONS_MAX; i++) {
      const client = Deno.createHttpClient({ poolMaxIdlePerHost: 1 });
      const own = api.at(server.url).over(client);
      const { worker, stays } = await reached(server, own);
      if (stays && wanted(worker)) return new Device(own, worker, client);
      client.close();
    }
    throw new Error(`None of ${CONNECTIONS_MAX} connections reached the worker that was wanted`);
  }

  /** One device at each of two workers. */
  static async atBoth(server: AppServer, api: Api): Promise<[Device, Device]> {
    const one = await Device.at(server, api, () => true);
    return [one, await Device.at(server, api, (worker) => worker !== one.worker)];
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** The worker that a request of `api` reaches, and whether the next one will. */
async function reached(server: AppServer, api: Api): Promise<{ worker: string; stays: boolean }> {
  const response = await api.request("GET", "/healthz");
  await response.text(); // a body that is not read to its end would cost the connection
  const id = response.headers.get("x-request-id");
  const { worker } = await server.event((line) => line.event === "request" && line.requestId === id);
  return { worker: String(worker), stays: response.headers.get("connection") !== "close" };
}
