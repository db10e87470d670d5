// Figures as people read them. What is unknown is a dash, never a zero; what is known to cost nothing is free.
import type { Spent } from "../protocol/conversation.ts";
import type { Price, Tier } from "../protocol/model.ts";

/** Stands for a figure that nobody knows. */
export const UNKNOWN = "—";

/** Made once: `toLocaleString()` looks its locale up for each number. */
const COUNT = new Intl.NumberFormat("en");
/** Two digits tell what matters of a small sum; four of a large one keep its cents. */
const SMALL = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });
const CENTS = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const EXACT = new Intl.NumberFormat("en", { maximumFractionDigits: 6 });

/** `1,234`. */
export function count(n: number): string {
  return COUNT.format(Math.round(n));
}

/** A model's window: `1M`, `128K`. Rounded down: it must not promise what is not there. */
export function windowOf(tokens: number | null): string {
  if (tokens === null) return UNKNOWN;
  // Some are powers of two, and are called by them.
  const unit = tokens % 1000 !== 0 && tokens % 1024 === 0 ? 1024 : 1000;
  if (tokens >= unit * unit) return `${Math.floor(tokens / (unit * unit) * 10) / 10}M`;
  return tokens >= unit ? `${Math.floor(tokens / unit)}K` : count(tokens);
}

/** In and out for a million tokens: `$2/$10`. */
export function priceOf(price: Price | null): string {
  if (price === null) return UNKNOWN;
  return isFree(price) ? "free" : `${perMillion(price.input)}/${perMillion(price.output)}`;
}

/** A known cost; 0 is free only where the price says so: a few tokens may cost less than can be told. */
export function costOf(microUsd: number | null | undefined, price?: Price | null): string {
  if (microUsd === null || microUsd === undefined) return UNKNOWN;
  if (microUsd > 0) return dollars(microUsd);
  return price === undefined || price === null ? "$0" : isFree(price) ? "free" : "< $0.000001";
}

/** Every digit that is known: `$0.004213`. */
export function exactCost(microUsd: number): string {
  return `$${EXACT.format(microUsd / 1e6)}`;
}

/** What a conversation cost. What is not known is said beside what is. */
export function spentOf(spent: Spent | undefined): string {
  if (spent === undefined || (spent.microUsd === 0 && spent.unpriced === 0)) return "$0";
  if (spent.unpriced === 0) return dollars(spent.microUsd);
  const known = spent.microUsd === 0 ? "" : `${dollars(spent.microUsd)}, and `;
  return known + unpriced(spent.unpriced);
}

/** `2 requests of unknown price`. */
export function unpriced(requests: number): string {
  return `${count(requests)} ${requests === 1 ? "request" : "requests"} of unknown price`;
}

export function dollars(microUsd: number): string {
  const usd = microUsd / 1e6;
  return `$${usd === 0 ? "0" : usd < 1 ? SMALL.format(usd) : CENTS.format(usd)}`;
}

/** `0.4 s`, `12 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  const s = ms / 1000;
  if (s < 9.95) return `${s.toFixed(1)} s`;
  const whole = Math.round(s);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Part of a whole, as `12 %`, rounded down: what is not full is never called so. Something is never 0 %. */
export function percent(part: number, whole: number): string {
  const exact = part / whole * 100;
  if (exact > 0 && exact < 1) return "< 1 %";
  return `${Math.floor(exact)} %`;
}

/** What a prompt costs before it is sent, in micro-USD; null when nobody knows. Nothing is known of what will be cached. */
export function promptMicroUsd(price: Price | null, tokens: number): number | null {
  if (price === null) return null;
  const { aboveTokens } = price;
  const tier: Tier = aboveTokens !== undefined && tokens > aboveTokens.tokens ? aboveTokens : price;
  return tokens * tier.input / 1e6;
}

export function isFree(price: Price): boolean {
  return price.input === 0 && price.output === 0;
}

/** `$2`, `$0.10`: what a price list says. */
function perMillion(microUsd: number): string {
  const usd = microUsd / 1e6;
  if (Number.isInteger(usd)) return `$${COUNT.format(usd)}`;
  return usd >= 0.01 ? `$${CENTS.format(usd)}` : `$${SMALL.format(usd)}`;
}
