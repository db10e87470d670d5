// Whether the process is alive, and which models it leaves alone. It is asked by machines, often, and by strangers: what the
// store must be read for is read once a second, and not waited for when the store is slow.
import type { Clock } from "../core/time.ts";

/** How long an answer is believed. */
const CACHE_MS = 1_000;
/** Who asks whether we are alive gives up soon. */
const READ_MS_MAX = 500;

/** Null: the store did not say in time. */
export interface Health<B> {
  status: "ok";
  breakers: B[] | null;
}

/** A reader of the health; `open` reads the breakers that are not closed. Never rejects. */
export function healthOf<B>(open: () => Promise<B[]>, clock: Clock): () => Promise<Health<B>> {
  let last: { untilMs: number; health: Promise<Health<B>> } | null = null;
  const read = async (): Promise<Health<B>> => {
    const done = new AbortController();
    const late = clock.sleep(READ_MS_MAX, done.signal).then(() => null);
    // A store that is away is told by `/readyz`.
    const breakers = await Promise.race([open().catch(() => null), late]);
    done.abort(null);
    return { status: "ok", breakers };
  };
  return () => {
    const now = clock.now();
    if (last === null || now >= last.untilMs) last = { untilMs: now + CACHE_MS, health: read() };
    return last.health;
  };
}
