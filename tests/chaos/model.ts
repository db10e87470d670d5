// A model that has its own words for each answer, so that nobody can take one for another. It fails and stalls now and
// then, as providers do; in some runs an answer that was cut off can be resumed, in others it goes on from its text.
import { AppError } from "@/lib/core/errors.ts";
import type { Clock } from "@/lib/core/time.ts";
import { REPEATED_CHARS_MIN } from "@/lib/generate/seam.ts";
import type { Models } from "@/lib/models/registry.ts";
import { UNKNOWN_ABILITIES } from "@/lib/protocol/model.ts";
import type { Delta, ModelRequest, Provider } from "@/lib/models/provider.ts";
import { withDeadlines } from "@/lib/resilience/deadline.ts";
import type { World } from "./world.ts";

/** Short, so that a stalled model costs little virtual time. */
const DEADLINES = { firstByteMs: 4_000, idleMs: 4_000, totalMs: 20_000 };
/** Longer than any deadline. */
const STALL_MS = 60_000;

const TOKENS_MAX = 50;

/** How an answer goes on after its process died: from the provider's own copy, from its text, or not at all. */
export const RECOVERIES = ["none", "resumes", "continues"] as const;

/** Of a resumption: the provider has forgotten the answer. */
const FORGOTTEN = 0.1;

/** All that the model will ever say in one answer. */
interface Answer {
  n: number;
  prompt: string;
  tokens: { type: "text" | "reasoning"; text: string }[];
}

/** A call, from when it is made until its socket is closed. */
export interface OpenCall {
  call: number;
  by: string;
}

/** The answers of a run, which outlive the process that asked. */
export type Answers = Map<number, Answer>;

export class SimulatedModel implements Provider {
  readonly name = "simulated";
  readonly #world: World;
  readonly #clock: Clock;
  readonly #by: string;
  readonly resume?: Provider["resume"];

  constructor(world: World, clock: Clock, by: string) {
    this.#world = world;
    this.#clock = clock;
    this.#by = by;
    if (world.recovery === "resumes") {
      this.resume = (checkpoint, signal) => this.#heard((inner) => this.#resumed(checkpoint, inner), signal);
    }
  }

  continues(): boolean {
    return this.#world.recovery === "continues";
  }

