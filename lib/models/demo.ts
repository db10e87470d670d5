// The demo: a provider with no model, no network and no key. It gives a tour, and counts.
//   D1  Deterministic: the same question gives the same tokens, whoever runs it.
//   D2  The pace does not drift: each token has its time, counted from the start, however late the one before it was.
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

export function demo({ tokensPerSecond, clock }: DemoOptions): Provider {
  return {
    name: "demo",
    async *stream(request, signal) {
      signal.throwIfAborted();
      const startMs = clock.now();
      let sent = 0;
      let reasoned = 0;
      for (const token of demoTokens(request)) { // at most COUNT_MAX, or the tour
        const waitMs = startMs + (sent * 1000) / tokensPerSecond - clock.now();
        if (waitMs > 0) await clock.sleep(waitMs, signal);
        signal.throwIfAborted();
        yield token;
        sent++;
        if (token.type === "reasoning") reasoned++;
      }
      const asked = [request.systemPrompt, ...request.turns.map((turn) => turn.text)];
      yield {
        type: "usage",
        usage: {
          inputTokens: asked.reduce((tokens, text) => tokens + words(text).length, 0),
          outputTokens: sent,
          ...(reasoned === 0 ? {} : { reasoningTokens: reasoned }),
        },
      };
      yield { type: "end" };
    },
  };
}

/** The tokens of the answer to `request`. */
export function* demoTokens(request: Pick<ModelRequest, "turns">): Generator<Token, void, undefined> {
  const to = countAsked(alternating(request.turns).findLast((turn) => turn.role === "user")?.text ?? "");
  if (to !== null) {
    for (let n = 1; n <= to; n++) yield { type: "text", text: n === 1 ? "1" : ` ${n}` };
    return;
  }
  for (const text of words(TOUR_REASONING)) yield { type: "reasoning", text };
  for (const text of words(TOUR)) yield { type: "text", text };
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
