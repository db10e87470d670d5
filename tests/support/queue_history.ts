// What a conversation's log may say of its queue: each step is one that somebody could have asked for.
import type { Id } from "@/lib/core/ids.ts";
import type { Conversation } from "@/lib/protocol/conversation.ts";

/** A conversation as one entry of its log has it: what runs, and the jobs that wait. */
export interface QueueState {
  running: Id | null;
  queue: readonly Id[];
}

export function queueState({ running, queue }: Conversation): QueueState {
  return { running, queue: queue.map(({ generationId }) => generationId) };
}

/** The first step that no rule allows, in words; null when there is none. */
export function fault(history: readonly QueueState[]): string | null {
  for (const [i, after] of history.entries()) {
    if (new Set(after.queue).size !== after.queue.length) return `entry ${i}: a job waits twice`;
    if (after.running !== null && after.queue.includes(after.running)) {
      return `entry ${i}: what runs waits, too`;
    }
    const before = history[i - 1];
    if (before === undefined) continue;
    const why = after.running === before.running ? change(before.queue, after.queue) : turn(before, after);
    if (why !== null) return `entry ${i}: ${why}: ${JSON.stringify([before, after])}`;
  }
  return null;
}

/** What runs stays: one joined at the end, one left, one went to the front, or nothing. */
function change(before: readonly Id[], after: readonly Id[]): string | null {
  const rest = (queue: readonly Id[], id: Id | undefined) => queue.filter((other) => other !== id);
  if (same(before, after) || same(before, after.slice(0, -1))) return null;
  const [first] = after;
  if (first !== undefined && before.includes(first) && same(rest(before, first), after.slice(1))) return null;
  const left = before.find((id) => !after.includes(id));
  return left !== undefined && same(rest(before, left), after) ? null : "the queue changed in no known way";
}

/** Something else runs: the first of the queue, or, with nobody waiting, what has just come. */
function turn(before: QueueState, after: QueueState): string | null {
  if (after.running === null) return after.queue.length === 0 ? null : "nothing runs, though something waits";
  const [first, ...rest] = before.queue;
  if (first === undefined) return after.queue.length === 0 ? null : "the queue grew with a turn";
  if (after.running !== first) return "what waited was overtaken";
  return same(rest, after.queue) ? null : "the queue changed with a turn";
}

function same(a: readonly Id[], b: readonly Id[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i]);
}
