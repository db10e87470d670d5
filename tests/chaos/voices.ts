// The checker's own reading of the model's calls: whose words an answer has, and what they cost.
//   An attempt's words are the beginning of one answer of the model's, and no two attempts share one. A complete one has
//   all of them, and the usage that its last call was billed. A job is answered no more often than it was claimed; a call
//   that failed without a word may be made again, so often for each claim.
import { TRIES_MAX } from "@/lib/generate/source.ts";
import { type Fold, same, type Told, type Words, wordsOf } from "./fold.ts";
import type { Moment } from "./history.ts";

interface Voice {
  prompt: string;
  answer: number;
  /** All words of the answer. */
  words: Words;
  /** Whether it has said anything yet. */
  spoke: boolean;
  closed: { counted: number | null } | null;
  calledMs: number;
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
      const { call, answer, prompt, all, atMs } = moment;
      this.#calls.set(call, {
        prompt,
        answer,
        words: wordsOf(all),
        spoke: false,
        closed: null,
        calledMs: atMs,
        heardMs: atMs,
      });
      return;
    }
    const voice = this.#calls.get(moment.call);
    if (voice === undefined) throw new Error(`Call ${moment.call} was never made`);
    if (moment.what === "said") {
      voice.heardMs = moment.atMs;
      voice.spoke = true;
    } else voice.closed = { counted: moment.counted };
  }

  /** Every answer of a conversation, against the calls for its question; `claims` says how often its job was claimed. */
  judge(fold: Fold, claims: (messageId: string) => number, amiss: (what: string) => void): void {
    for (const told of fold.values()) {
      const { id, role, parentId } = told.message;
      if (role !== "assistant") continue;
      const question = fold.get(parentId ?? "")?.words.text;
      const calls = [...this.#calls.values()].filter(({ prompt }) => prompt === question);
      const spoken = calls.filter(({ spoke }) => spoke);
      if (spoken.length > claims(id)) {
        amiss(`${id} was claimed ${claims(id)} times, and answered ${spoken.length} times`);
      }
      if (calls.length > claims(id) * TRIES_MAX) {
        amiss(`${id} was claimed ${claims(id)} times, and asked ${calls.length} times`);
      }
      const answers = new Set(spoken.map(({ answer }) => answer));
      if (answers.size > told.attempt) {
        amiss(`${id} has ${told.attempt} attempts, and ${answers.size} answers`);
      }
      this.#attempts(told, calls, amiss);
    }
  }

  /** Of an answer that was stopped, in calm weather, at `stoppedMs`, and that went on at `nextMs`. */
  stopped(
    question: string | undefined,
    stoppedMs: number,
    nextMs: number,
    amiss: (what: string) => void,
  ): void {
    for (const [call, { prompt, calledMs, heardMs }] of this.#calls) {
      if (prompt !== question || calledMs >= nextMs || heardMs <= stoppedMs + STOP_MS_MAX) continue;
      amiss(`call ${call} was heard ${heardMs - stoppedMs} ms after its stop`);
    }
  }

  /** No socket to the model stays open. */
  end(amiss: (what: string) => void): void {
    for (const [call, { closed }] of this.#calls) if (closed === null) amiss(`call ${call} was never closed`);
  }

  #attempts(told: Told, calls: Voice[], amiss: (what: string) => void): void {
    const { message } = told;
    let left = calls;
    for (const { attempt, words } of [...told.before, told]) {
      if (words.text === "" && words.reasoning === "") continue;
      const answer = left.find((one) => beginsWith(one.words, words))?.answer;
      if (answer === undefined) {
        amiss(`attempt ${attempt} of ${message.id} has words that no answer of its own begins with`);
        continue;
      }
      const own = left.filter((one) => one.answer === answer);
      left = left.filter((one) => one.answer !== answer);
      if (attempt !== told.attempt || message.status !== "complete") continue;
      if (message.stopReason === undefined && !same(own[0]!.words, words)) {
        amiss(`${message.id} is complete, and the model said more`);
      }
      const counted = own.map(({ closed }) => closed?.counted ?? null);
      if (!counted.includes(message.usage?.outputTokens ?? NaN)) {
        amiss(`${message.id} counts ${message.usage?.outputTokens} tokens, and its calls ${counted}`);
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
