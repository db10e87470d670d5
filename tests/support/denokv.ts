// The self-hosted KV server, where it is installed: one store for processes of many machines.
import { Daemon, findProgram } from "./daemon.ts";
import { join } from "./paths.ts";

/** Null where it is not installed. `cargo install denokv` puts it on the PATH; `DENOKV_PATH` names another. */
export const DENOKV: string | null = findProgram("denokv", "DENOKV_PATH");

export class KvServer implements AsyncDisposable {
  readonly #daemon: Daemon;
  readonly #folder: string;
  /** What the app needs, to keep its data there. */
  readonly env: Readonly<Record<"KV_PATH" | "DENO_KV_ACCESS_TOKEN", string>>;

  private constructor(daemon: Daemon, folder: string, url: string, token: string) {
    this.#daemon = daemon;
    this.#folder = folder;
    this.env = { KV_PATH: url, DENO_KV_ACCESS_TOKEN: token };
  }

  /** Serves an empty store on a free port of this machine. */
  static async start(binary: string): Promise<KvServer> {
    const folder = await Deno.makeTempDir({ prefix: "throughline-denokv-" });
    const token = crypto.randomUUID();
    try {
      const { daemon, match } = await Daemon.start(binary, {
        args: ["--sqlite-path", join(folder, "kv.db"), "serve", "--addr", "127.0.0.1:0"],
        env: { DENO_KV_ACCESS_TOKEN: token },
        ready: /Listening on (http:\/\/127\.0\.0\.1:\d+)/,
      });
      return new KvServer(daemon, folder, match[1]!, token);
    } catch (error) {
      await Deno.remove(folder, { recursive: true });
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}
