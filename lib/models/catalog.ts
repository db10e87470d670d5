// The catalogue: which models there are, which can be used, and why the others cannot. Pure.
import { type Model, UNKNOWN_ABILITIES } from "../protocol/model.ts";
import type { Discovered } from "./discover.ts";
import { LIST } from "./list.ts";

/** What decides the catalogue. `configured` are the providers that have what they need. */
export interface Configured {
  configured: ReadonlySet<string>;
  /** The models of the compatible server. */
  compatible: readonly Discovered[];
  /** `DEFAULT_MODEL`. Naming a model there that nobody lists is how one asks for it. */
  defaultModel?: string;
}

/** A better answer comes first, a cheaper way to get it second; the demo, which answers nothing, when all else is missing. */
const DEFAULTS = ["anthropic/claude-sonnet-5-5", "openai/gpt-6.1-sol", "compatible/", "demo/"] as const;

const MISSING: Record<string, string> = {
  anthropic: "Set ANTHROPIC_API_KEY to use it.",
  openai: "Set OPENAI_API_KEY to use it.",
};

export const DEMO_MODEL = "demo/tour";

/** Every model we know or found, usable ones and others, in the order in which to show them. */
export function catalog({ configured, compatible, defaultModel }: Configured): Model[] {
  const models: Model[] = LIST.map((one) => ({
    id: `${one.provider}/${one.id}`,
    provider: one.provider,
    name: one.name,
    contextTokens: one.contextTokens,
    outputTokensMax: one.outputTokensMax,
    price: one.prices,
    abilities: UNKNOWN_ABILITIES,
    ...(configured.has(one.provider) ? { available: true } : {
      available: false,
      unavailableBecause: MISSING[one.provider] ?? "Its provider is not configured.",
    }),
  }));
  for (const { model, contextTokens } of compatible) {
    models.push(unlisted("compatible", model, contextTokens));
  }
  models.push({
    id: DEMO_MODEL,
    provider: "demo",
    name: "Demo tour",
    contextTokens: null,
    outputTokensMax: null,
    price: { input: 0, cachedInput: 0, cacheWrite: null, output: 0 }, // known to be free
    abilities: UNKNOWN_ABILITIES,
    available: true,
  });
  const asked = defaultModel === undefined ? null : splitId(defaultModel);
  if (asked !== null && asked.provider !== "demo" && configured.has(asked.provider)) {
    if (!models.some(({ id }) => id === defaultModel)) {
      models.unshift(unlisted(asked.provider, asked.model, null));
    }
  }
  return models;
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

/** The best usable model of each provider, in the order of `DEFAULTS`. The demo answers nothing, and is none. */
export function fallbacks(models: readonly Model[]): string[] {
  const usable = models.filter((model) => model.available && model.provider !== "demo").map(({ id }) => id);
  return DEFAULTS.flatMap((start) =>
    usable.find((id) => start.endsWith("/") ? id.startsWith(start) : id === start) ?? []
  );
}

/** `provider/model` in two. A model's own name may hold slashes, as on OpenRouter. */
export function splitId(id: string): { provider: string; model: string } | null {
  const slash = id.indexOf("/");
  return slash < 1 || slash === id.length - 1
    ? null
    : { provider: id.slice(0, slash), model: id.slice(slash + 1) };
}

/** A model of which nothing more is known: its figures are unknown, not zero. */
function unlisted(provider: string, model: string, contextTokens: number | null): Model {
  return {
    id: `${provider}/${model}`,
    provider,
    name: model,
    contextTokens,
    outputTokensMax: null,
    price: null,
    abilities: UNKNOWN_ABILITIES,
    available: true,
  };
}
