// A model that says its own words each time it is called, so that nobody can take one answer for another. Now and then
// it fails, stalls, or is cut off, as providers are.
import { AppError } from "@/lib/core/errors.ts";
import type { Clock } from "@/lib/core/time.ts";
import type { Models } from "@/lib/models/registry.ts";
import type { Delta, ModelRequest, Provider } from "@/lib/models/provider.ts";
import { withDeadlines } from "@/lib/resilience/deadline.ts";
import type { World } from "./world.ts";

/** Short, so that a stalled model costs little virtual time. */
const DEADLINES = { firstByteMs: 4_000, idleMs: 4_000, totalMs: 20_000 };
/** Longer than any deadline. */
const STALL_MS = 60_000;

const TOKENS_MAX = 40;

/** A call, from when it is made until its socket is closed. */
export interface OpenCall {
  call: number;
  by: string;
  tokens: number;
}

export class SimulatedModel implements Provider {
  readonly name = "simulated";
  readonly #world: World;
  readonly #clock: Clock;
  readonly #by: string;

  constructor(world: World, clock: Clock, by: string) {
    this.#world = world;
    this.#clock = clock;
    this.#by = by;
  }

  /** The registry that has only this model. */
  asModels(): Models {
    const resolved = {
      provider: this,
      model: "model",
      name: "Model",
      contextTokens: null,
      outputTokensMax: null,
    };
    return {
      list: () => Promise.resolve([]),
      defaultModel: () => Promise.resolve("simulated/model"),
      resolve: () => Promise.resolve(resolved),
      costMicroUsd: (_, { outputTokens }) => outputTokens,
    };
  }

  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<Delta> {
    return withDeadlines((inner) => this.#say(request, inner), DEADLINES, signal, this.#clock);
  }

  async *#say(request: ModelRequest, signal: AbortSignal): AsyncGenerator<Delta, void, void> {
    const { random, history, openCalls } = this.#world;
    const open: OpenCall = { call: ++this.#world.calls, by: this.#by, tokens: 0 };
    const { call } = open;
    openCalls.add(open);
    history.add({ what: "called", by: this.#by, call, prompt: request.turns.at(-1)?.text ?? "" });
    const tokens = random.between(1, TOKENS_MAX);
    const failsAt = random.chance(0.1) ? random.between(0, tokens) : -1;
    const stallsAt = random.chance(0.05) ? random.between(0, tokens) : -1;
    const reasons = random.chance(0.3) ? random.between(1, 5) : 0;
    const paceMs = random.pick([0, 20, 150, 600]);
    let ended = false;
    try {
      for (let token = 1; token <= tokens; token++) {
        await this.#clock.sleep(token === stallsAt ? STALL_MS : random.between(0, paceMs), signal);
        signal.throwIfAborted();
        if (token === failsAt) {
          throw new AppError("provider_overloaded", "Too many people ask it. Try again.");
        }
        const type = token <= reasons ? "reasoning" : "text";
        const text = `${call}.${token}${random.chance(0.2) ? "—あ𝒳".repeat(random.between(1, 60)) : ""} `;
        open.tokens = token;
        history.add({ what: "said", by: this.#by, call, type, text });
        yield { type, text };
      }
      yield { type: "usage", usage: { inputTokens: 1, outputTokens: tokens } };
      ended = true;
      yield { type: "end" };
    } finally {
      if (openCalls.delete(open)) {
        history.add({ what: "closed", by: this.#by, call, ended, tokens: open.tokens });
      }
    }
  }
}
