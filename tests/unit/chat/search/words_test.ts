// Words, as a search compares them.
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { folded, partsOf, placeIn, wordsOf } from "@/lib/chat/search/words.ts";

const said = (text: string) => wordsOf(text).map(({ folded }) => folded);

Deno.test("W1: words are the same whatever their case, their accents, and how those were typed", () => {
  const same: [string, ...string[]][] = [
    ["résumé", "RÉSUMÉ", "re\u0301sume\u0301", "resume", "Resumé"],
    ["straße", "STRASSE", "Straẞe", "strasse"],
    ["ＡＢＣ１", "abc1", "ABC①"],
    ["ﬁn", "fin", "FIN"],
    ["ΣΊΣΥΦΟΣ", "Σίσυφος", "σισυφος"],
    ["İstanbul", "istanbul", "ISTANBUL", "ıstanbul"],
    ["Łódź", "lodz", "LÓDŹ"],
    ["Việt", "viet", "VIE\u0302\u0323T"],
    ["ё", "е", "Ё"],
    ["مُحَمَّد", "محمد"],
    ["co\u00adop", "coop"],
    ["가각", "\u1100\u1161\u1100\u1161\u11a8"],
    ["ｶﾞ", "ガ", "カ\u3099"],
  ];
  for (const [first, ...others] of same) {
    for (const other of others) assertEquals(said(other), said(first), `${first} ${other}`);
  }
  // Another letter is another word: these marks are no accents.
  for (const [one, other] of [["が", "か"], ["バス", "パス"], ["กา", "กี"], ["का", "की"]] as const) {
    assert(folded(one) !== folded(other), `${one} ${other}`);
  }
});

Deno.test("words end at spaces and signs, and keep their places", () => {
  const text = "Don't — node.js, (e-mail)  1.5€ a_b! _so_ ___ 👍🏽 «Ça»";
  assertEquals(said(text), ["don", "t", "node", "js", "e", "mail", "1", "5", "a_b", "so", "ca"]);
  for (const { start, end, folded: word } of wordsOf(text)) {
    assertEquals(folded(text.slice(start, end)), word);
  }
});

Deno.test("W2: a run of a script without spaces is one word, apart from what stands beside it", () => {
  const runs = (text: string) => wordsOf(text).map(({ folded, isRun }) => isRun ? `[${folded}]` : folded);
  assertEquals(runs("GPT模型、東京の天気です。OK"), ["gpt", "[模型]", "[東京の天気です]", "ok"]);
  assertEquals(runs("ภาษา\u200bไทย ง่าย"), ["[ภาษาไทย]", "[ง่าย]"]);
  assertEquals(runs("검색을 해요"), ["[검색을]", "[해요]"]);
  assertEquals(runs("コーヒー々"), ["[コーヒー々]"]);
});

Deno.test("W3: a name in code has parts, each with what follows it in the name", () => {
  const parts = (name: string) => partsOf(name).map(({ folded, rest }) => [folded, rest]);
  assertEquals(parts("fooBarBaz"), [["foo", "foobarbaz"], ["bar", "barbaz"], ["baz", "baz"]]);
  assertEquals(parts("HTTPServer"), [["http", "httpserver"], ["server", "server"]]);
  assertEquals(parts("foo__bar_1"), [["foo", "foo__bar_1"], ["bar", "bar_1"], ["1", "1"]]);
  assertEquals(parts("ÉcoleÉlan"), [["ecole", "ecoleelan"], ["elan", "elan"]]);
  for (const plain of ["foo", "Foo", "FOO", "x1", ""]) assertEquals(parts(plain), [], plain);
  for (const { start, end, folded: part } of partsOf("getUser_byID")) {
    assertEquals("getUser_byID".slice(start, end).toLowerCase(), part);
  }
});

Deno.test("what is data and no word costs no more than its length", () => {
  const blob = "aB".repeat(50_000);
  assertEquals(said(blob), ["ab".repeat(50)]);
  assertEquals(partsOf(blob), []);
  assert(partsOf("aB".repeat(50)).length <= 8);
  assertEquals(said("漢".repeat(1_000)), ["漢".repeat(1_000)]);
});

const letters = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      ..."aAéE\u0301ßﬁİΣς_1①ａ漢か゛\u3099ガｶﾞไกี่가\u1100\u1161\u11a8ا\u064b\u200d\u00ad𝔸😀 \n-.",
    ),
    fc.string({ minLength: 1, maxLength: 1, unit: "binary" }),
  ),
});

Deno.test("W1: folding again changes nothing, and words say where they stand", () => {
  fc.assert(
    fc.property(letters, (text) => {
      let before = 0;
      for (const { start, end, folded: word } of wordsOf(text)) {
        assert(before <= start && start < end && end <= text.length);
        before = end;
        assertEquals(folded(word), word);
        assert(word !== "" && !/\s/.test(word));
      }
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("E1: the place of a part of a word covers it, in whole letters", () => {
  fc.assert(
    fc.property(letters, fc.nat(), fc.nat(), (text, one, other) => {
      for (const { start, end, folded: word } of wordsOf(text)) {
        const original = text.slice(start, end);
        const from = one % word.length;
        const to = from + 1 + other % (word.length - from);
        const place = placeIn(original, from, to);
        assert(0 <= place.start && place.start < place.end && place.end <= original.length);
        const covered = original.slice(place.start, place.end);
        assert(
          folded(covered).includes(word.slice(from, to)),
          `${original}: ${covered} for ${word.slice(from, to)}`,
        );
        assert(!/^[\p{M}\udc00-\udfff]/v.test(covered) || place.start === 0, covered);
      }
    }),
    { numRuns: 2_000 },
  );
});
