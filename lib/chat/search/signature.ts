// What a conversation may say, in a tenth of its length: the beginnings of its words, and pairs of letters of its runs, as
// hashes. It tells which conversations need not be read. Pure.
//   G1  A signature never denies what its lines would have found; it may take for possible what they have not.
import type { Query, Term } from "./query.ts";
import { isSpaceless } from "./words.ts";

/** Sorted, each once. */
export type Signature = Uint16Array;

/** Of a word so much counts: a longer one is shared by more words, a shorter one tells less. */
const BEGINNING_CHARS = 4;

export function signatureOf(lines: Iterable<string>): Signature {
  const hashes = new Set<number>();
  for (const line of lines) {
    for (const word of line.split(/[ \n]+/)) {
      if (word === "") continue;
      hashes.add(hashOf(word, 0, BEGINNING_CHARS));
      if (isSpaceless(word)) {
        for (let at = 0; at + 2 <= word.length; at++) hashes.add(hashOf(word, at, at + 2));
      }
    }
  }
  return Uint16Array.from(hashes).sort();
}

/** Whether the lines of a signature may answer a query. */
export function mayAnswer(signature: Signature, query: Query): boolean {
  return query.terms.every((term) => mayHave(signature, term));
}

function mayHave(signature: Signature, { how, word }: Term): boolean {
  if (how === "part") {
    for (let at = 0; at + 2 <= word.length; at++) if (!has(signature, hashOf(word, at, at + 2))) return false;
    return true;
  }
  // A beginning that is shorter is that of too many words.
  if (how === "beginning" && word.length < BEGINNING_CHARS) return true;
  return has(signature, hashOf(word, 0, BEGINNING_CHARS));
}

function has(signature: Signature, hash: number): boolean {
  let from = 0;
  let to = signature.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (signature[middle]! < hash) from = middle + 1;
    else to = middle;
  }
  return signature[from] === hash;
}

/** FNV-1a of a part of a word, folded to 16 bits. */
function hashOf(word: string, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < Math.min(to, word.length); at++) {
    hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
  }
  return (hash >>> 16) ^ (hash & 0xffff);
}
