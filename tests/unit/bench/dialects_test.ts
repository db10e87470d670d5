// The bench says "exact to the byte": its readers must notice a byte too few, too many, or of another answer.
import { assertEquals, assertThrows } from "@std/assert";
import {
  app,
  completions,
  type Dialect,
  type Listener,
  numbered,
} from "../../../bench/generator/dialects.ts";
import { Chunked } from "../../../bench/generator/http.ts";
import { Script, TOKEN_CHARS, TOKENS_MAX } from "../../../bench/generator/script.ts";

/** Everything that a stream says. */
function heard(dialect: Dialect, events: readonly string[]): { text: string; ends: (string | undefined)[] } {
  const said = { text: "", ends: [] as (string | undefined)[] };
  const listener: Listener = { text: (text) => said.text += text, ended: (whole) => said.ends.push(whole) };
  for (const event of events) dialect(event, 0, event.length, listener);
  return said;
}

function delta(id: number, text: string): string {
  const data = { messageId: "m", attempt: 1, parts: [{ type: "text", text }] };
  return `id: ${id}\nevent: delta\ndata: ${JSON.stringify(data)}`;
}

function end(id: number, status: string, text: string): string {
  const message = { role: "assistant", status, parts: [{ type: "text", text }] };
  return `id: ${id}\nevent: message\ndata: ${JSON.stringify({ message })}`;
}

Deno.test("the app's stream: deltas in order, and the end that repeats them", () => {
  const events = [
    ": ok",
    delta(5, "a "),
    delta(6, 'b"\n'),
    "event: hb\ndata: {}",
    delta(7, "c"),
    end(8, "complete", "x"),
  ];
  assertEquals(heard(app(4)(), events), { text: 'a b"\nc', ends: ["x"] });
});

Deno.test("the app's stream: a gap, a repeat, a new attempt, a failure and a bye are faults", () => {
  assertThrows(() => heard(app(0)(), [delta(1, "a"), delta(3, "b")]), Error, "Entry 3 came when 2 was due");
  assertThrows(() => heard(app(0)(), [delta(1, "a"), delta(1, "a")]), Error, "Entry 1 came when 2 was due");
  assertThrows(() => heard(app(0)(), ["id: 1\nevent: restart\ndata: {}"]), Error, "began anew");
  assertThrows(() => heard(app(0)(), [end(1, "failed", "")]), Error, "failed");
  assertThrows(() => heard(app(0)(), [`event: bye\ndata: {"reason":"drain"}`]), Error, "bye");
});

Deno.test("the app's stream: a delta of another message with the same text is not taken for the first one's shape", () => {
  const other = delta(2, "b").replace('"m"', '"n"');
  assertEquals(heard(app(0)(), [delta(1, "a"), other, delta(3, "c")]).text, "abc");
});

Deno.test("the app's stream: reasoning behind a text is no text", () => {
  const parts = JSON.stringify([{ type: "text", text: "b" }, { type: "reasoning", text: "c" }]);
  const both = delta(2, "").replace(/"parts":.*/, `"parts":${parts}}`);
  assertEquals(heard(app(0)(), [delta(1, "a"), both]).text, "ab");
});

Deno.test("the baselines' stream: numbered tokens, then done", () => {
  const token = (id: number, text: string) =>
    `id: ${id}\nevent: token\ndata: {"text":${JSON.stringify(text)}}`;
  assertEquals(heard(numbered(), [token(1, "a "), token(2, '"'), "event: done\ndata: {}"]), {
    text: 'a "',
    ends: [undefined],
  });
  assertThrows(() => heard(numbered(), [token(2, "a")]), Error, "Event 2 came when 1 was due");
});

Deno.test("what the provider sends is what its script says, token by token", () => {
  const script = new Script(3);
  const decoder = new TextDecoder();
  let stream = "";
  new Chunked().push(script.frames(0, 40), (piece) => stream += decoder.decode(piece));
  const events = stream.split("\n\n").slice(0, -1);
  assertEquals(events.length, 40);
  assertEquals(heard(completions(), events).text, script.text(40));
  assertEquals(script.text(40).length, 40 * TOKEN_CHARS);
});

Deno.test("G1: an answer has its own words at every place, and no other's", () => {
  const [one, other] = [new Script(1), new Script(2)];
  for (const token of [0, 1, 500, TOKENS_MAX - 1]) {
    const word = one.text(token + 1).slice(-TOKEN_CHARS);
    assertEquals(one.has(word, token * TOKEN_CHARS), true);
    assertEquals(other.has(word, token * TOKEN_CHARS), false);
    assertEquals(one.has(word, token * TOKEN_CHARS + 1), false);
  }
});
