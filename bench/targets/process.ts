// A server of the bench as a process: started on a free port of 127.0.0.1, ended by its id.
import { withChildren } from "../figures/cpu.ts";
import { ROOT } from "../../tests/support/paths.ts";
import { machineEnv } from "../../tests/support/server.ts";

/** From spawn to its address. A cold start takes 0.3 s here; 30 s is a busy machine, more is a hang. */
const START_MS_MAX = 30_000;
/** The app drains within 5 s of SIGTERM; what is there after that is killed. */
const END_MS_MAX = 6_000;
/** What is kept of its error output, to say why it ended. */
const LAST_WORDS_CHARS = 8_000;

export interface ServerProcess extends AsyncDisposable {
  /** Where it listens, without a slash at the end. */
  url: string;
  pid: number;
}

/** Starts `command` and waits until its output tells where it listens. */
export async function startProcess(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  urlIn: (output: string) => string | undefined = ownAddress,
): Promise<ServerProcess> {
  const child = new Deno.Command(command, {
    args: [...args],
    cwd: ROOT,
    clearEnv: true,
    env: { ...machineEnv(), ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let lastWords = "";
  const keep = (text: string) => lastWords = (lastWords + text).slice(-LAST_WORDS_CHARS);
  const listening = Promise.withResolvers<string>();
  const read = async (from: ReadableStream<Uint8Array<ArrayBuffer>>, each: (text: string) => void) => {
    for await (const text of from.pipeThrough(new TextDecoderStream())) each(text);
  };
  let said = "";
  const reading = Promise.all([
    read(child.stdout, (text) => {
      keep(text);
      if (said.length > LAST_WORDS_CHARS) return; // has listened long ago, or never will
      said += text;
      const url = urlIn(said);
      if (url !== undefined) listening.resolve(url);
    }),
    read(child.stderr, keep),
  ]);
  const timer = setTimeout(
    () => listening.reject(new Error("it did not say where it listens")),
    START_MS_MAX,
  );
  void reading.then(() => listening.reject(new Error("it ended")));
  try {
    const url = await listening.promise;
    return { url, pid: child.pid, [Symbol.asyncDispose]: () => end(child, reading) };
  } catch (error) {
    await end(child, reading);
    throw new Error(`${command} ${args.join(" ")}: ${(error as Error).message}\n${lastWords}`);
  } finally {
    clearTimeout(timer);
  }
}

/** The first address on this machine, once it is followed by what is no part of it. */
function ownAddress(output: string): string | undefined {
  return /(http:\/\/127\.0\.0\.1:\d+)\D/.exec(output)?.[1];
}

async function end(child: Deno.ChildProcess, reading: Promise<unknown>): Promise<void> {
  const pids = withChildren([child.pid]);
  signal(child.pid, "SIGTERM");
  const timer = setTimeout(() => pids.forEach((pid) => signal(pid, "SIGKILL")), END_MS_MAX);
  await child.status;
  clearTimeout(timer);
  // What it had begun and not ended is no longer wanted, and would hold its output open.
  for (const pid of pids) signal(pid, "SIGKILL");
  await reading;
}

function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch {
    // It has ended already.
  }
}
