// What an answer says: words of one width, in an order of its own, so that readers compare bytes and need not parse.
//   G1  Two answers of one run say different things at every place: a token in the wrong stream is a mismatch.
//   G2  Token i of an answer is the same bytes however it is asked for: as text, or as the provider's frame.

/** Four digits and a space. Tokens of real models have four characters or five. */
export const TOKEN_CHARS = 5;
/** Words there are; each answer begins at another and goes round. */
const WORDS = 10_000;
/** The longest answer: the words once around. The app keeps 120 Ki characters of one answer, which is more. */
export const TOKENS_MAX = WORDS;
/** Spreads the beginnings; coprime with `WORDS`, so that ten thousand answers in a row each have their own. */
const STRIDE = 7_919;

/** A chunk of a Chat Completions stream as a model's server sends it, around one token's text. */
export const CONTENT_HEAD =
  `data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1790000000,"model":"bench",` +
  `"system_fingerprint":"fp_bench","choices":[{"index":0,"delta":{"content":"`;
export const CONTENT_TAIL = `"},"logprobs":null,"finish_reason":null}]}`;

const encoder = new TextEncoder();
/** Twice around, so that every answer is one slice. */
const TEXT = Array.from({ length: 2 * WORDS }, (_, i) => `${String(i % WORDS).padStart(4, "0")} `).join("");
const FRAME_BYTES = httpChunk(CONTENT_HEAD + TEXT.slice(0, TOKEN_CHARS) + CONTENT_TAIL + "\n\n").length;
const FRAMES = framesOf(TEXT);

/** The text of one answer. */
export class Script {
  readonly #first: number;

  /** @param index which answer of this process; those within ten thousand of each other differ */
  constructor(index: number) {
    this.#first = index * STRIDE % WORDS;
  }

  /** Whether the answer has exactly `text` behind its first `chars` characters. */
  has(text: string, chars: number): boolean {
    return TEXT.startsWith(text, this.#first * TOKEN_CHARS + chars);
  }

  /** The first `tokens` tokens. */
  text(tokens: number): string {
    return TEXT.slice(this.#first * TOKEN_CHARS, (this.#first + tokens) * TOKEN_CHARS);
  }

  /** Tokens `from` to `to` as they go over the wire, one HTTP chunk each. Not to be changed. */
  frames(from: number, to: number): Uint8Array<ArrayBuffer> {
    return FRAMES.subarray((this.#first + from) * FRAME_BYTES, (this.#first + to) * FRAME_BYTES);
  }
}

/** `text` as one chunk of a chunked HTTP/1.1 body. */
export function httpChunk(text: string): Uint8Array<ArrayBuffer> {
  const bytes = encoder.encode(text).length;
  return encoder.encode(`${bytes.toString(16)}\r\n${text}\r\n`);
}

function framesOf(text: string): Uint8Array<ArrayBuffer> {
  const frames = new Uint8Array(text.length / TOKEN_CHARS * FRAME_BYTES);
  for (let token = 0; token * TOKEN_CHARS < text.length; token++) {
    const word = text.slice(token * TOKEN_CHARS, (token + 1) * TOKEN_CHARS);
    frames.set(httpChunk(CONTENT_HEAD + word + CONTENT_TAIL + "\n\n"), token * FRAME_BYTES);
  }
  return frames;
}
