// How an interrupted answer goes on, by the best means that its provider has (DESIGN 4). Pure.
//   N1  Without being asked, nobody has a model go on from text that it only reads: that is for the person who wants it.
import type { Checkpoint, RunningJob } from "../jobs/job.ts";
import type { Delta, Provider } from "../models/provider.ts";
import { type Part, textOf } from "../protocol/message.ts";

/** Absent: the text begins anew. `parts` is what stands already. */
export type Continuation =
  | { how: "resumed"; checkpoint: Checkpoint; parts: Part[] }
  | { how: "continued"; prefix: string; parts: Part[] }
  /** In words, of a model that does not go on from a prefix. */
  | { how: "asked"; parts: Part[] };

/** Resume the provider's own response; else let the model go on from its text; else what can be asked in words, or null. */
export function continuation(
  { provider, model }: { provider: Provider; model: string },
  job: RunningJob,
  parts: Part[],
): Continuation | null {
  const { checkpoint } = job;
  if (checkpoint !== undefined && provider.resume !== undefined) return { how: "resumed", checkpoint, parts };
  const prefix = textOf({ parts });
  // A thought that was cut off is never sent back: without a word of the answer there is nothing to go on from.
  if (prefix.trim() !== "" && provider.continues?.(model)) return { how: "continued", prefix, parts };
  return inWords(job, parts);
}

/** What is left when a provider cannot go on by itself, or would not: null for a job whose text may begin anew (N1). */
export function inWords({ keeps }: RunningJob, parts: Part[]): Continuation | null {
  return keeps && textOf({ parts }).trim() !== "" ? { how: "asked", parts } : null;
}

/** UTF-16 units of what a model says: the count that a checkpoint covers. */
export function charsOf(parts: readonly Part[]): number {
  let chars = 0;
  for (const part of parts) if (part.type === "text" || part.type === "reasoning") chars += part.text.length;
  return chars;
}

/** `deltas` without their first `chars`: what was stored after the checkpoint is not said twice (M3). */
export async function* skipping(
  deltas: AsyncIterable<Delta>,
  chars: number,
): AsyncGenerator<Delta, void, void> {
  let left = chars;
  for await (const delta of deltas) {
    if (left === 0 || (delta.type !== "text" && delta.type !== "reasoning")) {
      // A checkpoint within what is skipped counts from there, not from here.
      if (left === 0 || delta.type !== "checkpoint") yield delta;
      continue;
    }
    const text = delta.text.slice(left);
    left = Math.max(0, left - delta.text.length);
    if (text !== "") yield { type: delta.type, text };
  }
}
