import { assert, assertEquals, assertLess } from "@std/assert";
import { endOf, pauseMs } from "@/lib/client/ending.ts";

Deno.test("a rotated stream is opened at once; a draining server is given a moment", () => {
  assertEquals(pauseMs({ kind: "bye", reason: "rotate" }, 0, 0.5), 0);
  const drain = pauseMs({ kind: "bye", reason: "drain" }, 0, 0.5);
  assert(drain >= 100 && drain <= 500, `${drain}`);
});

Deno.test("a server that only says good-bye is not asked in a tight loop", () => {
  assert(pauseMs({ kind: "bye", reason: "rotate" }, 2, 0) > 0);
});

Deno.test("pauses grow with failures, never beyond five seconds", () => {
  const pauses = [1, 2, 3, 4, 5, 6, 20].map((failures) => pauseMs({ kind: "lost" }, failures, 0.99));
  assertEquals(pauses, pauses.toSorted((a, b) => a - b));
  assertLess(pauses[0]!, 301);
  assertLess(pauses.at(-1)!, 5_001);
});

Deno.test("retry-after is honoured up to thirty seconds, and nonsense in it is not", () => {
  const refused = (value: string) =>
    endOf(new Response(null, { status: 429, headers: { "retry-after": value } }));
  assertEquals(refused("7"), { kind: "refused", retryAfterMs: 7_000 });
  assertEquals(refused("1000000000"), { kind: "refused", retryAfterMs: 30_000 });
  assertEquals(refused("-5"), { kind: "refused", retryAfterMs: 0 });
  assertEquals(refused("soon"), { kind: "refused", retryAfterMs: 0 });
});

Deno.test("without a session nobody comes back", () => {
  assertEquals(endOf(new Response(null, { status: 401 })), { kind: "over" });
});
