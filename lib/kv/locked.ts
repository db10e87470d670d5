// The lock of a SQLite file. Connections to one file, of processes or of workers, write one after another, and who comes
// while another writes is refused at once: Deno's transactions begin by reading, and SQLite lets no reader wait to write.
// Workers of one process need not meet: they take turns (`parallel/turns.ts`).
//   L1  A refused commit has written nothing: it may be made again as it is.
import type { Clock } from "../core/time.ts";

/**
 * A commit holds the lock for a millisecond or less. Trying again at once costs less than a timer; with pauses of a
 * millisecond or two the slowest hundredth of the commits took four times as long.
 */
const TRIES_AT_ONCE = 100;
/** Then whoever holds it is slow, or frozen, and there is no use in trying much. */
const PAUSE_MS = 5;
/** About a second in all; after that it is for the caller to decide. */
const TRIES_MAX = TRIES_AT_ONCE + 200;

/** Whether the store refused because another connection holds the lock. */
export function isLocked(error: unknown): boolean {
  return error instanceof Error && error.message.includes("database is locked");
}

/** What `commit` resolves with, as soon as the lock is free for it. */
export async function whenUnlocked<T>(commit: () => Promise<T>, clock: Clock): Promise<T> {
  for (let tries = 1;; tries++) {
    try {
      return await commit();
    } catch (error) {
      if (!isLocked(error) || tries >= TRIES_MAX) throw error;
      if (tries >= TRIES_AT_ONCE) await clock.sleep(PAUSE_MS);
    }
  }
}
