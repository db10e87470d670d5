// How a model is asked, as a person chooses it for a conversation.

/** How much a model thinks before it answers, least first. */
export const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;
export type Effort = typeof EFFORTS[number];

/** A member that is absent is left to the model. What a model refuses is not sent to it. */
export interface Params {
  /** From 0 to 2. */
  temperature?: number;
  /** Most tokens of an answer, its thoughts included. */
  outputTokensMax?: number;
  effort?: Effort;
  /** Texts at which the model stops; at most `STOPS_MAX`. */
  stop?: string[];
}

/** Four is what every API takes. */
export const STOPS_MAX = 4;
/** Longest text to stop at, in UTF-16 units. */
export const STOP_CHARS_MAX = 100;
/** Fallback models that a conversation may name. */
export const FALLBACKS_MAX = 5;
