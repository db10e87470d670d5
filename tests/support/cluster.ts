// Several processes of the app on one file, and one fake provider behind all of them.
import type { Api } from "./api.ts";
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from "./fake_provider/mod.ts";
import { join } from "./paths.ts";
import { AppServer } from "./server.ts";

/** The only model of a cluster. */
export const CLUSTER_MODEL = "compatible/fake-small";

export interface ClusterOptions {
  processes: number;
  /** How the provider answers; absent: by hand, through `fake.next()`. */
  auto?: FakeProviderOptions["auto"];
  env?: Record<string, string>;
}

export class Cluster implements AsyncDisposable {
  readonly fake: FakeProvider;
  readonly servers: readonly AppServer[];
  readonly #folder: string;

  private constructor(fake: FakeProvider, servers: readonly AppServer[], folder: string) {
    this.fake = fake;
    this.servers = servers;
    this.#folder = folder;
  }

  static async start({ processes, auto, env }: ClusterOptions): Promise<Cluster> {
    const folder = await Deno.makeTempDir({ prefix: "throughline-cluster-" });
    const fake = startFakeProvider({ auto });
    const started = await Promise.allSettled(Array.from({ length: processes }, () =>
      AppServer.start({
        kvPath: join(folder, "kv.db"),
        env: {
          COMPATIBLE_BASE_URL: fake.baseURL("chat"),
          COMPATIBLE_MODELS: "fake-small",
          DEFAULT_MODEL: CLUSTER_MODEL,
          ...env,
        },
      })));
    const servers = started.flatMap((one) => one.status === "fulfilled" ? [one.value] : []);
    const cluster = new Cluster(fake, servers, folder);
    const failed = started.find((one) => one.status === "rejected");
    if (failed === undefined) return cluster;
    await cluster[Symbol.asyncDispose]();
    throw failed.reason;
  }

  /** The server at `at`, which must be there. */
  server(at: number): AppServer {
    const server = this.servers[at];
    if (server === undefined) throw new RangeError(`There are ${this.servers.length} servers, and no ${at}`);
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.servers.map((server) => server[Symbol.asyncDispose]()));
    await this.fake.close();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** An answer that was asked for. */
export interface Asked {
  conversationId: string;
  messageId: string;
  generationId: string;
}

/** Asks a new conversation at `api`'s server; the job runs there. */
export async function ask(api: Api, text = "Count, please."): Promise<Asked> {
  const { id } = await api.create({ model: CLUSTER_MODEL, title: "Counting" });
  const { reply } = await api.send(id, { text });
  return { conversationId: id, ...reply };
}
