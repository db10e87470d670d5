// What is known of a conversation that is not remembered.
import { assert } from "@std/assert";
import { lineOf, relevanceOf } from "@/lib/chat/search/line.ts";
import { readQuery } from "@/lib/chat/search/query.ts";
import { mayAnswer, signatureOf } from "@/lib/chat/search/signature.ts";
import { QUERIES, someText } from "../../../support/naive_search.ts";
import { seeded } from "../../../support/random.ts";

Deno.test("G1: a signature never denies what its lines would have found", () => {
  const random = seeded("signatures");
  let [found, denied] = [0, 0];
  for (let times = 0; times < 2_000; times++) {
    const lines = Array.from({ length: random.between(1, 3) }, () => lineOf(someText(random, 4).text));
    const signature = signatureOf(lines);
    for (const text of QUERIES) {
      const query = readQuery(text);
      const finds = lines.some((line) => relevanceOf(line, query) >= 0);
      const may = mayAnswer(signature, query);
      assert(may || !finds, `${JSON.stringify(lines)} ${text}`);
      if (finds) found++;
      if (!may) denied++;
    }
  }
  assert(found > 1_000 && denied > 1_000, `${found} ${denied}`);
});

Deno.test("of conversations that do not say a word nearly all are known not to, from a tenth of their length", () => {
  const random = seeded("words that are not there");
  const word = () =>
    Array.from({ length: random.between(3, 9) }, () => "etaoinshrdlucm"[random.between(0, 13)]).join("");
  const vocabulary = Array.from({ length: 5_000 }, word);
  let denied = 0;
  for (let times = 0; times < 200; times++) {
    const said = Array.from({ length: 800 }, () => vocabulary[random.between(0, 400)]).join(" ");
    const signature = signatureOf([lineOf(said)]);
    assert(signature.byteLength < said.length / 5, `${signature.byteLength} of ${said.length}`);
    if (!mayAnswer(signature, readQuery("xyzzyplugh"))) denied++;
  }
  assert(denied > 190, `${denied} of 200`);
});
