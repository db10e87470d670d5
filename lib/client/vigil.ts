// How a tab that follows another decides that the other is dead.
//   V1  Silence alone proves nothing: this tab may have slept. Only a question that stays unanswered does.

/** A leader that says nothing for this long is asked. */
export const QUIET_MS = 1_200;
/** A question unanswered for this long: the leader is frozen or gone. */
export const UNANSWERED_MS = 1_800;
/** A tick later than this means that this tab itself was frozen; it starts to count anew. */
const LATE_MS = 3_000;

export interface Vigil {
  heardAtMs: number;
  askedAtMs: number | null;
  tickedAtMs: number;
}

export type Step = "wait" | "ask" | "take_over";

export function vigil(nowMs: number): Vigil {
  return { heardAtMs: nowMs, askedAtMs: null, tickedAtMs: nowMs };
}

/** The leader was heard. */
export function heard(nowMs: number, before: Vigil): Vigil {
  return { ...before, heardAtMs: nowMs, askedAtMs: null };
}

/** One look at the clock, about once a second. */
export function tick(nowMs: number, before: Vigil): { step: Step; vigil: Vigil } {
  const slept = nowMs - before.tickedAtMs > LATE_MS;
  const now = { ...before, tickedAtMs: nowMs };
  if (!slept && before.askedAtMs !== null && nowMs - before.askedAtMs >= UNANSWERED_MS) {
    return { step: "take_over", vigil: { ...now, askedAtMs: null, heardAtMs: nowMs } };
  }
  if (slept || (before.askedAtMs === null && nowMs - before.heardAtMs >= QUIET_MS)) {
    return { step: "ask", vigil: { ...now, askedAtMs: nowMs } };
  }
  return { step: before.askedAtMs === null ? "wait" : "ask", vigil: now };
}
