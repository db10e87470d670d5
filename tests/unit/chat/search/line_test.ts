// What a text is found by, how well, and what is shown of it.
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { excerptOf } from "@/lib/chat/search/excerpt.ts";
import { lineOf, relevanceOf } from "@/lib/chat/search/line.ts";
import { readQuery } from "@/lib/chat/search/query.ts";
import { folded } from "@/lib/chat/search/words.ts";
import { AppError } from "@/lib/core/errors.ts";
import { QUERY_CHARS_MAX } from "@/lib/protocol/api.ts";
import { naiveMatch, QUERIES, someText } from "../../../support/naive_search.ts";
import { seeded } from "../../../support/random.ts";

const relevance = (text: string, query: string) => relevanceOf(lineOf(text), readQuery(query));
const finds = (text: string, query: string) => relevance(text, query) >= 0;

/** The excerpt with each range in brackets. */
function shown(text: string, query: string): string | null {
  const found = excerptOf(text, readQuery(query));
  if (found === null) return null;
  const { excerpt, ranges } = found;
  return ranges.toReversed().reduce(
    (marked, [start, end]) => `${marked.slice(0, start)}[${marked.slice(start, end)}]${marked.slice(end)}`,
    excerpt,
  );
}

Deno.test("all words must be there, the last one perhaps not to its end", () => {
  const text = "The quick brown fox — Über alles: résumé.";
  for (
    const query of ["fox", "QUICK", "qui", "brown quick", "the fo", "uber", "resume", "the, fox!", " fox "]
  ) {
    assert(finds(text, query), query);
  }
  for (const query of ["ox", "quic fox", "fox cat", "rown", "foxes", "un", "!"]) {
    assert(query === "!" || !finds(text, query), query);
  }
});

Deno.test("W2: Chinese, Japanese, Thai and Korean are found by any part; other scripts only from the beginning", () => {
  assert(finds("明日の東京の天気は晴れです", "東京"));
  assert(finds("明日の東京の天気は晴れです", "天気 東京"));
  assert(finds("ฉันชอบภาษาไทยมาก", "ภาษา"));
  assert(finds("정보를 검색했습니다", "검색 정보"));
  assert(finds("使用GPT模型", "gpt 模型"));
  assert(!finds("明日の天気", "東京"));
  assert(!finds("concatenate", "cat"));
});

Deno.test("W3: names in code are found as they are written, and by their parts", () => {
  const code = "if (fooBar(x) === foo_baz) return HTTPServer.getUserById;";
  for (
    const query of ["fooBar", "foobar", "bar", "foo_baz", "foo_b", "baz", "foo", "server", "userById", "byid"]
  ) {
    assert(finds(code, query), query);
  }
  for (const query of ["oobar", "foo_bar", "ser http", "erver"]) assert(!finds(code, query), query);
});

Deno.test("words that follow one another come first, then whole words, then those that are said often", () => {
  const texts = [
    "red apple",
    "red red red, apple apple apple",
    "an apple, and red",
    "red apples, apples and apples, red, red",
    "red: the applesauce",
  ];
  const best = texts.map((text) => ({ text, relevance: relevance(text, "red apple") }));
  assertEquals(best.map(({ relevance }) => relevance), [6, 7, 2, 5, 0]);
  assert(relevance("東京の天気", "天気") === relevance("天気", "天気"));
});

Deno.test("a query is bounded, and must say something", () => {
  for (const query of ["", " \n ", "x".repeat(QUERY_CHARS_MAX + 1)]) {
    assertEquals(assertThrows(() => readQuery(query), AppError).code, "invalid");
  }
  assertEquals(readQuery("x".repeat(QUERY_CHARS_MAX)).terms.length, 1);
  assertEquals(readQuery("¿…?!").terms, []);
  const { terms } = readQuery("a ".repeat(100).trim());
  assert(
    terms.length <= 12 && terms.every(({ how }) => how === "whole"),
    "a query that goes on is not being typed",
  );
});

Deno.test("a random text is found by a random query exactly when a naive scan finds it", () => {
  const random = seeded("naive search");
  for (let times = 0; times < 3_000; times++) {
    const { words, text } = someText(random);
    for (const query of QUERIES) {
      assertEquals(finds(text, query), naiveMatch(words, query), `${JSON.stringify(text)} ${query}`);
      assertEquals(
        shown(text, query) !== null || !finds(text, query),
        true,
        `${JSON.stringify(text)} ${query}`,
      );
    }
  }
});

Deno.test("an excerpt shows the first hit and what stands around it, with the words marked", () => {
  assertEquals(shown("The quick\nbrown fox", "qui brown fo"), "The quick [brown] [fo]x");
  assertEquals(shown("RÉSUMÉ, resumés", "resum"), "[RÉSUM]É, [resum]és");
  assertEquals(shown("call fooBarBaz and foo_bar", "bar"), "call foo[Bar]Baz and foo_[bar]");
  assertEquals(shown("明日の東京の天気", "東京 天気"), "明日の[東京]の[天気]");
  assertEquals(shown("nothing", "else"), null);
  const around = shown(`${"before ".repeat(100)}needle${" after".repeat(100)}`, "needle")!;
  assert(/^…(before ){5,9}\[needle\]( after){25,31}…$/.test(around), around);
});

Deno.test("E1: neither an excerpt nor a range cuts a surrogate pair, or is longer than it may be", () => {
  const text = fc.array(
    fc.oneof(
      fc.constantFrom("needle", "Needless", "x", "😀", "𝔸𝔸", "漢字", "é", "\n", "e\u0301", "a".repeat(90)),
    ),
    { maxLength: 80 },
  ).chain((words) => fc.constantFrom("", " ").map((between) => words.join(between)));
  fc.assert(
    fc.property(
      text,
      fc.constantFrom("needle", "need", "漢", "字", "𝔸", "e x", "x needle"),
      (text, query) => {
        const found = excerptOf(text, readQuery(query));
        if (finds(text, query)) assert(found !== null, "what is found can be shown");
        if (found === null) return;
        const { excerpt, ranges } = found;
        assert(excerpt.isWellFormed() && excerpt.length <= 242, excerpt);
        assert(ranges.length > 0);
        let before = 0;
        for (const [start, end] of ranges) {
          assert(before <= start && start < end && end <= excerpt.length, `${excerpt} ${ranges}`);
          before = end;
          const marked = excerpt.slice(start, end);
          assert(marked.isWellFormed(), marked);
          assert(query.split(" ").some((word) => folded(marked).startsWith(folded(word))), marked);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

Deno.test("E1: where no space is near, a cut falls between two characters", () => {
  for (const odd of ["", "x"]) {
    for (const text of [`needle${odd}${"😀".repeat(300)}`, `${"😀".repeat(300)}${odd} needle`]) {
      const { excerpt } = excerptOf(text, readQuery("needle"))!;
      assert(excerpt.isWellFormed() && excerpt.length < text.length, excerpt);
    }
  }
});

Deno.test("a word of endless length is found, and shown in an excerpt that is none", () => {
  const blob = "QUJD".repeat(30_000);
  assert(finds(`see ${blob}`, "see qujd"));
  const { excerpt, ranges } = excerptOf(`see ${blob}`, readQuery(blob.slice(0, 150)))!;
  assert(excerpt.length <= 242);
  assertEquals(ranges, [[4, 240]]);
});
