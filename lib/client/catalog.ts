// The models as a person looks for one.
import type { Model } from "../protocol/model.ts";

/** A provider's models, under its name. */
export interface Shelf {
  provider: string;
  models: Model[];
}

const PROVIDERS: Record<string, string> = {
  anthropic: "Anthropic",
  openai: "OpenAI",
  compatible: "Compatible server",
  demo: "Demo",
};

export function providerName(provider: string): string {
  return PROVIDERS[provider] ?? provider;
}

export function modelOf(models: readonly Model[], id: string): Model | undefined {
  return models.find((model) => model.id === id);
}

/** What people call a model; its id, when nobody lists it any more. */
export function nameOf(models: readonly Model[], id: string): string {
  return modelOf(models, id)?.name ?? id;
}

/** The models that have every word of `query` in their name, id or provider; by provider, in the order of the list. */
export function matching(models: readonly Model[], query: string): Shelf[] {
  const words = query.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const shelves = new Map<string, Model[]>();
  for (const model of models) {
    const text = `${model.name} ${model.id} ${providerName(model.provider)}`.toLowerCase();
    if (!words.every((word) => text.includes(word))) continue;
    const shelf = shelves.get(model.provider);
    if (shelf === undefined) shelves.set(model.provider, [model]);
    else shelf.push(model);
  }
  return [...shelves].map(([provider, models]) => ({ provider, models }));
}
