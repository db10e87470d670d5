// The only place that opens KV.
import { isLocked } from "./locked.ts";

/** Another process that opens or migrates the same file holds it for milliseconds; a disk that is slow, for a second. */
const LOCKED_MS_MAX = 10_000;
const LOCKED_PAUSE_MS = 50;

/** `path`: a file, `:memory:`, the URL of a KV server, or undefined for the platform's own database. */
export async function openKv(path: string | undefined): Promise<Deno.Kv> {
  if (path !== undefined && path !== ":memory:" && !/^https?:\/\//.test(path)) {
    const folder = path.replace(/[^/\\]*$/, "");
    if (folder !== "") await Deno.mkdir(folder, { recursive: true });
  }
  const giveUpAt = Date.now() + LOCKED_MS_MAX;
  for (;;) {
    try {
      return await Deno.openKv(path);
    } catch (error) {
      if (!isLocked(error) || Date.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, LOCKED_PAUSE_MS));
    }
  }
}
