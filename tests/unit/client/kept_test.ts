import { assertEquals } from "@std/assert";
import { beyond, CHARS_MAX, KEPT_MAX } from "@/lib/client/kept.ts";
import { id } from "./sample.ts";

/** `n` conversations of `chars` each; the first was open last. */
function about(n: number, chars: number) {
  return Array.from({ length: n }, (_, i) => ({ id: id(i), cursor: 1, chars, savedAt: 1_000 - i }));
}

Deno.test("K2: of too many conversations those go that were open longest ago", () => {
  assertEquals(beyond(about(KEPT_MAX, 10)), []);
  assertEquals(beyond(about(KEPT_MAX + 2, 10).toReversed()), [id(KEPT_MAX), id(KEPT_MAX + 1)]);
});

Deno.test("K2: of too much text likewise, and the one that is open stays", () => {
  assertEquals(beyond(about(5, CHARS_MAX / 4)), [id(4)]);
  assertEquals(beyond(about(3, CHARS_MAX)), [id(1), id(2)]);
});
