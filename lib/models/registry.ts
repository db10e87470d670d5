// The models of this process: builds the providers from the configuration, and finds the one for a model's id.
import { AppError } from "../core/errors.ts";
import type { Clock } from "../core/time.ts";
import type { ModelList } from "../protocol/api.ts";
import type { Abilities, Model } from "../protocol/model.ts";
import type { Usage } from "../protocol/message.ts";
import type { Deadlines } from "../resilience/deadline.ts";
import { anthropic, ANTHROPIC_BASE_URL } from "./anthropic.ts";
import { catalog, cheapest, defaultModel, fallbacks, splitId } from "./catalog.ts";
import { compatible, compatibleVendor } from "./compatible.ts";
import { demo } from "./demo.ts";
import { describedModels, type Discovery, discovery } from "./discover.ts";
import type { Discovered } from "./entry.ts";
import { listed, type ListedModel, withRows } from "./list.ts";
import { openai, OPENAI_BASE_URL } from "./openai.ts";
import { costMicroUsd } from "./price.ts";
import type { Provider } from "./provider.ts";

/** A provider that is absent is not configured. */
export interface ModelsConfig {
  readonly openai?: { readonly apiKey: string; readonly baseURL?: string; readonly background?: boolean };
  readonly anthropic?: { readonly apiKey: string; readonly baseURL?: string };
  /** No models: they are those that the server lists. */
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
  /** `provider/model` of what makes summaries and titles. */
  readonly summaryModel?: string;
  /** `provider/model` of those that answer when another cannot, in that order. */
  readonly fallbackModels?: readonly string[];
  /** The operator's own models: each in place of the one that we list, or beside them. */
  readonly list?: readonly ListedModel[];
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
  abilities: Abilities;
  /** How many tokens the vendor counts for one that a generic estimate counts; 1 when unknown. */
  tokenFactor: number;
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
  /** The id of the model that makes summaries and titles for conversations of model `id`. */
  cheap(id: string): Promise<string>;
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
  let found: Discovery = { all: () => Promise.resolve([]), latest: () => [] };
  if (config.compatible !== undefined) {
    const { models, ...server } = config.compatible;
    providers.set("compatible", compatible({ ...server, ...shared }));
    const vendor = compatibleVendor(server);
    found = models.length > 0
      ? describedModels(vendor, models, { fetch, clock, report })
      : discovery(vendor, { fetch, clock, report });
  }

  const configured = new Set(providers.keys());
  const rows = withRows(config.list ?? []);
  const asked = [config.defaultModel, config.summaryModel, ...(config.fallbackModels ?? [])]
    .filter((id) => id !== undefined);
  const known = (compatible: readonly Discovered[]) => catalog({ configured, compatible, list: rows, asked });
  const list = async () => known(await found.all());
  /** Enough of the catalogue for `ids`. Who asks for none that only a server knows does not wait for the server's list. */
  const listFor = (...ids: (string | undefined)[]) => {
    const waits = ids.map((id) => splitId(id ?? "")).some((one) =>
      one?.provider === "compatible" && listed(one.provider, one.model, rows) === undefined
    );
    return waits ? list() : Promise.resolve(known(found.latest()));
  };
  return {
    list,
    defaultModel: async () => defaultModel(await list(), config.defaultModel),
    async all() {
      const models = await list();
      return {
        models,
        defaultModel: defaultModel(models, config.defaultModel),
        fallbacks: fallbacks(models, config.fallbackModels),
      };
    },
    async resolve(id) {
      const one = (await listFor(id)).find((model) => model.id === id);
      const provider = one?.available ? providers.get(one.provider) : undefined;
      if (one === undefined || provider === undefined) throw unknownModel(id, one, await list());
      const { name, contextTokens, outputTokensMax, abilities } = one;
      const model = id.slice(one.provider.length + 1);
      const tokenFactor = listed(one.provider, model, rows)?.tokenFactor ?? 1;
      return { provider, model, name, contextTokens, outputTokensMax, abilities, tokenFactor };
    },
    async cheap(id) {
      return cheapest(id, await listFor(id, config.summaryModel), rows, config.summaryModel);
    },
    costMicroUsd(id, usage) {
      const price = known(found.latest()).find((model) => model.id === id)?.price;
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
