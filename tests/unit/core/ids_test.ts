import { assert, assertEquals } from "@std/assert";
import { isId, randomId } from "@/lib/core/ids.ts";

Deno.test("a new id is an id, and never the one before", () => {
  const [a, b] = [randomId(), randomId()];
  assert(isId(a) && isId(b) && a !== b);
});

Deno.test("an id has one spelling: others would be other keys", () => {
  const id = "0188d2f1-7c3a-7000-8000-0123456789ab";
  assert(isId(id));
  const wrong = [id.toUpperCase(), ` ${id}`, `${id}\n`, `{${id}}`, id.slice(1), "", "__proto__", 1, null, [
    id,
  ]];
  assertEquals(wrong.filter(isId), []);
});
