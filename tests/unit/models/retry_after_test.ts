import { assertEquals } from "@std/assert";
import { retryAfterMs } from "@/lib/models/retry_after.ts";

const NOW = Date.parse("Sun, 15 Nov 2026 12:00:00 GMT");

const CASES: readonly [headers: Record<string, string>, ms: number | undefined][] = [
  [{}, undefined],
  [{ "retry-after": "7" }, 7000],
  [{ "retry-after": " 0 " }, 0],
  [{ "retry-after": "1.5" }, 1500],
  [{ "retry-after-ms": "250" }, 250],
  [{ "retry-after-ms": "250", "retry-after": "7" }, 250],
  [{ "retry-after-ms": "soon", "retry-after": "7" }, 7000],
  [{ "retry-after": "Sun, 15 Nov 2026 12:00:09 GMT" }, 9000],
  [{ "retry-after": "Sun, 15 Nov 2026 11:59:00 GMT" }, undefined],
  [{ "retry-after": "Sun, 15 Nov 2099 12:00:00 GMT" }, 60_000],
  [{ "retry-after": "1e9" }, 60_000],
  [{ "retry-after": "99999999999999999999" }, 60_000],
  [{ "retry-after": "-5" }, undefined],
  [{ "retry-after": "2001" }, 60_000],
  [{ "retry-after": "Infinity" }, undefined],
  [{ "retry-after": "NaN" }, undefined],
  [{ "retry-after": "soon" }, undefined],
  [{ "retry-after": "" }, undefined],
  [{ "retry-after": "Sun, 99 Foo 2026 GMT" }, undefined],
];

for (const [headers, ms] of CASES) {
  Deno.test(`retryAfterMs(${JSON.stringify(headers)}) is ${ms}`, () => {
    assertEquals(retryAfterMs(new Headers(headers), NOW), ms);
  });
}
