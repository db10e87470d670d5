// Tokens of a text, as they are estimated before a provider has counted them. A real tokenizer takes 85 MB a vocabulary,
// and every vendor has another; this takes none, and what it is wrong by is learnt from the first answer
// (`calibration.ts`).
import { estimateTokenCount } from "tokenx";
import { BoundedCache } from "../core/bounded_cache.ts";
import { type Message, textOf } from "../protocol/message.ts";

/** What a message takes beside its text: its role, and the marks of its beginning and end. */
export const MESSAGE_TOKENS = 4;
/** What a request takes beside its messages. */
export const REQUEST_TOKENS = 3;

/** A longer text is estimated by pieces of it: a person's message never is. */
const WHOLE_CHARS_MAX = 64 * 1024;
const PIECES = 16;
const PIECE_CHARS = WHOLE_CHARS_MAX / PIECES;

/** Estimates that are kept, some 100 bytes each. */
const KEPT_MAX = 20_000;

interface Script {
  pattern: RegExp;
  averageCharsPerToken: number;
}

/** Ids, hashes and base64, of which `tokenx` takes each run for a word: it finds half the tokens there are. */
const RANDOM: Script[] = [
  { pattern: /^(?=.*\d)(?=.*[a-z])[0-9a-z]{4,}$/i, averageCharsPerToken: 1.7 },
  { pattern: /^[0-9a-z]{24,}$/i, averageCharsPerToken: 1.7 },
];

/** Scripts, and languages by the letters that are theirs, of which `tokenx` by itself misses more than a sixth. */
const SCRIPTS: Script[] = [
  { pattern: /[\u0590-\u05ff]/, averageCharsPerToken: 2.7 }, // Hebrew
  { pattern: /[\u0600-\u06ff]/, averageCharsPerToken: 3.2 }, // Arabic, Persian, Urdu
  { pattern: /[\u0900-\u0dff]/, averageCharsPerToken: 3.2 }, // Devanagari to Sinhala
  { pattern: /[\u0e00-\u0eff\u1000-\u109f]/, averageCharsPerToken: 2.3 }, // Thai, Lao, Burmese
  { pattern: /[\u1780-\u17ff]/, averageCharsPerToken: 1.4 }, // Khmer
  { pattern: /[\u1200-\u137f]/, averageCharsPerToken: 0.5 }, // Ethiopic
  { pattern: /[\u0530-\u058f\u10a0-\u10ff]/, averageCharsPerToken: 3.4 }, // Armenian, Georgian
  { pattern: /[іїєґў]/i, averageCharsPerToken: 2.5 }, // Ukrainian, Belarusian
  { pattern: /[\u0400-\u04ff]/, averageCharsPerToken: 5.2 }, // other Cyrillic
  { pattern: /[\u1ea0-\u1ef9ăđơư]/i, averageCharsPerToken: 3.5 }, // Vietnamese
  { pattern: /[ğşı]/i, averageCharsPerToken: 2.7 }, // Turkish
  { pattern: /[們這說來對會為與沒還讓關樣經總點]/, averageCharsPerToken: 1 }, // traditional Chinese
  { pattern: /[\p{Extended_Pictographic}\p{Regional_Indicator}\u200d]/u, averageCharsPerToken: 0.7 }, // emoji
];

const BEYOND_ASCII = /[\u0080-\uffff]/;
const ASCII_ONLY = { languageConfigs: RANDOM };
const ANY_SCRIPT = { languageConfigs: [...RANDOM, ...SCRIPTS] };

/** Tokens of `text`, for a model that counts as most do. */
export function textTokens(text: string): number {
  if (text.length <= WHOLE_CHARS_MAX) return counted(text);
  const step = (text.length - PIECE_CHARS) / (PIECES - 1);
  let tokens = 0;
  for (let piece = 0; piece < PIECES; piece++) {
    const from = Math.floor(piece * step);
    tokens += counted(text.slice(from, from + PIECE_CHARS));
  }
  return Math.ceil(tokens * (text.length / WHOLE_CHARS_MAX));
}

function counted(text: string): number {
  return estimateTokenCount(text, BEYOND_ASCII.test(text) ? ANY_SCRIPT : ASCII_ONLY);
}

/** Estimates messages, each once: a long conversation is estimated at every send. */
export class Estimates {
  readonly #kept = new BoundedCache<string, number>(KEPT_MAX);
  readonly #count: (text: string) => number;

  constructor(count = textTokens) {
    this.#count = count;
  }

  /** Tokens of a message that has ended, its frame included; 0 when it has no words to send. */
  of(message: Message): number {
    const text = textOf(message);
    if (text.trim() === "") return 0;
    // A text that has ended only grows, when its answer is continued, unless a person changes it.
    const key = `${message.conversationId} ${message.id} ${text.length} ${message.editedAt ?? ""}`;
    let tokens = this.#kept.get(key);
    if (tokens === undefined) {
      tokens = MESSAGE_TOKENS + this.#count(text);
      this.#kept.put(key, tokens, 1);
    }
    return tokens;
  }
}
