// Texts that will not grow any more, as blocks: read once, and kept for the next page that shows them.
//   K3  The text is the whole key, so a message that changed is read anew, and whoever asks learns nothing of anybody else.
//   K4  Only a server keeps them. A browser reads each text once anyway, and has less memory.
import { BoundedCache } from "../../lib/core/bounded_cache.ts";
import { type Blocks, lexed } from "./blocks.ts";

/** Some 650 answers of 1.6 KB; their blocks take 12 bytes for each character, 12 MB in all. */
const CHARS_MAX = 1024 * 1024;
/** What an entry takes beside its characters, as characters: without it, millions of short texts would count as nothing. */
const ENTRY_CHARS = 100;

export class FinishedTexts {
  readonly #kept: BoundedCache<string, Blocks>;
  readonly #read: (text: string) => Blocks;

  constructor({ charsMax = CHARS_MAX, read = lexed } = {}) {
    this.#kept = new BoundedCache(charsMax);
    this.#read = read;
  }

  blocks(text: string): Blocks {
    const known = this.#kept.get(text);
    if (known !== undefined) return known;
    const blocks = this.#read(text);
    this.#kept.put(text, blocks, text.length + ENTRY_CHARS);
    return blocks;
  }
}
