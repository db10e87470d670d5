// The models of this process: builds the providers from the configuration, and finds the one for a model's id.
import { AppError } from "../core/errors.ts";
import type { Clock } from "../core/time.ts";
import type { ModelList } from "../protocol/api.ts";
import type { Model } from "../protocol/model.ts";
import type { Usage } from "../protocol/message.ts";
import type { Deadlines } from "../resilience/deadline.ts";
import { anthropic, ANTHROPIC_BASE_URL } from "./anthropic.ts";
import { catalog, defaultModel, fallbacks, splitId } from "./catalog.ts";
import { compatible, compatibleVendor } from "./compatible.ts";
import { demo } from "./demo.ts";
import { type Discovered, discovery } from "./discover.ts";
import { listed } from "./list.ts";
import { openai, OPENAI_BASE_URL } from "./openai.ts";
import { costMicroUsd } from "./price.ts";
import type { Provider } from "./provider.ts";

/** A provider that is absent is not configured. */
export interface ModelsConfig {
  readonly openai?: { readonly apiKey: string; readonly baseURL?: string; readonly background?: boolean };
  readonly anthropic?: { readonly apiKey: string; readonly baseURL?: string };
  /** No models: they are read from the server. */
  readonly compatible?: {
    readonly baseURL: string;
    readonly apiKey?: string;
    readonly models: readonly string[];
    /** Of them, those that go on from a prefix; `*` for all. */
    readonly continues?: readonly string[];
  };
  readonly demo: { readonly tokensPerSecond: number };
  /** `provider/model`. */
  readonly defaultModel?: string;
  readonly deadlines?: Deadlines;
}

export interface ModelsContext {
  clock: Clock;
  /** In place of the global one. */
  fetch?: typeof globalThis.fetch;
  /** Told what an operator should know, such as a server whose models cannot be listed. Holds no key. */
  report: (problem: string) => void;
}

/** A model that can be asked. */
export interface Resolved {
  provider: Provider;
  /** The provider's own name of the model, for `ModelRequest.model`. */
  model: string;
  /** What people call it. */
  name: string;
  contextTokens: number | null;
  outputTokensMax: number | null;
}

export interface Models {
  /** The catalogue, usable models and others. */
  list(): Promise<Model[]>;
  /** The id of the model for those who choose none. */
  defaultModel(): Promise<string>;
  /** All of it as pages and the API show it. */
  all(): Promise<ModelList>;
  /** Throws `unknown_model`, with the usable ids in `extra.available`. */
  resolve(id: string): Promise<Resolved>;
  /** What `usage` of a model costs; undefined when its price is unknown. */
  costMicroUsd(id: string, usage: Usage): number | undefined;
}

/** How many ids an error names: enough to find the right one, too few to fill a screen. */
const NAMED_MAX = 50;

export function models(config: ModelsConfig, context: ModelsContext): Models {
  const { clock, fetch = globalThis.fetch, report } = context;
  const shared = { clock, fetch, ...(config.deadlines === undefined ? {} : { deadlines: config.deadlines }) };
  const providers = new Map<string, Provider>([["demo", demo({ ...config.demo, clock })]]);
  if (config.openai !== undefined) {
    providers.set("openai", openai({ baseURL: OPENAI_BASE_URL, ...config.openai, ...shared, report }));
  }
  if (config.anthropic !== undefined) {
    providers.set("anthropic", anthropic({ baseURL: ANTHROPIC_BASE_URL, ...config.anthropic, ...shared }));
  }
  let found: () => Promise<Discovered[]> = () => Promise.resolve([]);
  if (config.compatible !== undefined) {
    const { models, ...server } = config.compatible;
    providers.set("compatible", compatible({ ...server, ...shared }));
    const named = models.map((model) => ({ model, contextTokens: null }));
    found = named.length > 0
      ? () => Promise.resolve(named)
      : discovery(compatibleVendor(server), { fetch, clock, report });
  }

  const configured = new Set(providers.keys());
  const wanted = config.defaultModel === undefined ? {} : { defaultModel: config.defaultModel };
  const known = (compatible: readonly Discovered[]) => catalog({ configured, compatible, ...wanted });
  const list = async () => known(await found());
  return {
    list,
    defaultModel: async () => defaultModel(await list(), config.defaultModel),
    async all() {
      const models = await list();
      return {
        models,
        defaultModel: defaultModel(models, config.defaultModel),
        fallbacks: fallbacks(models),
      };
    },
    async resolve(id) {
      // A job for a model of another provider does not wait for a compatible server to list its own.
      const all = id.startsWith("compatible/") ? await list() : known([]);
      const one = all.find((model) => model.id === id);
      const provider = one?.available ? providers.get(one.provider) : undefined;
      if (one === undefined || provider === undefined) throw unknownModel(id, one, await list());
      const { name, contextTokens, outputTokensMax } = one;
      return { provider, model: id.slice(one.provider.length + 1), name, contextTokens, outputTokensMax };
    },
    costMicroUsd(id, usage) {
      const named = splitId(id);
      if (named === null) return undefined;
      if (named.provider === "demo") return 0;
      const price = listed(named.provider, named.model)?.prices;
      return price ? costMicroUsd(price, usage) : undefined;
    },
  };
}

function unknownModel(id: string, one: Model | undefined, all: readonly Model[]): AppError {
  const available = all.filter((model) => model.available).map((model) => model.id).slice(0, NAMED_MAX);
  const shown = id.slice(0, 200).toWellFormed();
  const why = one === undefined
    ? `There is no model "${shown}".`
    : `"${shown}" cannot be used. ${one.unavailableBecause}`;
  return new AppError("unknown_model", `${why} Choose one of: ${available.join(", ")}.`, {
    extra: { available },
  });
}
