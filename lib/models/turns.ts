// History in the shape every provider accepts.
import type { Turn } from "./provider.ts";

/** Turns without blank ones, neighbours of one role joined: blanks are refused, and some chat templates insist on
 * alternation. An answer that was stopped before its first word leaves just that: a blank between two questions. */
export function alternating(turns: readonly Turn[]): Turn[] {
  const kept: Turn[] = [];
  for (const turn of turns) {
    const text = turn.text.toWellFormed(); // a lone surrogate is refused as invalid JSON by some servers
    if (text.trim() === "") continue;
    const last = kept.at(-1);
    if (last?.role === turn.role) last.text += `\n\n${text}`;
    else kept.push({ role: turn.role, text });
  }
  return kept;
}
