// A Redis that keeps its memory only, on a free port of 127.0.0.1.
import { type ServerProcess, startProcess } from "./process.ts";

const COMMAND = "redis-server";

export async function hasRedis(): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(COMMAND, {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

export function startRedis(): Promise<ServerProcess> {
  const port = freePort();
  const args = ["--bind", "127.0.0.1", "--port", String(port), "--save", "", "--appendonly", "no"];
  return startProcess(
    COMMAND,
    args,
    {},
    (output) => output.includes("Ready to accept connections") ? `redis://127.0.0.1:${port}` : undefined,
  );
}

/** Free now; Redis itself cannot be told to take any. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
