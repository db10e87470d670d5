// How evenly an answer appears: what comes in bursts is spread over the frames until the next is to be expected.
//   T9  Nothing waits longer than `SPREAD_MS` and a frame. What comes as often as frames do does not wait at all.
import type { Id } from "../core/ids.ts";
import { isTerminal, type Message, type Part } from "../protocol/message.ts";
import type { ConversationState } from "../protocol/reduce.ts";

/** The longest that a burst is spread over: networks and providers deliver a few times a second. */
const SPREAD_MS = 250;
/** Never slower than this, in UTF-16 units per millisecond: some 60 tokens a second. */
const SPEED_MIN = 0.25;
/** A frame, where no other was just drawn. */
const FRAME_MS = 17;

export class Pace {
  /** The answer that is being spread. */
  #id: Id | null = null;
  /** How long it was when it last grew, and when that was. */
  #chars = 0;
  #grewAtMs = -Infinity;
  #lookedAtMs = -Infinity;
  /** 0: nothing was held back at the last look. */
  #speed = 0;

  /** What to show of `latest` after `shown`. It is `latest` itself when nothing is held back. */
  step(shown: ConversationState | null, latest: ConversationState, nowMs: number): ConversationState {
    const at = latest.messages.findLastIndex(({ role }) => role === "assistant");
    const whole = latest.messages[at];
    const before = shown?.messages.find(({ id }) => id === whole?.id);
    // What began before it was looked at, or begins anew, is shown as it is.
    const held = whole === undefined || before === undefined || isTerminal(before.status) ||
        before.attempt !== whole.attempt
      ? 0
      : charsOf(whole) - charsOf(before);
    if (whole === undefined || before === undefined || held <= 0) {
      this.#speed = 0;
      return latest;
    }
    const holding = this.#speed > 0;
    const chars = charsOf(whole);
    if (this.#id !== whole.id || this.#chars !== chars) {
      const gapMs = this.#id === whole.id ? Math.min(nowMs - this.#grewAtMs, SPREAD_MS) : SPREAD_MS;
      this.#speed = Math.max(this.#speed, held / Math.max(gapMs, 1), SPEED_MIN);
      this.#id = whole.id;
      this.#chars = chars;
      this.#grewAtMs = nowMs;
    }
    // After a pause there is no telling how long a frame takes.
    const frameMs = holding ? nowMs - this.#lookedAtMs : FRAME_MS;
    this.#lookedAtMs = nowMs;
    const more = Math.max(1, Math.ceil(this.#speed * frameMs));
    if (more >= held) {
      this.#speed = 0;
      return latest;
    }
    const parts = firstOf(whole.parts, chars - held + more);
    return { ...latest, messages: latest.messages.with(at, { ...whole, status: "streaming", parts }) };
  }
}

function charsOf({ parts }: Message): number {
  return parts.reduce((sum, part) => sum + ("text" in part ? part.text.length : 0), 0);
}

/** The parts up to the `chars`-th unit of their texts; a pair of surrogates stays together. */
function firstOf(parts: readonly Part[], chars: number): Part[] {
  const first: Part[] = [];
  for (const part of parts) {
    if (chars <= 0) break;
    if (!("text" in part)) {
      first.push(part);
      continue;
    }
    const isPair = /^[\uDC00-\uDFFF]/.test(part.text.slice(chars, chars + 1));
    first.push({ ...part, text: part.text.slice(0, chars + Number(isPair)) });
    chars -= part.text.length;
  }
  return first;
}
