// Events as bytes.
import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { sseEntry, sseEvent, sseNamedEntry, withTopic } from "../../../lib/http/sse.ts";

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
        const plain = parsed(sseEntry({ seq, type: "delta", json }));
        assertEquals(plain, [{ id: `${seq}`, event: "delta", data: json }]);
        const named = parsed(sseNamedEntry({ seq, type: "delta", json }, "a name"));
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
  assertStrictEquals(sseEntry(entry), sseEntry(entry));
  assertStrictEquals(sseNamedEntry(entry, "a"), sseNamedEntry(entry, "a"));
});

Deno.test("V2: an event without a number has no id", () => {
  assertEquals(parsed(sseEvent("hb", "{}")), [{ id: undefined, event: "hb", data: "{}" }]);
  assertEquals(withTopic("{}", 'a"b'), '{"topic":"a\\"b"}');
});
