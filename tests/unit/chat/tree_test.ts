import { assertEquals } from "@std/assert";
import { branch, leafThrough } from "@/lib/chat/tree.ts";
import type { Message } from "@/lib/protocol/message.ts";

function message(id: string, parentId: string | null): Message {
  return { id, parentId, conversationId: "c", role: "user", status: "complete", parts: [], createdAt: 0 };
}

const tree = [message("a", null), message("b", "a"), message("b2", "a"), message("c", "b")];
const path = (leaf: string | null, messages = tree) => branch(messages, leaf).map(({ id }) => id);

Deno.test("a branch is the way from the root to its leaf, siblings left out", () => {
  assertEquals(path("c"), ["a", "b", "c"]);
  assertEquals(path("b2"), ["a", "b2"]);
  assertEquals(path(null), []);
});

Deno.test("a branch begins where a parent is missing, and a circle ends where it closes", () => {
  assertEquals(path("x"), []);
  assertEquals(path("c", tree.slice(1)), ["b", "c"]);
  assertEquals(path("a", [message("a", "b"), message("b", "a")]), ["b", "a"]);
});

Deno.test("the leaf through a message: of the branch that is shown if it goes there, else of the newest below", () => {
  const wide = [...tree, message("d", "c"), message("c2", "b"), message("d2", "c2"), message("a2", null)];
  const through = (id: string, leaf: string | null) => leafThrough(wide, leaf, id);
  assertEquals(through("a", "d"), "d", "what is shown stays");
  assertEquals(through("b", "b2"), "d2", "the newest below");
  assertEquals(through("c", "b2"), "d");
  assertEquals(through("a", "a2"), "b2");
  assertEquals(through("a2", "d"), "a2");
  assertEquals(through("a", null), "b2");
  assertEquals(through("x", "d"), null);
});

Deno.test("what waits, or was taken out of the queue, was never said: no branch goes through it", () => {
  const said = [message("a", null), message("b", "a")];
  for (const status of ["queued", "cancelled"] as const) {
    const messages = [...said, { ...message("q", "b"), status }];
    assertEquals(leafThrough(messages, null, "q"), null);
    assertEquals(leafThrough(messages, null, "a"), "b");
  }
  const stopped: Message = { ...message("s", "b"), role: "assistant", status: "cancelled" };
  assertEquals(leafThrough([...said, stopped], null, "a"), "s");
  const circle = [message("a", "b"), message("b", "a")];
  assertEquals(leafThrough(circle, null, "a"), "b");
});
