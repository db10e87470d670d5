import { assert, assertEquals } from "@std/assert";
import { askedToGoOn, goingOn, REPEATED_CHARS_MAX, REPEATED_CHARS_MIN, Seam } from "@/lib/generate/seam.ts";
import type { Delta } from "@/lib/models/provider.ts";
import { type Random, seeded } from "../../support/random.ts";

/** What a seam lets through of `said` after `text`, cut into pieces of at most `chars`. */
function passed(text: string, said: string, chars = said.length): string {
  const seam = new Seam(text);
  let out = "";
  for (let at = 0; at < said.length; at += chars) out += seam.push(said.slice(at, at + chars));
  return out + seam.close();
}

async function through(text: string, deltas: Delta[]): Promise<Delta[]> {
  async function* said() {
    yield* deltas;
  }
  return await Array.fromAsync(goingOn(said(), text));
}

Deno.test("S1: what a model says again of the end of the text is left out, and what it should have said is not", () => {
  const text = "The tide rises twice a day, since the moon pulls at the oc";
  const cases: [said: string, kept: string][] = [
    ["ean nearest to it.", "ean nearest to it."],
    [text.slice(-40) + "ean nearest to it.", "ean nearest to it."],
    // A word that was cut off, said again whole.
    ["the ocean nearest to it.", "ean nearest to it."],
    [" the ocean nearest to it.", "ean nearest to it."],
    [text + "ean.", "ean."],
    // Words of its own go through, and what they lead in is no longer at the beginning.
    [`Sure, continuing: ${text.slice(-40)}ean.`, `Sure, continuing: ${text.slice(-40)}ean.`],
    // Almost the same is not the same.
    [`${text.slice(-40).toUpperCase()}ean.`, `${text.slice(-40).toUpperCase()}ean.`],
    [text.slice(-40), ""],
    ["", ""],
  ];
  for (const [said, kept] of cases) assertEquals(passed(text, said), kept, said);
});

Deno.test("S3: a few characters that happen to be the same are kept: a number, a letter, a syllable, a half word", () => {
  const cases: [text: string, said: string][] = [
    ["It costs 1", "100 dollars"],
    ["a b", "banana"],
    ["It is ba", "bar"],
    ["a banana", "nana split"],
    ["He said ha", "ha ha"],
    ["| 0 | 0 |", " 0 | 0 |"],
    ["1 2 3", "3 4 5"],
  ];
  for (const [text, said] of cases) assertEquals(passed(text, said), said, `${text} + ${said}`);
});

Deno.test("S1: a text that repeats itself loses no more than is looked at, and the longest of several repetitions", () => {
  const row = "| one | two |\n";
  const rows = Math.floor(REPEATED_CHARS_MAX / row.length);
  assertEquals(passed(row.repeat(100), row.repeat(100)), row.repeat(100 - rows));
  const twice = "again and again and again";
  assertEquals(passed(`So ${twice}`, `${twice}.`), ".");
});

/** Text of few letters, so that its ends are often alike by chance. */
function babble(random: Random, chars: number): string {
  const letters = ["a", "b", " ", "1", "é", "漢", "😀", "\n"];
  return Array.from({ length: chars }, () => letters[random.between(0, letters.length - 1)]).join("");
}

/** The longest beginning of `said` that ends `text`, of those that count as said again. */
function repeatedIn(text: string, said: string): string[] {
  const found: string[] = [];
  for (let n = 1; n <= Math.min(text.length, said.length, REPEATED_CHARS_MAX); n++) {
    if (text.endsWith(said.slice(0, n))) found.push(said.slice(0, n));
  }
  return found;
}

Deno.test("S1, S2: whatever is said after whatever text, what is left out is a repetition, and no cut changes it", () => {
  const random = seeded("seam");
  for (let round = 0; round < 3_000; round++) {
    const text = babble(random, random.between(0, 60));
    const repeated = random.between(0, 2) === 0 ? "" : text.slice(-random.between(1, 40)).toWellFormed();
    const said = repeated + babble(random, random.between(0, 30));
    const whole = passed(text, said);
    const out = said.slice(0, said.length - whole.length);
    const where = `SEED=${random.seed}: ${JSON.stringify({ text, said, whole })}`;
    assert(said.endsWith(whole), where);
    const all = repeatedIn(text, said);
    if (out !== "") assert(all.includes(out), where);
    // What is too long for chance is always left out.
    const longest = all.at(-1) ?? "";
    if (longest.length >= REPEATED_CHARS_MIN) assertEquals(out, longest, where);
    for (const chars of [1, 2, 3, 7]) {
      assertEquals(passed(text, said, chars), whole, `${chars} at once, ${where}`);
    }
  }
});

Deno.test("S1: however much of the end is said again, the joined text is the text once", () => {
  const random = seeded("seam, whole");
  const words =
    "Ebbe und Flut kommen zweimal am Tag; 漢字 und 😀 stehen auch da, und der Mond zieht an allem.";
  for (let round = 0; round < 500; round++) {
    const cut = random.between(REPEATED_CHARS_MIN + 10, words.length - 1);
    const text = words.slice(0, cut).toWellFormed();
    if (text !== words.slice(0, cut)) continue; // within a character
    const again = random.between(REPEATED_CHARS_MIN, text.length);
    const said = words.slice(cut - again);
    if (!said.isWellFormed()) continue;
    assertEquals(text + passed(text, said, random.between(1, 9)), words, `SEED=${random.seed}`);
  }
});

Deno.test("what is held back goes before the end; thoughts are left out; a checkpoint waits until nothing is held back", async () => {
  const text = "Once upon a time there was a king";
  const deltas: Delta[] = [
    { type: "checkpoint", checkpoint: "0" },
    { type: "reasoning", text: "It was a king." },
    { type: "text", text: "a k" },
    { type: "checkpoint", checkpoint: "1" },
    { type: "text", text: "ite" },
    { type: "checkpoint", checkpoint: "2" },
    { type: "usage", usage: { inputTokens: 1, outputTokens: 2 } },
    { type: "end" },
  ];
  assertEquals(await through(text, deltas), [
    { type: "text", text: "a kite" },
    { type: "checkpoint", checkpoint: "2" },
    { type: "usage", usage: { inputTokens: 1, outputTokens: 2 } },
    { type: "end" },
  ]);
  assertEquals(
    await through(text, [{ type: "text", text: "there was" }, { type: "end", stopReason: "length" }]),
    [
      { type: "text", text: "there was" },
      { type: "end", stopReason: "length" },
    ],
  );
});

Deno.test("a model is asked in words with its own answer and its last words, of which no character is split", () => {
  const request = { model: "m", systemPrompt: "s", turns: [{ role: "user" as const, text: "Why?" }] };
  const text = `${"x".repeat(50)}😀${"y".repeat(199)}`;
  const { turns, ...rest } = askedToGoOn(request, text);
  assertEquals(rest, { model: "m", systemPrompt: "s" });
  assertEquals(turns.slice(0, 2), [...request.turns, { role: "assistant", text }]);
  const wish = turns[2]!;
  assertEquals([turns.length, wish.role], [3, "user"]);
  assert(wish.text.includes(`«${"y".repeat(199)}»`) && wish.text.isWellFormed(), wish.text);
});
