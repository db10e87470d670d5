// Thoughts within the text, cut between deltas in every way.
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Thoughts } from "@/lib/models/thoughts.ts";

/** What is said of `pieces`: the text, the thoughts, and both in their order. */
function said(pieces: readonly string[]): { text: string; reasoning: string; order: string } {
  const heard = { text: "", reasoning: "", order: "" };
  const thoughts = new Thoughts((type, text) => {
    heard[type] += text;
    if (!heard.order.endsWith(type)) heard.order += ` ${type}`;
    assertEquals(text === "", false, "nothing is said of nothing");
  });
  for (const piece of pieces) thoughts.take(piece);
  thoughts.end();
  return heard;
}

/** `text`, cut at some of its places. */
function cutAt(text: string, places: readonly number[]): string[] {
  const sorted = [...new Set(places.map((place) => place % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...sorted].map((from, i) => text.slice(from, sorted[i] ?? text.length));
}

/** By hand: the answer, its thoughts, its text. */
const ANSWERS: readonly [answer: string, reasoning: string, text: string][] = [
  ["<think>Hmm.</think>Yes.", "Hmm.", "Yes."],
  ["\n <think>\nHmm, well.\n</think>\n\nYes.", "Hmm, well.\n", "Yes."],
  ["<think></think>Yes.", "", "Yes."],
  ["<think>\n\n</think>\n\nYes.", "", "Yes."], // a model that was told not to think
  ["<think>a < b </thin </think>c", "a < b </thin ", "c"],
  ["<think>a<</think>c", "a<", "c"],
  ["<think><think>a</think>c", "<think>a", "c"],
  ["<think>a</think>b</think>c<think>d</think>", "a", "b</think>c<think>d</think>"], // T1
  ["Yes <think>no</think>", "", "Yes <think>no</think>"], // T1
  ["<thinking>a</thinking>", "", "<thinking>a</thinking>"],
  ["<THINK>a</THINK>", "", "<THINK>a</THINK>"],
  ["  Yes.\n", "", "  Yes.\n"],
  ["<thi", "", "<thi"],
  [" \n", "", " \n"],
  ["", "", ""],
  ["<think>Hmm, and", "Hmm, and", ""], // T3
  ["<think>Hmm</thin", "Hmm</thin", ""], // T3
  ["<think>Hmm</think>", "Hmm", ""],
  ["<think>Hmm</think> \n", "Hmm", ""],
  [`${" ".repeat(64)}<think>a</think>b`, "a", "b"],
  [`${" ".repeat(65)}<think>a</think>b`, "", `${" ".repeat(65)}<think>a</think>b`],
];

Deno.test("T1, T2, T3: thoughts are told apart, cut once at each place, and at every place at once", () => {
  for (const [answer, reasoning, text] of ANSWERS) {
    const cuts = [[answer], [...answer], ...[...answer].map((_, i) => [answer.slice(0, i), answer.slice(i)])];
    for (const pieces of cuts) {
      const heard = said(pieces);
      assertEquals([heard.reasoning, heard.text], [reasoning, text], JSON.stringify(pieces));
    }
  }
});

Deno.test("T2: a short answer says the same in every one of its 65,536 splittings", () => {
  const answer = "<think>a</think>b";
  for (let cuts = 0; cuts < 1 << (answer.length - 1); cuts++) {
    const pieces = [answer[0]!];
    for (let i = 1; i < answer.length; i++) {
      if (cuts & 1 << (i - 1)) pieces.push(answer[i]!);
      else pieces[pieces.length - 1] += answer[i]!;
    }
    const { reasoning, text } = said(pieces);
    if (reasoning !== "a" || text !== "b") {
      assertEquals([reasoning, text], ["a", "b"], JSON.stringify(pieces));
    }
  }
});

/** The rule over a whole answer, as one expression. */
function whole(answer: string): { text: string; reasoning: string } {
  const match = /^\s{0,64}<think>\s*([^]*?)(?:<\/think>\s*([^]*))?$/.exec(answer);
  if (match === null) return { text: answer, reasoning: "" };
  return { reasoning: match[1]!, text: match[2] ?? "" };
}

Deno.test("T1, T2, T3: any answer says the same in whichever pieces it comes", () => {
  const bits = fc.constantFrom(
    "<think>",
    "</think>",
    "<",
    "</",
    "think>",
    " ",
    "\n",
    "Hmm",
    "é𝒳",
    "\u2028",
    ">",
  );
  const answer = fc.tuple(fc.boolean(), fc.array(bits, { maxLength: 14 })).map(([thinks, bits]) =>
    (thinks ? "<think>" : "") + bits.join("")
  );
  // On a failure fast-check prints the seed and the path that show it again.
  fc.assert(
    fc.property(answer, fc.array(fc.nat(200), { maxLength: 12 }), (answer, places) => {
      const { text, reasoning, order } = said(cutAt(answer, places));
      assertEquals({ text, reasoning }, whole(answer));
      assertEquals(["", " text", " reasoning", " reasoning text"].includes(order), true, order);
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("nothing is held back that can be no tag", () => {
  const heard: string[] = [];
  const thoughts = new Thoughts((type, text) => heard.push(`${type} ${text}`));
  const expect = (text: string, ...now: string[]) => {
    thoughts.take(text);
    assertEquals(heard.splice(0), now, text);
  };
  expect("<thi");
  expect("nk>Hm", "reasoning Hm");
  expect("m <", "reasoning m ");
  expect("b", "reasoning <b");
  expect("</think", ...[]);
  expect(">", ...[]);
  expect("\n");
  expect("Yes", "text Yes");
  expect(" <think", "text  <think");
});
