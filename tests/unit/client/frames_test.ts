import { assertEquals } from "@std/assert";
import { Frames } from "@/lib/client/frames.ts";

/** A browser with a clock of its own: time passes as the test says. */
function page() {
  let nowMs = 0;
  let hidden = false;
  let frames: (() => void)[] = [];
  const tasks: { atMs: number; act: () => void }[] = [];
  const after: (() => void)[] = [];
  const itself = new Frames({
    now: () => nowMs,
    frame: (draw) => void frames.push(draw),
    afterwards: (act) => void after.push(act),
    sleep: (ms, act) => void tasks.push({ atMs: nowMs + ms, act }),
    hidden: () => hidden,
  });
  return {
    frames: itself,
    now: () => nowMs,
    work: (ms: number) => nowMs += ms,
    hide: () => hidden = true,
    sleeping: () => tasks.length,
    waiting: () => frames.length,
    /** The next frame; to show it takes `paintMs`. */
    frame(paintMs: number) {
      const drawing = frames;
      frames = [];
      for (const draw of drawing) draw();
      nowMs += paintMs;
      for (const act of after.splice(0)) act();
    },
    wake() {
      const { atMs, act } = tasks.shift()!;
      nowMs = Math.max(nowMs, atMs);
      act();
    },
  };
}

Deno.test("T9: what is to be drawn waits for the next frame; where there are none it is drawn at once", () => {
  const { frames, frame, hide, waiting } = page();
  const drawn: string[] = [];
  frames.next(() => drawn.push("a"));
  assertEquals([drawn, waiting()], [[], 1]);
  frame(2);
  frames.next(() => drawn.push("b"));
  assertEquals([drawn, waiting()], [["a"], 1]);
  frame(2);
  hide();
  frames.next(() => drawn.push("c"));
  assertEquals([drawn, waiting()], [["a", "b", "c"], 0]);
});

Deno.test("J1: a frame that took longer than it is shown is followed by a rest as long as it took, within bounds", () => {
  const { frames, frame, now, work, sleeping, wake } = page();
  let restMs = 0;
  const draw = (scriptMs: number, paintMs: number) => {
    const beganAtMs = now();
    frames.next(() => work(scriptMs));
    restMs = 0;
    if (sleeping() > 0) {
      wake();
      restMs = now() - beganAtMs;
    }
    frame(paintMs);
    return restMs;
  };
  assertEquals(draw(5, 5), 0);
  assertEquals(draw(20, 30), 0, "what was fast before says nothing of this one");
  assertEquals(draw(400, 400), 50);
  assertEquals(draw(1, 1), 150, "a text that stands still for longer looks as if it had stopped");
  assertEquals(draw(1, 1), 0);
});

Deno.test("J1: who comes after the rest does not wait, and a page that is hidden meanwhile is drawn", () => {
  const { frames, frame, work, hide, sleeping, waiting, wake } = page();
  const drawn: string[] = [];
  frames.next(() => work(40));
  frame(0);
  work(100);
  frames.next(() => drawn.push("a"));
  assertEquals([sleeping(), waiting()], [0, 1]);
  frame(40);
  frames.next(() => drawn.push("b"));
  assertEquals([sleeping(), waiting()], [1, 0]);
  hide();
  wake();
  assertEquals(drawn, ["a", "b"]);
});
