// What a provider said about an error, made fit to be read: its body may be an HTML page, a megabyte, or our own key.
import type { Vendor } from "./vendor.ts";

/** A sentence or two: enough for "max_tokens: 200000 > 128000", too little for a page. */
export const SAID_MAX = 200;
/** What is looked at. Tags are stripped in quadratic time at worst, so this bounds it. */
const LOOKED_AT_MAX = 4096;

const PAGE = /<(!doctype|html|head|body)\b/i;

/**
 * `text` without tags, control characters and our key, in one line of at most `max` characters; "" for a web page, and for
 * what is no text at all.
 */
export function clean(text: unknown, vendor: Vendor, max = SAID_MAX): string {
  if (typeof text !== "string") return "";
  const start = text.slice(0, LOOKED_AT_MAX);
  if (PAGE.test(start)) return "";
  // The key goes first: what follows may cut it in two and so hide it from the search.
  const line = withoutKey(start, vendor).replace(/<[^>]*>/g, " ").replace(/[\s\p{Cc}]+/gu, " ").trim();
  return (line.length > max ? `${line.slice(0, max - 1)}…` : line).toWellFormed();
}

/** The message inside an error's body, whichever of the usual shapes it has; "" when there is none. */
export function messageIn(body: unknown): string {
  for (let at = body, depth = 0; depth < 3; depth++) {
    if (typeof at === "string") return at;
    if (typeof at !== "object" || at === null) return "";
    const { message, detail, error } = at as Record<string, unknown>;
    if (typeof message === "string") return message;
    if (typeof detail === "string") return detail;
    at = error;
  }
  return "";
}

function withoutKey(text: string, { apiKey }: Vendor): string {
  if (apiKey === undefined || apiKey === "") return text;
  const whole = text.replaceAll(apiKey, "[key]");
  // A key that the slice above cut off leaves its beginning at the very end.
  for (let length = Math.min(apiKey.length, whole.length); length >= 8; length--) {
    if (whole.endsWith(apiKey.slice(0, length))) return `${whole.slice(0, -length)}[key]`;
  }
  return whole;
}
