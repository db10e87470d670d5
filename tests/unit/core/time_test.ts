import { assert, assertEquals } from "@std/assert";
import { systemClock } from "@/lib/core/time.ts";

Deno.test("a sleep ends at once when its signal aborts, before or during it", async () => {
  const early = AbortSignal.abort();
  await systemClock.sleep(3_600_000, early);
  const during = new AbortController();
  const slept = systemClock.sleep(3_600_000, during.signal);
  during.abort();
  await slept;
});

Deno.test("a sleep lasts as long as it says, and leaves no listener behind", async () => {
  const signal = new AbortController().signal;
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners--;
    removeEventListener.apply(signal, args);
  };
  const begun = performance.now();
  await systemClock.sleep(5, signal);
  assert(performance.now() - begun >= 4);
  assertEquals(listeners, 0);
});
