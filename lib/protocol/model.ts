// A model as people choose it.
import type { Effort } from "./params.ts";

/** What a model takes and does; null where nobody knows, and then it is offered. */
export interface Abilities {
  temperature: boolean | null;
  /** The highest temperature that it takes, where its scale ends before 2. */
  temperatureMax?: number;
  /** Efforts that it takes, least first. */
  efforts: readonly Effort[] | null;
  stop: boolean | null;
  /** Thinks before it answers. */
  reasoning: boolean | null;
  tools: boolean | null;
  vision: boolean | null;
}

/** Of a model that nobody has described. */
export const UNKNOWN_ABILITIES: Abilities = {
  temperature: null,
  efforts: null,
  stop: null,
  reasoning: null,
  tools: null,
  vision: null,
};

/** Micro-USD for a million tokens. */
export interface Tier {
  input: number;
  cachedInput: number;
  /** Null where writing to the cache costs no more than reading the input. */
  cacheWrite: number | null;
  output: number;
}

export interface Price extends Tier {
  /** A prompt longer than `tokens` is charged at these prices as a whole, with its answer. */
  aboveTokens?: Tier & { tokens: number };
}

/** An unknown figure is null, never 0. */
export interface Model {
  /** `provider/model`. */
  id: string;
  provider: string;
  name: string;
  contextTokens: number | null;
  outputTokensMax: number | null;
  price: Price | null;
  abilities: Abilities;
  available: boolean;
  /** Why it cannot be used, in words for a person, when it is not available. */
  unavailableBecause?: string;
}
