import { assertEquals, assertStrictEquals } from "@std/assert";
import { heard, type Marks, MARKS_MAX, Unread, UNREAD_NAME } from "@/lib/client/unread.ts";
import { signal } from "@preact/signals";
import { FakeShelf } from "./fake_browser.ts";
import { id } from "./sample.ts";

const none: Marks = { running: [], unread: [] };

Deno.test("T6: only the end of an answer that was seen to run is a mark, and not of one that is looked at", () => {
  const idle = { id: id(1), running: null };
  assertStrictEquals(heard(none, idle, false), none, "it never ran here");
  const running = heard(none, { id: id(1), running: id(90) }, false);
  assertStrictEquals(heard(running, { id: id(1), running: id(91) }, false), running, "the next one follows");
  assertEquals(heard(running, idle, false), { running: [], unread: [id(1)] });
  assertEquals(heard(running, idle, true), none);
});

Deno.test("T6: marks are bounded, and the oldest goes", () => {
  let marks = none;
  for (let i = 0; i <= MARKS_MAX; i++) marks = heard(marks, { id: id(i), running: id(90) }, false);
  assertEquals([marks.running.length, marks.running[0]], [MARKS_MAX, id(1)]);
  for (let i = 0; i <= MARKS_MAX; i++) marks = heard(marks, { id: id(i), running: null }, false);
  assertEquals([marks.running.length, marks.unread.length], [0, MARKS_MAX]);
});

Deno.test("T6: what is stored and no mark, or storage that refuses, takes nothing from this tab", () => {
  const shelf = new FakeShelf();
  for (const stored of ["", "{", "null", '{"running":1}', "[]"]) {
    shelf.setItem(UNREAD_NAME, stored);
    const ids = signal<ReadonlySet<string>>(new Set());
    const unread = new Unread(ids, shelf, () => null);
    unread.hear([{ id: id(1), running: id(90) }]);
    unread.hear([{ id: id(1), running: null }]);
    assertEquals([...ids.value], [id(1)], stored);
  }
  for (
    const full of [null, {
      ...shelf,
      getItem: () => null,
      setItem: () => fail(),
      removeItem() {},
      key: () => null,
      length: 0,
    }]
  ) {
    const ids = signal<ReadonlySet<string>>(new Set());
    const unread = new Unread(ids, full, () => null);
    unread.hear([{ id: id(1), running: id(90) }]);
    unread.hear([{ id: id(1), running: null }]);
    assertEquals([...ids.value], [id(1)], full === null ? "no storage" : "storage is full");
  }
});

function fail(): never {
  throw new DOMException("full", "QuotaExceededError");
}
