// The demo: a provider with no model, no network and no key. It gives a tour, and counts.
//   D1  Deterministic: the same question gives the same tokens, whoever runs it.
//   D2  The pace does not drift: each token has its time, counted from the start, however late the one before it was.
//   D3  A checkpoint says what is being said, and how many tokens of it were: any process can go on from it (M3).
//   D4  From a prefix of what it says, it goes on with what is missing (M3).
import { AppError } from "../core/errors.ts";
import type { Clock } from "../core/time.ts";
import { alternating } from "./turns.ts";
import { TOUR, TOUR_REASONING } from "./tour.ts";
import type { Delta, ModelRequest, Provider } from "./provider.ts";

/** About half an hour at the default pace; a longer count shows nothing more. */
export const COUNT_MAX = 100_000;

export interface DemoOptions {
  /** Infinity sends everything at once. */
  tokensPerSecond: number;
  clock: Clock;
}

type Token = Extract<Delta, { text: string }>;

/** An answer, and how much of it was said. Also the JSON of a checkpoint. */
interface Place {
  /** Null: the tour. */
  countTo: number | null;
  /** Tokens said so far, those of an earlier process included. */
  said: number;
  inputTokens: number;
}

export function demo({ tokensPerSecond, clock }: DemoOptions): Provider {
  async function* from(
    place: Place,
    signal: AbortSignal,
    within = 0,
  ): AsyncGenerator<Delta, void, undefined> {
    signal.throwIfAborted();
    const startMs = clock.now();
    let said = 0;
    let reasoned = 0;
    for (const token of tokensOf(place.countTo)) { // at most COUNT_MAX, or the tour
      said++;
      if (token.type === "reasoning") reasoned++;
      if (said <= place.said) continue;
      const waitMs = startMs + ((said - place.said - 1) * 1000) / tokensPerSecond - clock.now();
      if (waitMs > 0) await clock.sleep(waitMs, signal);
      signal.throwIfAborted();
      yield said === place.said + 1 ? { ...token, text: token.text.slice(within) } : token;
      yield { type: "checkpoint", checkpoint: JSON.stringify({ ...place, said } satisfies Place) };
    }
    const { inputTokens } = place;
    const usage = {
      inputTokens,
      outputTokens: said,
      ...(reasoned === 0 ? {} : { reasoningTokens: reasoned }),
    };
    yield { type: "usage", usage };
    yield { type: "end" };
  }
  return {
    name: "demo",
    async *stream(request, signal) {
      const asked = [request.systemPrompt, ...request.turns.map((turn) => turn.text)];
      const inputTokens = asked.reduce((tokens, text) => tokens + words(text).length, 0);
      const countTo = countAskedIn(request);
      const { said, within } = saidBy(request.prefix ?? "", countTo);
      yield* from({ countTo, said, inputTokens }, signal, within);
    },
    continues: () => true,
    async *resume(checkpoint, signal) {
      yield* from(placeOf(checkpoint), signal);
    },
  };
}

/** The tokens of the answer to `request`. */
export function demoTokens(request: Pick<ModelRequest, "turns">): Generator<Token, void, undefined> {
  return tokensOf(countAskedIn(request));
}

function* tokensOf(countTo: number | null): Generator<Token, void, undefined> {
  if (countTo !== null) {
    for (let n = 1; n <= countTo; n++) yield { type: "text", text: n === 1 ? "1" : ` ${n}` };
    return;
  }
  for (const text of words(TOUR_REASONING)) yield { type: "reasoning", text };
  for (const text of words(TOUR)) yield { type: "text", text };
}

/**
 * The tokens that `prefix` has whole, its thoughts included, and the UTF-16 units that it has of the next.
 * @throws AppError `provider_rejected` when the demo says something else.
 */
function saidBy(prefix: string, countTo: number | null): { said: number; within: number } {
  let said = 0;
  if (prefix === "") return { said, within: 0 };
  let left = prefix;
  for (const { type, text } of tokensOf(countTo)) { // at most COUNT_MAX, or the tour
    if (type === "text") {
      if (left.length < text.length && text.startsWith(left)) return { said, within: left.length };
      if (!left.startsWith(text)) break;
      left = left.slice(text.length);
    }
    said++;
  }
  if (left === "") return { said, within: 0 };
  throw new AppError(
    "provider_rejected",
    "The demo cannot go on from here: these are not the words that it would say.",
  );
}

/** @throws AppError `provider_rejected` when it is no checkpoint of the demo's. */
function placeOf(checkpoint: string): Place {
  let place: Partial<Place> | null = null;
  try {
    place = JSON.parse(checkpoint);
  } catch {
    // Another provider's, or damaged: refused below.
  }
  const { countTo = NaN, said = NaN, inputTokens = NaN } = place ?? {};
  const known = countTo === null || (Number.isInteger(countTo) && countTo >= 1 && countTo <= COUNT_MAX);
  if (known && Number.isInteger(said) && said >= 0 && Number.isInteger(inputTokens)) {
    return { countTo, said, inputTokens };
  }
  throw new AppError(
    "provider_rejected",
    "The demo cannot go on from here: this is no checkpoint of its own.",
  );
}

function countAskedIn({ turns }: Pick<ModelRequest, "turns">): number | null {
  return countAsked(alternating(turns).findLast((turn) => turn.role === "user")?.text ?? "");
}

/** The N of the last `count to N`, from 1 to COUNT_MAX, with or without thousands separators; or null. */
function countAsked(text: string): number | null {
  const asked = [...text.matchAll(/\bcount to (\d{1,3}(?:[,_]\d{3})+|\d{1,9})\b/gi)].at(-1)?.[1];
  const to = asked === undefined ? NaN : Number(asked.replace(/[,_]/g, ""));
  return to >= 1 && to <= COUNT_MAX ? to : null;
}

/** `text` cut before the white space ahead of each word, so that the pieces joined are the text. */
function words(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}
