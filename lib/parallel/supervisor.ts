// The process in front of `deno serve --parallel`: it serves nothing itself, and ends when that ends.
//   S1  What it is told by a signal it passes on; how the workers' process ends is how it ends.
//   S2  The workers' process never outlives it: they read its pipe, which ends even when it is killed.

/** The argument that tells a worker to stop when its standard input ends. */
export const UNTIL_STDIN_ENDS = "--until-stdin-ends";

/** Runs `module` in as many workers as `DENO_JOBS` says, or the machine has cores. Resolves with the exit code. */
export async function supervise(
  { module, host, port }: { module: URL; host: string; port: number },
): Promise<number> {
  // An address of IPv6 ends where its port begins.
  const hostname = host.includes(":") ? `[${host}]` : host;
  const workers = new Deno.Command(Deno.execPath(), {
    args: [
      ...["serve", "--parallel", "-A", "--host", hostname, "--port", String(port)],
      ...[module.href, UNTIL_STDIN_ENDS],
    ],
    // They share KV's watch, and need not tell each other of their commits.
    env: { WORKERS_OF: crypto.randomUUID() },
    stdin: "piped",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      try {
        workers.kill(signal);
      } catch {
        // They have ended by themselves, and so do we, in this very moment.
      }
    });
  }
  return (await workers.status).code;
}

/** In a worker: resolves when its supervisor is gone (S2). Never, where there is none. */
export async function supervisorGone(): Promise<void> {
  if (!Deno.args.includes(UNTIL_STDIN_ENDS)) return await new Promise(() => {});
  // Nothing is ever written to it. A read that fails says the same as one that ends.
  while (await Deno.stdin.read(new Uint8Array(1)).catch(() => null) !== null);
}
