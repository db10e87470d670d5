// Events as bytes.
import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { sseEntries, sseEvent, sseState, withTopic } from "../../../lib/http/sse.ts";

function parsed(bytes: Uint8Array): EventSourceMessage[] {
  const events: EventSourceMessage[] = [];
  createParser({ onEvent: (event) => void events.push(event) }).feed(new TextDecoder().decode(bytes));
  return events;
}

Deno.test("V1: whatever an entry says, it is one event with its number as id, and comes back as it was", () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ stringUnit: "binary" })),
      (seq, data) => {
        const json = JSON.stringify(data);
        const plain = parsed(sseEntries([{ seq, type: "delta", json }]));
        assertEquals(plain, [{ id: `${seq}`, event: "delta", data: json }]);
        const named = parsed(sseEntries([{ seq, type: "delta", json }], "a name"));
        assertEquals(named.map(({ id }) => id), [`${seq}`]);
        // An own `topic` of the entry would win: no entry has one.
        const back = JSON.parse(named[0]!.data);
        assertEquals(back, JSON.parse(JSON.stringify({ topic: "a name", ...data })));
      },
    ),
  );
});

Deno.test("V1: an entry is encoded once, however many followers it has", () => {
  const entry = { seq: 7, type: "deleted", json: "{}" } as const;
  assertStrictEquals(sseEntries([entry]), sseEntries([entry]));
  assertStrictEquals(sseEntries([entry], "a"), sseEntries([entry], "a"));
  // What is given together is joined once.
  const together = [entry, { seq: 8, type: "delta", json: "{}" } as const];
  assertStrictEquals(sseEntries(together), sseEntries(together));
  assertStrictEquals(sseEntries(together, "a"), sseEntries(together, "a"));
  assertEquals(parsed(sseEntries(together)).map(({ id }) => id), ["7", "8"]);
  const state = { type: "snapshot", json: "{}" };
  assertStrictEquals(sseState(state, 7), sseState(state, 7));
  assertEquals(parsed(sseState(state, 7, "a")), [{ id: "7", event: "snapshot", data: '{"topic":"a"}' }]);
});

Deno.test("V2: an event without a number has no id", () => {
  assertEquals(parsed(sseEvent("hb", "{}")), [{ id: undefined, event: "hb", data: "{}" }]);
  assertEquals(withTopic("{}", 'a"b'), '{"topic":"a\\"b"}');
});
