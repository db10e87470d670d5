// Somebody else's server as a child of the test: started, waited for, and ended by its id.

/** Both daemons that are run here are up within 0.1 s; 15 s is a busy machine, more is a hang. */
const START_MS_MAX = 15_000;
/** A server that is asked to end and does not within this time is killed. */
const END_MS_MAX = 5_000;
/** What is kept of what it says, to be quoted when it fails. */
const SAID_CHARS_MAX = 8_000;

export interface DaemonOptions {
  args: string[];
  env?: Record<string, string>;
  /** What it says, on either output, when it is ready. */
  ready: RegExp;
}

export class Daemon implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #ended: Promise<unknown>;
  #said = "";

  private constructor(child: Deno.ChildProcess, hear: (said: string) => void) {
    this.#child = child;
    const read = async (output: ReadableStream<Uint8Array<ArrayBuffer>>) => {
      for await (const text of output.pipeThrough(new TextDecoderStream())) {
        this.#said = (this.#said + text).slice(-SAID_CHARS_MAX);
        hear(this.#said);
      }
    };
    this.#ended = Promise.all([read(child.stdout), read(child.stderr), child.status]);
  }

  /** Resolves with the server and what `ready` matched. */
  static async start(
    binary: string,
    { args, env, ready }: DaemonOptions,
  ): Promise<{ daemon: Daemon; match: RegExpExecArray }> {
    const up = Promise.withResolvers<RegExpExecArray>();
    const child = new Deno.Command(binary, { args, env, stdin: "null", stdout: "piped", stderr: "piped" })
      .spawn();
    const daemon = new Daemon(child, (said) => {
      const match = ready.exec(said);
      if (match !== null) up.resolve(match);
    });
    const failed = (why: string) => up.reject(new Error(`${binary} ${why}:\n${daemon.#said}`));
    const timer = setTimeout(() => failed(`was not ready within ${START_MS_MAX} ms`), START_MS_MAX);
    void daemon.#ended.then(() => failed("ended")); // once it is ready, nobody listens
    try {
      return { daemon, match: await up.promise };
    } catch (error) {
      await daemon[Symbol.asyncDispose]();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#kill("SIGTERM");
    const timer = setTimeout(() => this.#kill("SIGKILL"), END_MS_MAX);
    await this.#ended;
    clearTimeout(timer);
  }

  #kill(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch {
      // It has ended by itself, which is all that was wanted.
    }
  }
}

/** The path of a program: what `variable` names, else the first of `PATH` and of `folders` that has it; or null. */
export function findProgram(name: string, variable: string, folders: readonly string[] = []): string | null {
  const named = Deno.env.get(variable);
  if (named !== undefined && named !== "") return named;
  const places = [...(Deno.env.get("PATH") ?? "").split(":"), ...folders].filter((place) => place !== "");
  return places.map((place) => `${place}/${name}`).find(isFile) ?? null;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false; // not there, or not for us to see: the next folder may have it
  }
}
