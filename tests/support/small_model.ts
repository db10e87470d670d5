// A model with a small window, by a count of its own: what is more than the window it refuses, as providers do with a 400.
// Asked for a summary it keeps the sentences that begin with "Remember", which is all that a test asks of one.
import { textTokens } from "@/lib/context/estimate.ts";
import { SUMMARISE } from "@/lib/context/transcript.ts";
import { AppError } from "@/lib/core/errors.ts";
import type { ModelRequest } from "@/lib/models/provider.ts";
import type { Call, ScriptedProvider } from "./scripted_provider.ts";

/** A role and its marks, in tokens: more than most models have. */
const FRAME_TOKENS = 8;

export class SmallModel {
  windowTokens: number;
  /** Requests that were more than the window. */
  readonly refused: ModelRequest[] = [];
  /** Requests for answers, and for summaries, in order. */
  readonly asked: ModelRequest[] = [];
  readonly summarised: ModelRequest[] = [];
  /** What it answers. */
  answer: (request: ModelRequest) => string = () => "Yes.";
  /** Called before a summary is answered: may wait, and may fail it. */
  onSummary: (call: Call, text: string) => void = (call, text) => this.say(call, text);

  constructor(provider: ScriptedProvider, windowTokens: number) {
    this.windowTokens = windowTokens;
    provider.onCall = (call) => this.#on(call);
  }

  /** Tokens of a request as this model counts them: more than any estimate of ours has them. */
  count({ systemPrompt, turns }: ModelRequest): number {
    return [systemPrompt, ...turns.map(({ text }) => text)].reduce(
      (sum, text) => sum + FRAME_TOKENS + Math.ceil(Math.max(text.length / 3, textTokens(text) * 1.15)),
      0,
    );
  }

  say(call: Call, text: string): void {
    const usage = { inputTokens: this.count(call.request), outputTokens: Math.ceil(text.length / 3) };
    call.text(text).usage(usage).end();
  }

  #on(call: Call): void {
    const { request } = call;
    const tokens = this.count(request) + (request.outputTokensMax ?? 0);
    if (tokens > this.windowTokens) {
      this.refused.push(request);
      call.fail(
        new AppError("provider_rejected", `context_length_exceeded: ${tokens} > ${this.windowTokens}`),
      );
    } else if (request.systemPrompt === SUMMARISE) {
      this.summarised.push(request);
      this.onSummary(call, remembered(request));
    } else {
      this.asked.push(request);
      this.say(call, this.answer(request));
    }
  }
}

/** The sentences to be remembered, each once. */
function remembered({ turns }: ModelRequest): string {
  const found = turns.flatMap(({ text }) => text.match(/Remember[^.]*\./g) ?? []);
  return found.length === 0 ? "Nothing of note." : [...new Set(found)].join(" ");
}
