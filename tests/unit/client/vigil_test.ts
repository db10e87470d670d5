import { assertEquals } from "@std/assert";
import { heard, type Step, tick, vigil } from "@/lib/client/vigil.ts";

/** The steps of ticks at these times, for a leader last heard at 0. */
function steps(...atMs: number[]): Step[] {
  let now = vigil(0);
  return atMs.map((ms) => {
    const { step, vigil } = tick(ms, now);
    now = vigil;
    return step;
  });
}

Deno.test("a leader that is silent is asked, and robbed when it does not answer for three seconds", () => {
  assertEquals(steps(1_000, 2_000, 3_000, 4_000), ["wait", "ask", "ask", "take_over"]);
});

Deno.test("V1: a tab that slept asks before it robs anyone", () => {
  assertEquals(steps(1_000, 60_000, 61_000, 62_000), ["wait", "ask", "ask", "take_over"]);
});

Deno.test("an answer calms the vigil", () => {
  const { vigil: asked } = tick(2_000, vigil(0));
  assertEquals(tick(2_900, heard(2_500, asked)).step, "wait");
});
