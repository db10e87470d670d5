// The models we know: `models.json`, reviewed by people, with the source and the date of every figure.
import type { Price } from "../protocol/model.ts";
import file from "./models.json" with { type: "json" };

export interface ListedModel {
  /** The provider's own name of the model. */
  id: string;
  provider: string;
  name: string;
  contextTokens: number;
  outputTokensMax: number;
  /** Null when unknown: a price that nobody confirmed is shown as unknown, never as free. */
  prices: Price | null;
  asOf: string;
  source: string;
}

export const LIST: readonly ListedModel[] = file.models;

/** A model by its provider and the provider's own name of it. */
export function listed(provider: string, model: string): ListedModel | undefined {
  return LIST.find((one) => one.provider === provider && one.id === model);
}
