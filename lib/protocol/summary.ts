// What a conversation's beginning says in short, for a model whose context it no longer fits.
import type { Id } from "../core/ids.ts";

export interface Summary {
  /** The last message that it covers; it covers all before it on that branch, too. */
  throughId: Id;
  text: string;
  /** Who wrote it last. What a person wrote is not written over. */
  by: "model" | "person";
  createdAt: number;
}

/** Longest summary, in UTF-16 units. */
export const SUMMARY_CHARS_MAX = 8_000;
