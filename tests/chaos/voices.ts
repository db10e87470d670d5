// The checker's own reading of the model's calls: whose words an answer has, and what they cost.
//   An attempt's words are the beginning of what one call said, and no two attempts share a call. A complete answer has
//   all of them, and the usage of that call.
import { type Fold, type Told, type Words } from "./fold.ts";
import type { Moment } from "./history.ts";

interface Voice {
  prompt: string;
  words: Words;
  closed: { ended: boolean; tokens: number } | null;
  /** When it was last heard. */
  heardMs: number;
}

/** In calm weather a stop is heard within this: by the poll, or by whoever takes over from an owner that died. */
const STOP_MS_MAX = 12_000;

type Spoken = Extract<Moment, { what: "called" | "said" | "closed" }>;

export class Voices {
  readonly #calls = new Map<number, Voice>();

  add(moment: Spoken): void {
    if (moment.what === "called") {
      const { call, prompt } = moment;
      this.#calls.set(call, {
        prompt,
        words: { text: "", reasoning: "" },
        closed: null,
        heardMs: moment.atMs,
      });
      return;
    }
    const voice = this.#calls.get(moment.call);
    if (voice === undefined) throw new Error(`Call ${moment.call} was never made`);
    if (moment.what === "said") {
      voice.words[moment.type] += moment.text;
      voice.heardMs = moment.atMs;
    }
    if (moment.what === "closed") voice.closed = { ended: moment.ended, tokens: moment.tokens };
  }

  /** Every answer of a conversation, against the calls for its question. */
  judge(fold: Fold, amiss: (what: string) => void): void {
    for (const told of fold.values()) {
      if (told.message.role !== "assistant") continue;
      const question = fold.get(told.message.parentId ?? "")?.words.text;
      const calls = [...this.#calls.values()].filter(({ prompt }) => prompt === question);
      if (calls.length > told.attempt) {
        amiss(
          `${told.message.id} has ${told.attempt} attempts, and the model was called ${calls.length} times`,
        );
      }
      this.#attempts(told, calls, amiss);
    }
  }

  /** Of an answer that was stopped, in calm weather, at `stoppedMs`. */
  stopped(question: string | undefined, stoppedMs: number, amiss: (what: string) => void): void {
    for (const [call, { prompt, heardMs }] of this.#calls) {
      if (prompt !== question || heardMs <= stoppedMs + STOP_MS_MAX) continue;
      amiss(`call ${call} was heard ${heardMs - stoppedMs} ms after its stop`);
    }
  }

  /** No socket to the model stays open. */
  end(amiss: (what: string) => void): void {
    for (const [call, { closed }] of this.#calls) if (closed === null) amiss(`call ${call} was never closed`);
  }

  #attempts(told: Told, calls: Voice[], amiss: (what: string) => void): void {
    const { message } = told;
    const left = new Set(calls);
    for (const { attempt, words } of [...told.before, told]) {
      if (words.text === "" && words.reasoning === "") continue;
      const call = [...left].find((one) => beginsWith(one.words, words));
      if (call === undefined) {
        amiss(`attempt ${attempt} of ${message.id} has words that no call of its own said`);
        continue;
      }
      left.delete(call);
      if (attempt !== told.attempt || message.status !== "complete") continue;
      if (
        call.words.text !== words.text || call.words.reasoning !== words.reasoning ||
        call.closed?.ended !== true
      ) {
        amiss(`${message.id} is complete, and the model said more`);
      }
      if (message.usage?.outputTokens !== call.closed?.tokens) {
        amiss(`${message.id} counts ${message.usage?.outputTokens} tokens of ${call.closed?.tokens}`);
      }
    }
    if (message.status === "complete" && told.words.text + told.words.reasoning === "") {
      amiss(`${message.id} is complete and empty`);
    }
  }
}

function beginsWith(all: Words, words: Words): boolean {
  return all.text.startsWith(words.text) && all.reasoning.startsWith(words.reasoning);
}
