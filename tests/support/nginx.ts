// nginx as Debian ships it, in front of a server: gzip on, HTTP/1.0 to the server, buffers as they come.
import { Daemon, findProgram } from "./daemon.ts";
import { join } from "./paths.ts";

/** Null where it is not installed. Debian keeps it where only root's PATH leads; `NGINX_PATH` names another. */
export const NGINX: string | null = findProgram("nginx", "NGINX_PATH", ["/usr/sbin", "/usr/local/sbin"]);

/** nginx does not choose a port by itself, and a free one may be taken before nginx has it. */
const TRIES_MAX = 3;

/** `stock`: only what Debian switches on. `everything`: event streams too, however small, as an operator might. */
export type Gzip = "stock" | "everything";

export class Nginx implements AsyncDisposable {
  readonly #daemon: Daemon;
  readonly #folder: string;
  readonly url: string;

  private constructor(daemon: Daemon, folder: string, url: string) {
    this.#daemon = daemon;
    this.#folder = folder;
    this.url = url;
  }

  /** Relays to the server at `target`. */
  static async start(binary: string, target: string, gzip: Gzip = "stock"): Promise<Nginx> {
    for (let tries = 1;; tries++) {
      const folder = await Deno.makeTempDir({ prefix: "throughline-nginx-" });
      await Deno.chmod(folder, 0o755); // started by root, its worker is nobody
      const port = freePort();
      const file = join(folder, "nginx.conf");
      await Deno.writeTextFile(file, configuration(folder, port, target, gzip));
      try {
        const { daemon } = await Daemon.start(binary, {
          args: ["-p", folder, "-e", "stderr", "-c", file],
          ready: /start worker process \d+/,
        });
        return new Nginx(daemon, folder, `http://127.0.0.1:${port}`);
      } catch (error) {
        await Deno.remove(folder, { recursive: true });
        if (tries === TRIES_MAX) throw error;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Debian's nginx.conf without its files elsewhere, and a site that is one `proxy_pass`. */
function configuration(folder: string, port: number, target: string, gzip: Gzip): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr notice;
events { worker_connections 768; }
http {
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(" ")}
  sendfile on;
  tcp_nopush on;
  types_hash_max_size 2048;
  default_type application/octet-stream;
  access_log off;
  gzip on;
  ${gzip === "everything" ? "gzip_proxied any; gzip_types *; gzip_min_length 1;" : ""}
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass ${target}; }
  }
}
`;
}
