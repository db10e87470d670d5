// The app as a real process, for tests that kill it.
//   A1  The process gets a KV file and a port of its own, and no provider key of the machine it runs on.
//   A2  It never outlives the test: `await using` ends it and removes its file.
import { join, ROOT } from "./paths.ts";
import { allGone, descendants } from "./processes.ts";

/** From spawn to "listening". A cold start takes 0.3 s here; 30 s is a busy machine, more is a hang. */
const START_MS_MAX = 30_000;
/** The longest any event of the log is waited for. */
export const EVENT_MS_MAX = 20_000;
/** Lines kept: a test's whole log, unless the server talks without end. */
const LINES_MAX = 20_000;
/** Variables that would change what the server does, and that the machine may have set. */
const OWN_VARIABLES =
  /^(PORT|HOST|PARALLEL|DENO_JOBS|KV_PATH|OPENAI_|ANTHROPIC_|COMPATIBLE_|DEFAULT_MODEL|LEASE_MS|FLUSH_MS|DEMO_|DENO_KV_)/;

/** One line of the server's log. */
export type LogLine = Record<string, unknown> & { event?: string };

export interface ServerOptions {
  /** Added to the environment, after the harness's own. */
  env?: Record<string, string>;
  /** A file that outlives this server. Without it the server gets one that goes with it. */
  kvPath?: string;
  /** Deno's binary, to run under another version. */
  deno?: string;
  /** Deno's own options, such as `--inspect`. */
  flags?: readonly string[];
  /** The folder of the project: another one is another build. */
  root?: string;
  /** Without it any that is free. */
  port?: number;
}

export class AppServer implements AsyncDisposable {
  readonly #options: ServerOptions;
  readonly #ownFolder: string | null;
  readonly kvPath: string;
  #process!: ServerProcess;
  #url = "";

  private constructor(options: ServerOptions, kvPath: string, ownFolder: string | null) {
    this.#options = options;
    this.kvPath = kvPath;
    this.#ownFolder = ownFolder;
  }

  /** Builds unless it is built, then serves on a free port. */
  static async start(options: ServerOptions = {}): Promise<AppServer> {
    await build(options.deno, options.root);
    const folder = options.kvPath === undefined
      ? await Deno.makeTempDir({ prefix: "throughline-kv-" })
      : null;
    const server = new AppServer(options, options.kvPath ?? join(folder!, "kv.db"), folder);
    try {
      await server.#spawn(options.port ?? 0);
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    return server;
  }

  /** Where it listens, without a slash at the end. */
  get url(): string {
    return this.#url;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** What the process said since it last started. */
  get logs(): readonly LogLine[] {
    return this.#process.lines;
  }

  /** The next line that matches, or one already said. */
  event(matches: (line: LogLine) => boolean, withinMs = EVENT_MS_MAX): Promise<LogLine> {
    return this.#process.event(matches, withinMs);
  }

  /** Sends a signal and resolves when the process is gone. */
  kill(signal: Deno.Signal = "SIGKILL"): Promise<Deno.CommandStatus> {
    return this.#process.kill(signal);
  }

  /** Resolves when the process has ended by itself. */
  ended(): Promise<Deno.CommandStatus> {
    return this.#process.ended();
  }

  /** Starts it again, on the same file and the same port. The process must be gone. */
  async restart(env: Record<string, string> = {}): Promise<void> {
    if (this.#process.alive) {
      throw new Error("restart() wants a dead process: kill() it first, with the signal you mean");
    }
    await this.#spawn(Number(new URL(this.#url).port), env);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process?.alive) {
      // With PARALLEL=1 the server is a process below this one, which would take its time to end.
      const family = descendants(this.pid);
      await Promise.all([this.#process.kill("SIGKILL"), allGone(family)]);
    }
    if (this.#ownFolder !== null) await Deno.remove(this.#ownFolder, { recursive: true });
  }

  async #spawn(port: number, env: Record<string, string> = {}): Promise<void> {
    const { deno = Deno.execPath(), flags = [], root = ROOT } = this.#options;
    this.#process = new ServerProcess(deno, flags, root, {
      ...machineEnv(),
      HOST: "127.0.0.1",
      PORT: String(port),
      KV_PATH: this.kvPath,
      // A further call of the provider, for the tests that mean it.
      TITLES: "off",
      ...this.#options.env,
      ...env,
    });
    const { url } = await this.event((line) => line.event === "listening", START_MS_MAX);
    this.#url = String(url).replace(/\/$/, "");
  }
}

/** One run of `main.ts`. */
class ServerProcess {
  readonly lines: LogLine[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<unknown>;
  readonly #waiting = new Set<() => void>();
  #stderr = "";
  alive = true;

  constructor(deno: string, flags: readonly string[], cwd: string, env: Record<string, string>) {
    this.#child = new Deno.Command(deno, {
      args: ["run", "-A", ...flags, "main.ts"],
      cwd,
      clearEnv: true,
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#reading = Promise.all([this.#readLines(), this.#readErrors()]).finally(() => {
      this.alive = false;
      this.#wake();
    });
  }

  get pid(): number {
    return this.#child.pid;
  }

  async kill(signal: Deno.Signal): Promise<Deno.CommandStatus> {
    this.#child.kill(signal);
    return await this.ended();
  }

  async ended(): Promise<Deno.CommandStatus> {
    const status = await this.#child.status;
    await this.#reading;
    return status;
  }

  event(matches: (line: LogLine) => boolean, withinMs: number): Promise<LogLine> {
    const { promise, resolve, reject } = Promise.withResolvers<LogLine>();
    let seen = 0;
    const look = () => {
      for (; seen < this.lines.length; seen++) {
        if (matches(this.lines[seen]!)) return resolve(this.lines[seen]!);
      }
      if (!this.alive) reject(new Error(`The server ended without saying it.\n${this.#lastWords()}`));
    };
    const timer = setTimeout(
      () => reject(new Error(`The server did not say it within ${withinMs} ms.\n${this.#lastWords()}`)),
      withinMs,
    );
    this.#waiting.add(look);
    look();
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(look);
    });
  }

  async #readLines(): Promise<void> {
    let rest = "";
    for await (const chunk of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      this.lines.push(...lines.filter((line) => line !== "").map(parseLine));
      if (this.lines.length > LINES_MAX) throw new Error(`The server wrote more than ${LINES_MAX} lines`);
      this.#wake();
    }
  }

  async #readErrors(): Promise<void> {
    for await (const chunk of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      this.#stderr = (this.#stderr + chunk).slice(-8_000);
    }
  }

  #wake(): void {
    for (const look of this.#waiting) look();
  }

  #lastWords(): string {
    return [...this.lines.slice(-20).map((line) => JSON.stringify(line)), this.#stderr].join("\n");
  }
}

/** A line of JSON, or `{ text }` for a line that is none, such as a runtime's own warning. */
function parseLine(line: string): LogLine {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? value as LogLine : { text: line };
  } catch {
    return { text: line }; // Not JSON: kept as it is, so that a test can still find it.
  }
}

/** This machine's environment without the variables that the app reads. */
export function machineEnv(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([name]) => !OWN_VARIABLES.test(name)),
  );
}

/** Builds the islands; the build itself knows when there is nothing to do. */
export async function build(deno: string = Deno.execPath(), cwd = ROOT): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(deno, {
    args: ["run", "-A", "dev.ts", "build"],
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  if (!success) throw new Error(`The build failed:\n${said}`);
  return said;
}
