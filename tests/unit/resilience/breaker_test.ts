import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { backoffMs } from "@/lib/resilience/backoff.ts";
import { type Breaker, failed, FAILURES_MAX, OPEN_MS, probing, verdict } from "@/lib/resilience/breaker.ts";

const BECAUSE = { code: "provider_overloaded", detail: "Busy." } as const;

function afterFailures(n: number, now: number): Breaker | null {
  let breaker: Breaker | null = null;
  for (let i = 0; i < n; i++) breaker = failed(breaker, BECAUSE, now);
  return breaker;
}

Deno.test("R1: the third failure in a row opens a breaker for a minute, with its reason", () => {
  assertEquals(verdict(null, 0), { do: "ask" });
  assertEquals(verdict(afterFailures(FAILURES_MAX - 1, 0), 0), { do: "ask" });
  const open = afterFailures(FAILURES_MAX, 0);
  assertEquals(verdict(open, OPEN_MS - 1), { do: "refuse", until: OPEN_MS, because: BECAUSE });
  assertEquals(verdict(open, OPEN_MS), { do: "probe" });
});

Deno.test("R2: who probes keeps the others away for a minute; a probe that fails opens it at once", () => {
  const probe = probing(afterFailures(FAILURES_MAX, 0)!, OPEN_MS);
  assertEquals(verdict(probe, 2 * OPEN_MS - 1).do, "refuse");
  assertEquals(verdict(probe, 2 * OPEN_MS).do, "probe");
  assertEquals(verdict(failed(probe, BECAUSE, OPEN_MS + 5), OPEN_MS + 6).do, "refuse");
});

Deno.test("a clock that is set back holds a breaker open for a minute at most", () => {
  const open = afterFailures(FAILURES_MAX, 1_000_000)!;
  assertEquals(verdict(open, 0), { do: "refuse", until: OPEN_MS, because: BECAUSE });
});

Deno.test("R2: whatever processes do with it, a broken model is asked once a minute", () => {
  const seed = Number(Deno.env.get("SEED") ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`SEED=${seed}`);
  fc.assert(
    fc.property(
      fc.array(fc.record({ ms: fc.nat(20_000), dies: fc.boolean() }), { maxLength: 200 }),
      (steps) => {
        let breaker: Breaker | null = afterFailures(FAILURES_MAX, 0);
        let now = 0;
        let last = 0;
        for (const { ms, dies } of steps) {
          now += ms;
          const found = verdict(breaker, now);
          if (found.do === "refuse") {
            assert(now < last + 2 * OPEN_MS, "nobody may ask, and nobody has for two minutes");
            continue;
          }
          assertEquals(found.do, "probe");
          assert(now - last >= OPEN_MS, `asked after ${now - last} ms`);
          last = now;
          breaker = probing(breaker!, now);
          if (!dies) breaker = failed(breaker, BECAUSE, now);
        }
      },
    ),
    { seed },
  );
});

Deno.test("a wait before the next try is anything from none to a bound that doubles up to eight seconds", () => {
  for (const [tried, most] of [[1, 500], [2, 1_000], [3, 2_000], [5, 8_000], [20, 8_000]] as const) {
    const waits = [0, 0.25, 0.5, 1 - Number.EPSILON].map((drawn) => backoffMs(tried, () => drawn));
    assertEquals(waits, [0, most / 4, most / 2, most - 1], `after try ${tried}`);
  }
});
