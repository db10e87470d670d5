// The operator's own list of models: JSON in the shape of `models.json`. Checked as a whole, and every fault is said.
import { z } from "zod";
import { UNKNOWN_ABILITIES } from "../protocol/model.ts";
import { EFFORTS } from "../protocol/params.ts";
import type { ListedModel } from "./list.ts";
import { PRICE_MAX } from "./price.ts";

/** Each is a line in everybody's picker. */
export const LISTED_MAX = 500;
/** A hundred times the largest window there is. */
const TOKENS_MAX = 100_000_000;
const CHARS_MAX = 200;
/** The unit that `models.json` names. A file may name it too, but no other. */
const UNIT = "micro-USD per million tokens";

const TOKENS = `must be a whole number of tokens from 1 to ${TOKENS_MAX}`;
const PRICE = `must be a whole number of micro-USD per million tokens, from 0 to ${PRICE_MAX}`;
const WORD = `must have 1 to ${CHARS_MAX} characters, and no white space`;
const TEXT = `must be a text of 1 to ${CHARS_MAX} characters`;
const FACTOR = "must be a number from 0.1 to 10";
const TEMPERATURE = "must be a number from 0 to 2";
const EFFORT = `must be one of ${EFFORTS.join(", ")}`;
const ORDER = "must be a list of efforts, least first and each once";

const tokens = z.int(TOKENS).min(1, TOKENS).max(TOKENS_MAX, TOKENS);
const price = z.int(PRICE).min(0, PRICE).max(PRICE_MAX, PRICE);
const text = z.string(TEXT).max(CHARS_MAX, TEXT).refine((value) => value.trim() !== "", TEXT)
  .refine((value) => value.isWellFormed(), "must be well-formed Unicode");
const ability = z.boolean("must be true, false or null").nullable().default(null);
const object = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject(shape, "must be an object");

const tier = { input: price, cachedInput: price, cacheWrite: price.nullable(), output: price };
const abilities = object({
  temperature: ability,
  temperatureMax: z.number(TEMPERATURE).min(0, TEMPERATURE).max(2, TEMPERATURE).exactOptional(),
  efforts: z.array(z.enum(EFFORTS, EFFORT), ORDER).refine(isAscending, ORDER).readonly().nullable().default(
    null,
  ),
  stop: ability,
  reasoning: ability,
  tools: ability,
  vision: ability,
});

/** What a row leaves out is unknown. */
const row = object({
  id: z.string(WORD).regex(/^[^\s\p{Cc}\p{Cs}]{1,200}$/u, WORD),
  provider: z.enum(["anthropic", "openai", "compatible"], "must be anthropic, openai or compatible"),
  name: text.optional(),
  contextTokens: tokens.nullable().default(null),
  outputTokensMax: tokens.nullable().default(null),
  prices: object({ ...tier, aboveTokens: object({ tokens, ...tier }).exactOptional() }).nullable().default(
    null,
  ),
  abilities: abilities.default(UNKNOWN_ABILITIES),
  tokenFactor: z.number(FACTOR).min(0.1, FACTOR).max(10, FACTOR).default(1),
  asOf: z.string("must be a date").refine(isDate, "must be a date, such as 2026-11-25").optional(),
  source: text.optional(),
});

const file = z.strictObject({
  unit: z.literal(UNIT, `must be "${UNIT}"`).optional(),
  models: z.array(row, "must be a list").max(LISTED_MAX, `must have at most ${LISTED_MAX} models`),
}, `must be { "models": [ … ] }`);

/** The rows in the text of a file, and all that is wrong with it, in words. */
export function parseModels(text: string): { rows: ListedModel[]; faults: string[] } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { rows: [], faults: [`is not JSON: ${(error as Error).message}`] };
  }
  const parsed = file.safeParse(json);
  const faults = [...(parsed.error?.issues ?? []).flatMap(inWords), ...contradictions(json)];
  if (!parsed.success || faults.length > 0) return { rows: [], faults };
  const rows = parsed.data.models.map((one) => ({ name: one.id, asOf: "", source: "", ...one }));
  return { rows, faults };
}

function inWords(issue: z.core.$ZodIssue): string[] {
  const at = place(issue.path);
  if (issue.code !== "unrecognized_keys") return [`${at}${issue.message}`];
  return issue.keys.map((key) => `${at}has a member "${key}", which means nothing`);
}

/** `models[0].prices.input ` */
function place(path: readonly PropertyKey[]): string {
  const words = path.map((step) => typeof step === "number" ? `[${step}]` : `.${String(step)}`).join("");
  return words === "" ? "" : `${words.slice(1)} `;
}

/** What no member is at fault for alone. It looks at rows that have other faults too, so that all is said at once. */
function contradictions(json: unknown): string[] {
  const models = member(json, "models");
  if (!Array.isArray(models)) return [];
  const names = models.map((one) => {
    const [provider, id] = [member(one, "provider"), member(one, "id")];
    return typeof provider === "string" && typeof id === "string" ? `${provider}/${id}` : null;
  });
  return models.slice(0, LISTED_MAX).flatMap((one: unknown, at) => {
    const faults: string[] = [];
    const exceeds = (path: string, limit: string) => {
      const [value, max] = [path, limit].map((members) => members.split(".").reduce(member, one));
      if (isFigure(value) && isFigure(max) && value > max) {
        faults.push(`models[${at}].${path} must be at most ${limit}, ${max}, and is ${value}`);
      }
    };
    exceeds("outputTokensMax", "contextTokens");
    exceeds("prices.cachedInput", "prices.input");
    exceeds("prices.aboveTokens.cachedInput", "prices.aboveTokens.input");
    exceeds("prices.aboveTokens.tokens", "contextTokens");
    const name = names[at] ?? null;
    const first = names.indexOf(name);
    if (name !== null && first < at) faults.push(`models[${at}] is models[${first}] again, ${name}`);
    return faults;
  });
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

/** Another value is at fault by itself. */
function isFigure(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isAscending(efforts: readonly typeof EFFORTS[number][]): boolean {
  return efforts.every((one, at) => at === 0 || EFFORTS.indexOf(efforts[at - 1]!) < EFFORTS.indexOf(one));
}

function isDate(text: string): boolean {
  const ms = Date.parse(`${text}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}
