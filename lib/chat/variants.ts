// System prompts that are tried against each other. Each conversation is given one of them, and keeps it. Pure.
//   E1  Who gets which is decided by the conversation's id alone, in proportion to the weights. The order of the variants
//       means nothing, and one that is added takes conversations from the others without moving any between them.
import { createHash } from "node:crypto";
import type { Id } from "../core/ids.ts";
import { SYSTEM_PROMPT_CHARS_MAX } from "../protocol/api.ts";

export interface Variant {
  /** Stands at each answer, in metrics and in the report. */
  name: string;
  /** Its share of the conversations, relative to the others'. */
  weight: number;
  /** Before whatever a person asked for; may be empty, as a baseline. */
  systemPrompt: string;
}

/** Each is a handful of metrics, and needs its share of the answers to say anything. */
export const VARIANTS_MAX = 20;
export const VARIANT_NAME_CHARS_MAX = 60;

const MEMBERS = ["name", "weight", "systemPrompt"];

/** The variants in the text of a file, and all that is wrong with it, in words. */
export function parseVariants(text: string): { variants: Variant[]; faults: string[] } {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (error) {
    return { variants: [], faults: [`is not JSON: ${(error as Error).message}`] };
  }
  const list = isObject(file) ? file.variants : undefined;
  if (!Array.isArray(list) || list.length === 0 || list.length > VARIANTS_MAX) {
    return { variants: [], faults: [`must be { "variants": [ … ] } with 1 to ${VARIANTS_MAX} of them`] };
  }
  const faults = list.flatMap((variant, at) => faultsOf(variant).map((fault) => `variants[${at}] ${fault}`));
  const names = list.map((variant) => isObject(variant) ? variant.name : undefined);
  for (const [at, name] of names.entries()) {
    const first = names.indexOf(name);
    if (typeof name === "string" && first < at) {
      faults.push(`variants[${at}] has the name of variants[${first}], "${name}"`);
    }
  }
  return { variants: faults.length === 0 ? list as Variant[] : [], faults };
}

function faultsOf(variant: unknown): string[] {
  if (!isObject(variant)) return [`must be { "name", "weight", "systemPrompt" }`];
  const { name, weight, systemPrompt } = variant;
  const faults: string[] = [];
  if (!isText(name, VARIANT_NAME_CHARS_MAX) || name.trim() === "") {
    faults.push(`must have a name of 1 to ${VARIANT_NAME_CHARS_MAX} characters`);
  }
  if (typeof weight !== "number" || !Number.isFinite(weight) || weight <= 0) {
    faults.push("must have a weight above 0");
  }
  if (!isText(systemPrompt, SYSTEM_PROMPT_CHARS_MAX)) {
    faults.push(`must have a systemPrompt of at most ${SYSTEM_PROMPT_CHARS_MAX} characters, or ""`);
  }
  for (const member of Object.keys(variant)) {
    if (!MEMBERS.includes(member)) faults.push(`has a member "${member}", which means nothing`);
  }
  return faults;
}

/** The variant of a conversation; null when there is no experiment (E1). */
export function variantOf(variants: readonly Variant[], conversationId: Id): Variant | null {
  // Rendezvous: each variant draws a lot for the conversation, and the heavier it is the better its lots are.
  let chosen: Variant | null = null;
  let best = -Infinity;
  for (const variant of variants) {
    const lot = Math.log(drawn(conversationId, variant.name)) / variant.weight;
    if (chosen === null || lot > best) [chosen, best] = [variant, lot];
  }
  return chosen;
}

/** A number above 0 and below 1, always the same for the same words. */
function drawn(conversationId: Id, name: string): number {
  const hash = createHash("sha256").update(JSON.stringify([conversationId, name])).digest();
  return (hash.readUIntBE(0, 6) + 0.5) / 2 ** 48;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown, charsMax: number): value is string {
  return typeof value === "string" && value.length <= charsMax && value.isWellFormed();
}
