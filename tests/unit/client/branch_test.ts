import { assertEquals } from "@std/assert";
import { branch } from "@/lib/client/branch.ts";
import type { Message } from "@/lib/protocol/message.ts";
import { id, message } from "./sample.ts";

/** Messages as `[id, parent]`. */
function tree(...edges: [number, number | null][]): Message[] {
  return edges.map(([n, parent]) =>
    message({ id: id(n), parentId: parent === null ? null : id(parent), status: "complete" })
  );
}
const shown = (items: ReturnType<typeof branch>) => items.map(({ message }) => Number(message.id.slice(-12)));

Deno.test("the path through the active leaf is shown, with the versions beside it", () => {
  const items = branch(tree([1, null], [2, 1], [3, 1], [4, 2]), id(4));
  assertEquals(shown(items), [1, 2, 4]);
  assertEquals(items[1]!.versions, [id(2), id(3)]);
});

Deno.test("a message that arrives before the leaf has moved is shown", () => {
  assertEquals(shown(branch(tree([1, null], [2, 1], [3, 2]), id(2))), [1, 2, 3]);
});

Deno.test("the reader's choice bends the path, and what follows it is the newest", () => {
  const messages = tree([1, null], [2, 1], [3, 1], [4, 2], [5, 3], [6, 3]);
  assertEquals(shown(branch(messages, id(4), new Map([[id(1), id(3)]]))), [1, 3, 6]);
});

Deno.test("what was taken out of the queue was never said, and is no version of what came after it", () => {
  const removed = message({ id: id(3), parentId: id(2), role: "user", status: "cancelled" });
  const items = branch([...tree([1, null], [2, 1]), removed, ...tree([4, 2])], id(4));
  assertEquals([shown(items), items[2]!.versions], [[1, 2, 4], [id(4)]]);
});

Deno.test("queued messages stand elsewhere", () => {
  const messages = [
    ...tree([1, null], [2, 1]),
    message({ id: id(3), parentId: id(2), role: "user", status: "queued" }),
  ];
  assertEquals(shown(branch(messages, id(2))), [1, 2]);
});

Deno.test("a tree that turns back on itself ends, and one without its root begins at what is there", () => {
  assertEquals(shown(branch(tree([1, 2], [2, 1]), id(1))), []);
  assertEquals(shown(branch(tree([2, 99], [3, 2]), id(3))), [2, 3]);
});
