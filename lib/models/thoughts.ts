// Thoughts that a server leaves in the answer's text, between `<think>` and `</think>`, told apart as they come.
//   T1  Only an answer that begins with `<think>`, after white space at most, has thoughts. A tag further on is text.
//   T2  The tags are never said, wherever the stream is cut; nor is the white space around them.
//   T3  Thoughts that are never closed are thoughts to their end. When no text follows, the answer is one without a word
//       (A1): people see the thoughts, and that it ended there.

const OPEN = "<think>";
const CLOSE = "</think>";
/** An answer that begins with more white space than this begins with white space. */
const SPACE_CHARS_MAX = 64;

/** Takes what is said, in order. */
export type Say = (type: "text" | "reasoning", text: string) => void;

type State =
  /** `held`: white space, and what may become the opening tag. */
  | { at: "start"; held: string }
  /** `held`: what may become the closing tag. `begun`: something was thought already. */
  | { at: "thinking"; held: string; begun: boolean }
  /** White space after the closing tag. */
  | { at: "between" }
  | { at: "text" };

export class Thoughts {
  readonly #say: Say;
  #state: State = { at: "start", held: "" };

  constructor(say: Say) {
    this.#say = say;
  }

  /** The answer's next text. */
  take(text: string): void {
    // Each turn goes on to a later state with a shorter text, so there are at most four.
    for (let rest: string | null = text; rest !== null && rest !== "";) rest = this.#step(rest);
  }

  /** Nothing comes any more: what is held was no tag. */
  end(): void {
    const { at } = this.#state;
    if (at === "start") this.#tell("text", this.#state.held);
    if (at === "thinking") this.#tell("reasoning", this.#state.held);
    this.#state = { at: "text" };
  }

  /** Says what it can of `text`. @returns what the next state is to take; null when that is nothing */
  #step(text: string): string | null {
    const state = this.#state;
    switch (state.at) {
      case "start": {
        const held = state.held + text;
        const begun = held.trimStart();
        const spaced = held.length - begun.length;
        if (spaced <= SPACE_CHARS_MAX && begun.startsWith(OPEN)) {
          this.#state = { at: "thinking", held: "", begun: false };
          return begun.slice(OPEN.length);
        }
        if (spaced <= SPACE_CHARS_MAX && OPEN.startsWith(begun)) {
          this.#state = { at: "start", held };
          return null;
        }
        this.#state = { at: "text" };
        return held;
      }
      case "thinking": {
        const whole = state.begun ? state.held + text : (state.held + text).trimStart();
        const close = whole.indexOf(CLOSE);
        if (close >= 0) {
          this.#tell("reasoning", whole.slice(0, close));
          this.#state = { at: "between" };
          return whole.slice(close + CLOSE.length);
        }
        const cut = whole.length - heldBack(whole);
        this.#tell("reasoning", whole.slice(0, cut));
        this.#state = { at: "thinking", held: whole.slice(cut), begun: state.begun || cut > 0 };
        return null;
      }
      case "between": {
        const begun = text.trimStart();
        if (begun === "") return null;
        this.#state = { at: "text" };
        return begun;
      }
      case "text":
        this.#say("text", text);
        return null;
    }
  }

  #tell(type: "text" | "reasoning", text: string): void {
    if (text !== "") this.#say(type, text);
  }
}

/** How many characters at the end of `text` may be the beginning of the closing tag. */
function heldBack(text: string): number {
  for (let length = Math.min(CLOSE.length - 1, text.length); length > 0; length--) {
    if (CLOSE.startsWith(text.slice(-length))) return length;
  }
  return 0;
}
