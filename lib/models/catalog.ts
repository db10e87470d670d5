// The catalogue: which models there are, which can be used, and why the others cannot. Pure.
import type { Abilities, Model } from "../protocol/model.ts";
import { type Discovered, named } from "./entry.ts";
import { LIST, type ListedModel } from "./list.ts";

/** What decides the catalogue. `configured` are the providers that have what they need. */
export interface Configured {
  configured: ReadonlySet<string>;
  /** The models of the compatible server. */
  compatible: readonly Discovered[];
  /** The models we know, and the operator's own. */
  list?: readonly ListedModel[];
  /** `DEFAULT_MODEL` and the like. Naming a model there that nobody lists is how one asks for it. */
  asked?: readonly string[];
}

/** A better answer comes first, a cheaper way to get it second; the demo, which answers nothing, when all else is missing. */
const DEFAULTS = ["anthropic/claude-sonnet-5-5", "openai/gpt-6.1-sol", "compatible/", "demo/"] as const;

const MISSING: Record<string, string> = {
  anthropic: "Set ANTHROPIC_API_KEY to use it.",
  openai: "Set OPENAI_API_KEY to use it.",
  compatible: "Set COMPATIBLE_BASE_URL to use it.",
};

/** What no model of a provider takes, whoever says so: its API has no word for it, or a shorter scale. */
const OF_PROVIDER: Record<string, Partial<Abilities>> = {
  openai: { stop: false },
  anthropic: { temperatureMax: 1 },
};

export const DEMO_MODEL = "demo/tour";

/** It recites, and nothing changes what. Known to be free. */
const DEMO: Model = {
  id: DEMO_MODEL,
  provider: "demo",
  name: "Demo tour",
  contextTokens: null,
  outputTokensMax: null,
  price: { input: 0, cachedInput: 0, cacheWrite: null, output: 0 },
  abilities: { temperature: false, efforts: [], stop: false, reasoning: false, tools: false, vision: false },
  available: true,
};

/** Every model we know or found, usable ones and others, in the order in which to show them. */
export function catalog({ configured, compatible, list = LIST, asked = [] }: Configured): Model[] {
  const said = new Map(compatible.map((one) => [one.model, one]));
  const models = list.map((one) => {
    const found = one.provider === "compatible" ? said.get(one.id) : undefined;
    const model = found === undefined ? listedModel(one) : filled(listedModel(one), found);
    return configured.has(one.provider) ? model : {
      ...model,
      available: false,
      unavailableBecause: MISSING[one.provider] ?? "Its provider is not configured.",
    };
  });
  const shown = new Map(models.map((model) => [model.id, model]));
  const add = (model: Model) => {
    if (!shown.has(model.id)) shown.set(model.id, model);
  };
  for (const one of compatible) add(unlistedModel("compatible", one));
  add(DEMO);
  const unknown = new Set(asked.filter((id) => !shown.has(id)));
  const added = [...unknown].map(splitId).flatMap((one) =>
    one === null || one.provider === "demo" || !configured.has(one.provider)
      ? []
      : unlistedModel(one.provider, named(one.model))
  );
  return [...added, ...shown.values()];
}

/** The id of the model for those who choose none: `wanted` if it can be used, else the best that can. */
export function defaultModel(models: readonly Model[], wanted?: string): string {
  const usable = models.filter((model) => model.available).map(({ id }) => id);
  if (wanted !== undefined && usable.includes(wanted)) return wanted;
  for (const start of DEFAULTS) {
    const found = usable.find((id) => start.endsWith("/") ? id.startsWith(start) : id === start);
    if (found !== undefined) return found;
  }
  return DEMO_MODEL;
}

/**
 * The models that answer when another cannot: of `wanted` those that can be used, in that order. When nothing is wanted,
 * the best usable model of each provider, in the order of `DEFAULTS`. The demo, which answers nothing, must be asked for.
 */
export function fallbacks(models: readonly Model[], wanted?: readonly string[]): string[] {
  const usable = models.filter((model) => model.available);
  if (wanted !== undefined) return wanted.filter((id) => usable.some((model) => model.id === id));
  const ids = usable.filter((model) => model.provider !== "demo").map(({ id }) => id);
  return DEFAULTS.flatMap((start) =>
    ids.find((id) => start.endsWith("/") ? id.startsWith(start) : id === start) ?? []
  );
}

/**
 * The id of the model that makes summaries and titles for conversations of model `id`: `wanted` if it can be used, else
 * the cheapest of the same provider in `list`, else `id`. What a server merely says it has may be of any quality.
 */
export function cheapest(
  id: string,
  models: readonly Model[],
  list: readonly ListedModel[],
  wanted?: string,
): string {
  const usable = (id: string) => models.find((model) => model.id === id)?.available === true;
  if (wanted !== undefined && usable(wanted)) return wanted;
  const provider = splitId(id)?.provider;
  let best = { id, costs: Infinity };
  for (const one of list) {
    const other = `${one.provider}/${one.id}`;
    if (one.provider !== provider || one.prices === null || !usable(other)) continue;
    const costs = one.prices.input + one.prices.output;
    // At the same price the model itself, whose words these are.
    if (costs < best.costs || (costs === best.costs && other === id)) best = { id: other, costs };
  }
  return best.id;
}

/** `provider/model` in two. A model's own name may hold slashes, as on OpenRouter. */
export function splitId(id: string): { provider: string; model: string } | null {
  const slash = id.indexOf("/");
  return slash < 1 || slash === id.length - 1
    ? null
    : { provider: id.slice(0, slash), model: id.slice(slash + 1) };
}

function listedModel(one: ListedModel): Model {
  return {
    id: `${one.provider}/${one.id}`,
    provider: one.provider,
    name: one.name,
    contextTokens: one.contextTokens,
    outputTokensMax: one.outputTokensMax,
    price: one.prices,
    abilities: { ...one.abilities, ...OF_PROVIDER[one.provider] },
    available: true,
  };
}

/** What the list leaves open is what the server says. */
function filled(model: Model, found: Discovered): Model {
  const { temperature, efforts, stop, reasoning, tools, vision } = model.abilities;
  return {
    ...model,
    contextTokens: model.contextTokens ?? found.contextTokens,
    outputTokensMax: model.outputTokensMax ?? found.outputTokensMax,
    price: model.price ?? found.price,
    abilities: {
      ...model.abilities,
      temperature: temperature ?? found.abilities.temperature,
      efforts: efforts ?? found.abilities.efforts,
      stop: stop ?? found.abilities.stop,
      reasoning: reasoning ?? found.abilities.reasoning,
      tools: tools ?? found.abilities.tools,
      vision: vision ?? found.abilities.vision,
    },
  };
}

/** A model that we do not list: what nobody said of it is unknown, not zero. */
function unlistedModel(provider: string, { model, ...said }: Discovered): Model {
  const abilities = { ...said.abilities, ...OF_PROVIDER[provider] };
  return { id: `${provider}/${model}`, provider, name: model, ...said, abilities, available: true };
}
