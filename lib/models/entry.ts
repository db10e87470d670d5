// One entry in a compatible server's list of models: what it says of the model. Pure.
//   L1  A figure that is missing, or is none, is null. A price is exact or null: it is never rounded, and never made 0.
import { type Abilities, type Price, UNKNOWN_ABILITIES } from "../protocol/model.ts";
import { PRICE_MAX } from "./price.ts";

/** A model that a server has. What it does not say is null. */
export interface Discovered {
  model: string;
  contextTokens: number | null;
  outputTokensMax: number | null;
  price: Price | null;
  abilities: Abilities;
}

/** The longest names in use take about 100. */
const NAME_CHARS_MAX = 200;
/** Decimals of a dollar for one token that are a micro-USD for a million. */
const DECIMALS = 12;
/** The longest decimal worth reading; prices in use take about 25. */
const DECIMAL_CHARS_MAX = 50;

/** A model of which only the name is known. */
export function named(model: string): Discovered {
  return { model, contextTokens: null, outputTokensMax: null, price: null, abilities: UNKNOWN_ABILITIES };
}

/** What `entry` says; null when it has no name. */
export function readEntry(entry: unknown): Discovered | null {
  const { id, context_length, max_model_len, meta, top_provider, pricing, ...more } = members(entry);
  if (!isName(id)) return null;
  // OpenRouter, vLLM, and llama.cpp: the window it was started with, or else the one its model was made for.
  const window = [context_length, max_model_len, members(meta).n_ctx, members(meta).n_ctx_train];
  const contextTokens = window.find(isTokens) ?? null;
  const most = members(top_provider).max_completion_tokens;
  return {
    model: id,
    contextTokens,
    // As long as the window, it limits nothing of its own: a prompt takes some of it.
    outputTokensMax: isTokens(most) && most < (contextTokens ?? Infinity) ? most : null,
    price: priceOf(members(pricing)),
    abilities: abilitiesOf(more.supported_parameters, members(more.architecture).input_modalities),
  };
}

/** OpenRouter's prices, in USD for one token. Null unless they tell all that a token costs (L1). */
function priceOf(pricing: Record<string, unknown>): Price | null {
  const input = microUsd(pricing.prompt);
  const output = microUsd(pricing.completion);
  if (input === null || output === null) return null;
  const or = (value: unknown, otherwise: number | null) =>
    value === undefined || value === null ? otherwise : microUsd(value);
  const cachedInput = or(pricing.input_cache_read, input);
  const cacheWrite = or(pricing.input_cache_write, input);
  if (cachedInput === null || cacheWrite === null) return null;
  // A fee for each request, or thoughts that cost more than words, are in no sum of ours.
  if (or(pricing.request, 0) !== 0) return null;
  if (![0, output].includes(or(pricing.internal_reasoning, output) ?? NaN)) return null;
  return { input, cachedInput, cacheWrite: cacheWrite === input ? null : cacheWrite, output };
}

/** Micro-USD for a million tokens, of a decimal number of USD for one: its digits, moved by twelve places. */
export function microUsd(usd: unknown): number | null {
  if (typeof usd !== "string" && typeof usd !== "number") return null;
  const decimal = String(usd);
  if (decimal.length > DECIMAL_CHARS_MAX) return null;
  const parts = /^(\d+)(?:\.(\d+))?(?:e([+-]?\d{1,3}))?$/i.exec(decimal);
  if (parts === null) return null;
  const [, whole = "", fraction = "", exponent = "0"] = parts;
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits === "") return 0;
  const places = DECIMALS + Number(exponent) - fraction.length;
  if (places < 0 && /[^0]/.test(digits.slice(places))) return null; // smaller than our unit
  const number = Number(places < 0 ? digits.slice(0, places) : digits + "0".repeat(places));
  return number <= PRICE_MAX ? number : null;
}

/** OpenRouter says which parameters and kinds of input a model takes. */
function abilitiesOf(parameters: unknown, inputs: unknown): Abilities {
  const takes = (list: unknown, ...names: string[]) =>
    Array.isArray(list) ? names.some((name) => list.includes(name)) : null;
  const reasoning = takes(parameters, "reasoning", "include_reasoning", "reasoning_effort");
  return {
    temperature: takes(parameters, "temperature"),
    // That there are efforts is said, which ones is not.
    efforts: reasoning === false ? [] : null,
    stop: takes(parameters, "stop"),
    reasoning,
    tools: takes(parameters, "tools"),
    vision: takes(inputs, "image"),
  };
}

function members(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}

function isTokens(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isName(id: unknown): id is string {
  return typeof id === "string" && id.length > 0 && id.length <= NAME_CHARS_MAX &&
    /^[^\s\p{Cc}\p{Cs}]+$/u.test(id);
}
