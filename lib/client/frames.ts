// When to draw what grows: with the next frame, and on a machine that is slow at it less often.
//   T9  Whatever came since is drawn at once, and nothing is drawn twice in a frame.
//   J1  A frame that took longer than it is shown is followed by a rest as long as it took: half of the time is left for
//       keys and presses, which would otherwise wait for frame after frame.

export interface FramePorts {
  /** Milliseconds. */
  now(): number;
  /** Runs `draw` with the next frame. */
  frame(draw: () => void): void;
  /** Runs `act` when the frame that is being made is on its way to the screen. */
  afterwards(act: () => void): void;
  sleep(ms: number, act: () => void): void;
  /** Whether nobody sees the page: there are no frames then. */
  hidden(): boolean;
}

/** At 60 in a second. */
const SHOWN_MS = 17;
/** A text that moves less often than this looks as if it had stopped. */
const REST_MS_MAX = 150;

export class Frames {
  readonly #ports: FramePorts;
  #restsUntilMs = -Infinity;

  constructor(ports: FramePorts) {
    this.#ports = ports;
  }

  /** Runs `draw` when it is time for it, or at once when there are no frames. */
  next(draw: () => void): void {
    const { hidden, now, sleep } = this.#ports;
    if (hidden()) return draw();
    const restMs = this.#restsUntilMs - now();
    if (restMs > 0) sleep(restMs, () => this.#frame(draw));
    else this.#frame(draw);
  }

  #frame(draw: () => void): void {
    const { hidden, now, frame, afterwards } = this.#ports;
    if (hidden()) return draw(); // nobody looks any more
    frame(() => {
      const beganAtMs = now();
      draw();
      afterwards(() => {
        const tookMs = now() - beganAtMs;
        if (tookMs > SHOWN_MS) this.#restsUntilMs = now() + Math.min(tookMs, REST_MS_MAX);
      });
    });
  }
}

/** Those of a browser. */
export function browserFrames(): Frames {
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return new Frames({
    now: () => performance.now(),
    frame: (draw) => void requestAnimationFrame(draw),
    afterwards: (act) => {
      waiting.push(act);
      port2.postMessage(null);
    },
    sleep: (ms, act) => void setTimeout(act, ms),
    hidden: () => document.hidden,
  });
}
