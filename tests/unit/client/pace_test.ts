import { assert, assertEquals } from "@std/assert";
import { Pace } from "@/lib/client/pace.ts";
import { type Message, textOf } from "@/lib/protocol/message.ts";
import type { ConversationState } from "@/lib/protocol/reduce.ts";
import { seeded } from "@/tests/support/random.ts";
import { conversation, message, text } from "./sample.ts";

const FRAME_MS = 16;

function state(one: Message): ConversationState {
  return { conversation: conversation(), messages: [one], cursor: 1, deleted: false, gap: false };
}
const shownOf = (state: ConversationState) => textOf(state.messages[0]!);

/** What arrives when, as the length of the text from then on; returns how much is shown at each frame. */
function watch(arrivals: readonly [atMs: number, chars: number][], words: string, untilMs: number) {
  const pace = new Pace();
  let shown = state(message());
  const frames: { atMs: number; chars: number; arrived: number; whole: boolean }[] = [];
  for (let atMs = 0; atMs <= untilMs; atMs += FRAME_MS) {
    const arrived = arrivals.findLast(([at]) => at <= atMs)?.[1] ?? 0;
    const latest = state(message({ parts: text(words.slice(0, arrived)) }));
    shown = pace.step(shown, latest, atMs);
    assert(words.startsWith(shownOf(shown)), "what is shown is what was said, from its beginning");
    frames.push({ atMs, chars: shownOf(shown).length, arrived, whole: shown === latest });
  }
  return frames;
}

Deno.test("T9: a burst appears over a quarter of a second, and never waits longer than 400 ms", () => {
  const words = "x".repeat(4_000);
  const frames = watch([[0, 4_000]], words, 400);
  assertEquals(frames.at(-1), { atMs: 400, chars: 4_000, arrived: 4_000, whole: true });
  assert(frames[0]!.chars > 0, "its first words appear at once");
  assert(new Set(frames.map(({ chars }) => chars)).size >= 12, "it does not appear in one go");
});

Deno.test("T9: whatever the arrivals, nothing waits longer than 400 ms, and what is shown only grows", () => {
  const random = seeded("arrivals");
  for (let run = 0; run < 60; run++) {
    const arrivals: [number, number][] = [];
    let [atMs, chars] = [0, 0];
    while (atMs < 3_000) {
      arrivals.push([atMs, chars += random.between(1, run % 2 === 0 ? 20 : 2_000)]);
      atMs += random.between(0, run % 3 === 0 ? 40 : 600);
    }
    const frames = watch(arrivals, "word ".repeat(chars / 5 + 1).slice(0, chars), 4_000);
    for (const [i, { atMs, chars }] of frames.entries()) {
      const due = frames.findLast((frame) => frame.atMs <= atMs - 400)?.arrived ?? 0;
      assert(chars >= due, `run ${run}: at ${atMs} ms ${chars} are shown of ${due}`);
      assert(chars >= (frames[i - 1]?.chars ?? 0));
    }
  }
});

Deno.test("T9: what comes with every frame does not wait, and what comes four times a second flows", () => {
  const steady = watch(
    Array.from({ length: 60 }, (_, i) => [i * FRAME_MS, (i + 1) * 12]),
    "x".repeat(720),
    900,
  );
  assertEquals(steady.slice(20).filter(({ chars, arrived }) => arrived - chars > 12), []);
  const slow = watch(Array.from({ length: 8 }, (_, i) => [i * 250, (i + 1) * 100]), "x".repeat(800), 2_000);
  const steps = slow.slice(20, 120).map(({ chars }, i) => chars - slow[19 + i]!.chars);
  assert(Math.max(...steps) <= 20, `a step of ${Math.max(...steps)} characters`);
});

Deno.test("T9: an end waits for the words before it; what was there before, and what begins anew, waits for nothing", () => {
  const pace = new Pace();
  const ended = state(message({ status: "complete", parts: text("x".repeat(1_000)) }));
  const first = pace.step(state(message()), ended, 0);
  assertEquals(first.messages[0]!.status, "streaming");
  assertEquals(pace.step(first, ended, 10_000), ended);
  assertEquals(pace.step(null, ended, 0), ended);
  assertEquals(pace.step(state(message({ status: "complete", parts: text("x") })), ended, 0), ended);
  const again = state(message({ attempt: 2, parts: text("y".repeat(500)) }));
  assertEquals(pace.step(state(message({ parts: text("x") })), again, 0), again);
});

Deno.test("T9: parts come in their order, and a pair of surrogates stays together", () => {
  const pace = new Pace();
  const parts = [
    { type: "reasoning" as const, text: "🙂".repeat(100) },
    { type: "tool_call" as const, callId: "1", name: "calculator", args: "{}" },
    { type: "text" as const, text: "🙃".repeat(100) },
  ];
  const latest = state(message({ parts }));
  let shown = state(message());
  for (let atMs = 0; shown !== latest; atMs += FRAME_MS) {
    shown = pace.step(shown, latest, atMs);
    const kinds = shown.messages[0]!.parts.map((part) => part.type);
    assertEquals(kinds, parts.slice(0, kinds.length).map((part) => part.type));
    for (const part of shown.messages[0]!.parts) {
      if ("text" in part) assert(part.text.isWellFormed() && part.text !== "", part.text);
    }
  }
});
