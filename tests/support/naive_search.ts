// A search as anybody would write it first: every word of every text is looked at. What the real one is compared with.
import type { Random } from "./random.ts";

/** A word as it is written, and all that it is found by. */
export interface Written {
  text: string;
  /** As wholes, or by how they begin. */
  names: readonly string[];
  /** Or by any part of it. */
  run?: string;
}

const plain = (text: string, ...names: string[]): Written => ({
  text,
  names: names.length > 0 ? names : [text],
});
const run = (text: string): Written => ({ text, names: [], run: text });

/** Few, so that they meet often; many begin alike. */
export const VOCABULARY: readonly Written[] = [
  plain("alp"),
  plain("Alpha", "alpha"),
  plain("ALPINE", "alpine"),
  plain("beta"),
  plain("bêtà", "beta"),
  plain("βήτα", "βητα"),
  plain("fooBar", "foobar", "foo", "bar"),
  plain("foo_bar", "foo_bar", "foo", "bar"),
  plain("XMLHttpRequest", "xmlhttprequest", "httprequest", "xml", "http", "request"),
  plain("foo"),
  plain("x86"),
  run("東京の天気"),
  run("東京"),
  run("ภาษาไทย"),
];

export const QUERIES = [
  "alp",
  "alpha",
  "al",
  "a",
  "beta",
  "BÉTA",
  "βητα",
  "foo bar",
  "foobar",
  "fooBar",
  "foo_bar",
  "httpReq",
  "xml alpha",
  "bar al",
  "東京",
  "天気",
  "京の天",
  "ไทย",
  "東京 alpha",
  "x8",
  "nowhere",
  "!?",
];

/** What a query asks for, by the same table. */
const ASKED: Readonly<Record<string, readonly string[]>> = {
  "BÉTA": ["beta"],
  "fooBar": ["foobar"],
  "httpReq": ["httpreq"],
  "!?": [],
};

const isRun = (word: string) => /[^\p{sc=Latn}\p{sc=Grek}\p{N}_]/u.test(word);

export function naiveMatch(words: readonly Written[], query: string): boolean {
  const asked = ASKED[query] ?? query.split(" ");
  if (asked.length === 0) return false;
  return asked.every((word, i) =>
    words.some(({ names, run }) =>
      isRun(word)
        ? run?.includes(word)
        : names.some((name) => i === asked.length - 1 ? name.startsWith(word) : name === word)
    )
  );
}

const BETWEEN = [" ", "  ", "\n", ", ", ". ", " — ", "! ", "\n\n- ", " «", "/"];

/** Words, and a text that has them. */
export function someText(random: Random, most = 8): { words: Written[]; text: string } {
  const words = Array.from(
    { length: random.between(1, most) },
    () => VOCABULARY[random.between(0, VOCABULARY.length - 1)]!,
  );
  let text = "";
  for (const word of words) text += word.text + BETWEEN[random.between(0, BETWEEN.length - 1)];
  return { words, text };
}
