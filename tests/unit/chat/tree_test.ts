import { assertEquals } from "@std/assert";
import { branch } from "@/lib/chat/tree.ts";
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
