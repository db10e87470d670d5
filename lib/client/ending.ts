// How a session of the stream ended, and how long to wait before the next.

export type End =
  /** We ended it ourselves, to ask for other topics. */
  | { kind: "reopen" }
  /** The server asked us to come back with our cursors. */
  | { kind: "bye"; reason: "rotate" | "drain" | "gone" }
  /** The socket closed, broke or fell silent. */
  | { kind: "lost" }
  /** The server answered, but not with a stream. */
  | { kind: "refused"; retryAfterMs: number }
  /** No session: coming back would not help. */
  | { kind: "over" };

/** First wait after a break; doubles with each failure. */
const PAUSE_MS = 300;
/** A person who watches should not wait longer than this for a server that is back. */
const PAUSE_MS_MAX = 5_000;
/** A server may ask for patience, up to here. */
const RETRY_AFTER_MS_MAX = 30_000;
/** Restarting servers are given a moment, and not by everybody at once. */
const DRAIN_MS = 100;
const DRAIN_SPREAD_MS = 400;

/** Milliseconds to wait after `end`, when `failures` sessions in a row brought nothing. `random` is in [0, 1). */
export function pauseMs(end: End, failures: number, random: number): number {
  const backoffMs = Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** Math.max(0, failures - 1)) * (0.5 + random / 2);
  switch (end.kind) {
    case "reopen":
      return 0;
    case "bye":
      if (failures > 1) return backoffMs; // a server that only says good-bye is not asked in a tight loop
      return end.reason === "drain" ? DRAIN_MS + DRAIN_SPREAD_MS * random : 0;
    case "lost":
      return backoffMs;
    case "refused":
      return Math.max(backoffMs, end.retryAfterMs);
    case "over":
      return RETRY_AFTER_MS_MAX;
  }
}

/** The end that a response without a stream means. */
export function endOf(response: Response): End {
  if (response.status === 401 || response.status === 403) return { kind: "over" };
  const retryAfterS = Number(response.headers.get("retry-after") ?? 0);
  const askedMs = Number.isFinite(retryAfterS) ? Math.max(0, retryAfterS * 1000) : 0;
  // Any other 4xx will be refused again: ask seldom.
  const floorMs = response.status < 500 && response.status !== 429 ? PAUSE_MS_MAX : 0;
  return { kind: "refused", retryAfterMs: Math.min(RETRY_AFTER_MS_MAX, Math.max(askedMs, floorMs)) };
}
