// The models we know: `models.json`, reviewed by people, with the source and the date of every figure; and over it what
// the operator's own file says (`models_file.ts`).
import type { Abilities, Price } from "../protocol/model.ts";
import file from "./models.json" with { type: "json" };

/** A figure that is null is unknown. */
export interface ListedModel {
  /** The provider's own name of the model. */
  id: string;
  provider: string;
  name: string;
  contextTokens: number | null;
  outputTokensMax: number | null;
  /** Null when unknown: a price that nobody confirmed is shown as unknown, never as free. */
  prices: Price | null;
  abilities: Abilities;
  /** How many tokens the vendor counts for one that a generic estimate counts. */
  tokenFactor: number;
  asOf: string;
  source: string;
}

// TypeScript reads the efforts in JSON as any strings; `models_file_test.ts` reads them as the file of an operator.
export const LIST = file.models as readonly ListedModel[];

/** `list` with `rows`, each in place of the one of the same provider and name, or at the end. */
export function withRows(
  rows: readonly ListedModel[],
  list: readonly ListedModel[] = LIST,
): readonly ListedModel[] {
  const same = (one: ListedModel) => (other: ListedModel) =>
    other.provider === one.provider && other.id === one.id;
  return [
    ...list.map((one) => rows.find(same(one)) ?? one),
    ...rows.filter((one) => !list.some(same(one))),
  ];
}

/** A model by its provider and the provider's own name of it. */
export function listed(
  provider: string,
  model: string,
  list: readonly ListedModel[] = LIST,
): ListedModel | undefined {
  return list.find((one) => one.provider === provider && one.id === model);
}
