// A model as people choose it.

/** An unknown figure is null, never 0. */
export interface Model {
  /** `provider/model`. */
  id: string;
  provider: string;
  name: string;
  contextTokens: number | null;
  outputTokensMax: number | null;
  /** Micro-USD for a million tokens. */
  price: { input: number; cachedInput: number; output: number } | null;
  available: boolean;
  /** Why it cannot be used, in words for a person, when it is not available. */
  unavailableBecause?: string;
}