  /** The registry that has only this model. */
  asModels(): Models {
    const resolved = {
      provider: this,
      model: "model",
      name: "Model",
      contextTokens: null,
      outputTokensMax: null,
      abilities: UNKNOWN_ABILITIES,
      tokenFactor: 1,
    };
    return {
      list: () => Promise.resolve([]),
      defaultModel: () => Promise.resolve("simulated/model"),
      all: () => Promise.resolve({ models: [], defaultModel: "simulated/model", fallbacks: [] }),
      resolve: () => Promise.resolve(resolved),
      cheap: (id) => Promise.resolve(id),
      costMicroUsd: (_, { inputTokens, outputTokens }) => inputTokens + outputTokens,
    };
  }

  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<Delta> {
    return this.#heard((inner) => {
      const cutOff = request.turns.at(-2);
      // Asked in words to go on: it does, and often says again how the text ends.
      if (request.turns.at(-1)?.text.includes("«") && cutOff?.role === "assistant") {
        const { answer, token, within } = this.#find(cutOff.text);
        return this.#say(answer, token, within, inner, this.#endOf(cutOff.text));
      }
      if (request.prefix === undefined) return this.#say(this.#compose(request), 0, 0, inner);
      const { answer, token, within } = this.#find(request.prefix);
      return this.#say(answer, token, within, inner);
    }, signal);
  }

  /** Nothing, or enough of the end of a text to be told from chance. */
  #endOf(text: string): string {
    const { random } = this.#world;
    return text.length >= REPEATED_CHARS_MIN && random.chance(0.5)
      ? text.slice(-random.between(REPEATED_CHARS_MIN + 1, 200)).replace(/^[\udc00-\udfff]/, "")
      : "";
  }

  #heard(open: (signal: AbortSignal) => AsyncIterable<Delta>, signal: AbortSignal): AsyncIterable<Delta> {
    return withDeadlines(open, DEADLINES, signal, this.#clock);
  }

  #compose(request: ModelRequest): Answer {
    const { random, answers } = this.#world;
    const n = answers.size + 1;
    const reasons = random.chance(0.3) ? random.between(1, 5) : 0;
    const tokens = Array.from({ length: random.between(1, TOKENS_MAX) }, (_, i) => ({
      type: i < reasons ? "reasoning" as const : "text" as const,
      text: `${n}.${i + 1}${random.chance(0.2) ? "—あ𝒳".repeat(random.between(1, 60)) : ""} `,
    }));
    const answer = { n, prompt: request.turns.at(-1)?.text ?? "", tokens };
    answers.set(n, answer);
    return answer;
  }

  /** The answer that begins with `prefix`, and where it ends: before which token, and so far into it. */
  #find(prefix: string): { answer: Answer; token: number; within: number } {
    for (const answer of this.#world.answers.values()) {
      const text = answer.tokens.map((token) => token.type === "text" ? token.text : "").join("");
      if (!text.startsWith(prefix)) continue;
      let within = prefix.length;
      for (const [token, { type, text }] of answer.tokens.entries()) {
        if (type === "reasoning") continue;
        if (within < text.length) return { answer, token, within };
        within -= text.length;
      }
      return { answer, token: answer.tokens.length, within: 0 };
    }
    throw new Error(`No answer begins with ${JSON.stringify(prefix.slice(0, 100))}`);
  }

  async *#resumed(checkpoint: string, signal: AbortSignal): AsyncGenerator<Delta, void, void> {
    const [n, said] = checkpoint.split(":").map(Number);
    const answer = this.#world.answers.get(n ?? 0);
    if (answer === undefined) throw new Error(`"${checkpoint}" is no checkpoint`);
    if (this.#world.random.chance(FORGOTTEN)) {
      throw new AppError("provider_rejected", "The provider has forgotten this answer.");
    }
    yield* this.#say(answer, said ?? 0, 0, signal);
  }

  /** The rest of an answer: from a token, or from so many UTF-16 units within it. */
  async *#say(
    answer: Answer,
    from: number,
    within: number,
    signal: AbortSignal,
    again: string | null = null,
  ): AsyncGenerator<Delta, void, void> {
    const { random, history, openCalls } = this.#world;
    const open: OpenCall = { call: ++this.#world.calls, by: this.#by };
    const { call } = open;
    const { n, prompt, tokens } = answer;
    openCalls.add(open);
    history.add({ what: "called", by: this.#by, call, answer: n, prompt, from, all: tokens });
    const failsAt = random.chance(0.1) ? random.between(from, tokens.length) : -1;
    const stallsAt = random.chance(0.05) ? random.between(from, tokens.length) : -1;
    const cutAt = random.chance(0.3) ? random.between(from + 1, tokens.length) : -1;
    const paceMs = random.pick([0, 20, 150, 600]);
    let counted: number | null = null;
    const isOwn = again !== null || this.#world.recovery === "continues";
    try {
      // As those do that count the prompt first: whoever lets go of the call has used that much.
      if (this.#world.recovery === "none") {
        yield { type: "usage", usage: { inputTokens: 1, outputTokens: 0 } };
      }
      for (let at = from; at < tokens.length; at++) {
        if (at === cutAt) {
          counted = isOwn ? at - from : at;
          yield { type: "usage", usage: { inputTokens: 1, outputTokens: counted } };
          yield { type: "end", stopReason: "length" };
          return;
        }
        await this.#clock.sleep(at === stallsAt ? STALL_MS : random.between(0, paceMs), signal);
        signal.throwIfAborted();
        if (at === failsAt) throw new AppError("provider_overloaded", "Too many people ask it. Try again.");
        const { type, text } = tokens[at]!;
        history.add({ what: "said", by: this.#by, call, token: at });
        yield { type, text: at === from ? (again ?? "") + text.slice(within) : text };
        if (this.resume !== undefined) yield { type: "checkpoint", checkpoint: `${n}:${at + 1}` };
      }
      // A resumed answer is billed as one; what goes on from a text is a request of its own.
      counted = isOwn ? tokens.length - from : tokens.length;
      yield { type: "usage", usage: { inputTokens: 1, outputTokens: counted } };
      yield { type: "end" };
    } finally {
      if (openCalls.delete(open)) history.add({ what: "closed", by: this.#by, call, counted });
    }
  }
}
