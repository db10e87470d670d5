// How much of a model's window a prompt may take. Pure.

/** What is known of a model, and what was asked of it. */
export interface Limits {
  contextTokens: number | null;
  outputTokensMax: number | null;
  /** Of the parameters; absent: as much as the model likes. */
  wantedOutputTokens?: number;
}

export interface Budget {
  /** The window less the reserve for the answer; null when the window is not known. */
  budgetTokens: number | null;
  /** The most that a prompt may be estimated at. */
  promptTokensMax: number;
}

/** Of a window that nobody knows: what no model of today takes, and a request of some 4 MB. */
const UNKNOWN_TOKENS = 1_000_000;

/** An answer is left this share of the window, unless it cannot or need not be so long. */
const RESERVE_SHARE = 1 / 4;
/** Whoever asks for longer answers than this share would leave no room for the question. */
const RESERVE_SHARE_MAX = 1 / 2;

/** What estimates may be wrong by, before and after a provider's count has corrected them. */
const MARGIN = 0.1;
const MARGIN_KNOWN = 0.05;

export function budget(limits: Limits, calibrated: boolean): Budget {
  const { contextTokens } = limits;
  const share = 1 - marginOf(calibrated);
  if (contextTokens === null) {
    return { budgetTokens: null, promptTokensMax: Math.floor(UNKNOWN_TOKENS * share) };
  }
  const budgetTokens = contextTokens - reserve(limits, contextTokens);
  return { budgetTokens, promptTokensMax: Math.floor(budgetTokens * share) };
}

/** Of the answer that is wanted, what fits behind a prompt. Servers add the two, and refuse what the window cannot hold. */
export function answerTokensMax(
  wantedTokens: number,
  contextTokens: number | null,
  promptTokens: number,
  calibrated: boolean,
): number {
  if (contextTokens === null) return wantedTokens;
  const left = contextTokens - Math.ceil(promptTokens * (1 + marginOf(calibrated)));
  return Math.max(1, Math.min(wantedTokens, left));
}

function reserve({ outputTokensMax, wantedOutputTokens }: Limits, contextTokens: number): number {
  const tokens = wantedOutputTokens === undefined
    ? Math.min(outputTokensMax ?? Infinity, contextTokens * RESERVE_SHARE)
    : Math.min(wantedOutputTokens, outputTokensMax ?? Infinity, contextTokens * RESERVE_SHARE_MAX);
  return Math.max(1, Math.floor(tokens));
}

function marginOf(calibrated: boolean): number {
  return calibrated ? MARGIN_KNOWN : MARGIN;
}
