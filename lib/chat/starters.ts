// Things to try on the page of a new conversation, as an operator words them.
import { MESSAGE_CHARS_MAX, type Starter } from "../protocol/api.ts";

/** More is a menu that nobody reads. */
export const STARTERS_MAX = 8;
export const PROMISE_CHARS_MAX = 120;

export const STARTERS: readonly Starter[] = [
  { text: "What can you show?", promise: "A tour of what an answer can look like" },
  { text: "count to 500", promise: "Watch it run, then open it in a second tab" },
  {
    text: "Explain how a write-ahead log survives a crash, in five sentences.",
    promise: "An idea, in short",
  },
  {
    text: "Draft a short, friendly note that moves our meeting to Thursday.",
    promise: "Words for somebody else",
  },
];

const MEMBERS = ["text", "promise"];

/** The starters in a text of JSON, and all that is wrong with it, in words. An empty list is a page without any. */
export function parseStarters(text: string): { starters: Starter[]; faults: string[] } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { starters: [], faults: [`is not JSON: ${(error as Error).message}`] };
  }
  const list = isObject(json) ? json.starters : json;
  if (!Array.isArray(list) || list.length > STARTERS_MAX) {
    return { starters: [], faults: [`must be a list of at most ${STARTERS_MAX} starters`] };
  }
  const faults = list.flatMap((starter, at) => faultsOf(starter).map((fault) => `[${at}] ${fault}`));
  const texts = list.map((starter) => isObject(starter) ? starter.text : undefined);
  for (const [at, text] of texts.entries()) {
    const first = texts.indexOf(text);
    if (typeof text === "string" && first < at) faults.push(`[${at}] has the text of [${first}]`);
  }
  return { starters: faults.length === 0 ? list as Starter[] : [], faults };
}

function faultsOf(starter: unknown): string[] {
  if (!isObject(starter)) return [`must be { "text", "promise" }`];
  const { text, promise } = starter;
  const faults: string[] = [];
  if (!isText(text, MESSAGE_CHARS_MAX) || text.trim() === "") {
    faults.push(`must have a text of 1 to ${MESSAGE_CHARS_MAX} characters`);
  }
  if (promise !== undefined && !isText(promise, PROMISE_CHARS_MAX)) {
    faults.push(`must have a promise of at most ${PROMISE_CHARS_MAX} characters, or none`);
  }
  for (const member of Object.keys(starter)) {
    if (!MEMBERS.includes(member)) faults.push(`has a member "${member}", which means nothing`);
  }
  return faults;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown, charsMax: number): value is string {
  return typeof value === "string" && value.length <= charsMax && value.isWellFormed();
}
