// A model that says what a test tells it to, when it is told, and keeps the port's promises (M1, M2).
import type { Delta, ModelRequest, Provider } from "@/lib/models/provider.ts";
import type { StopReason, Usage } from "@/lib/protocol/message.ts";

/** One call of the provider: what was asked, and the hand that answers. */
export class Call implements AsyncIterable<Delta> {
  readonly request: ModelRequest;
  readonly signal: AbortSignal;
  /** Resolves when the provider's socket would be closed: aborted, ended, failed, or left by its reader. */
  readonly closed: Promise<void>;
  readonly #close: () => void;
  readonly #steps: (() => IteratorResult<Delta>)[] = [];
  #wake = () => {};

  constructor(request: ModelRequest, signal: AbortSignal) {
    this.request = request;
    this.signal = signal;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#close = resolve;
  }

  text(...texts: string[]): this {
    for (const text of texts) this.#push(() => ({ done: false, value: { type: "text", text } }));
    return this;
  }
  reasoning(text: string): this {
    return this.#push(() => ({ done: false, value: { type: "reasoning", text } }));
  }
  checkpoint(checkpoint: string): this {
    return this.#push(() => ({ done: false, value: { type: "checkpoint", checkpoint } }));
  }
  usage(usage: Usage): this {
    return this.#push(() => ({ done: false, value: { type: "usage", usage } }));
  }
  end(stopReason?: StopReason): this {
    return this.#push(() => ({
      done: false,
      value: stopReason ? { type: "end", stopReason } : { type: "end" },
    }));
  }
  /** Stops without an `end`, as no adapter should. */
  stop(): this {
    return this.#push(() => ({ done: true, value: undefined }));
  }
  fail(error: unknown): this {
    return this.#push(() => {
      throw error;
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Delta, void, undefined> {
    const onAbort = () => this.#wake();
    this.signal.addEventListener("abort", onAbort);
    try {
      for (;;) {
        this.signal.throwIfAborted();
        const step = this.#steps.shift();
        if (step === undefined) {
          await new Promise<void>((resolve) => (this.#wake = resolve));
          continue;
        }
        const { done, value } = step();
        if (done) return;
        yield value;
      }
    } finally {
      this.signal.removeEventListener("abort", onAbort);
      this.#close();
    }
  }

  #push(step: () => IteratorResult<Delta>): this {
    this.#steps.push(step);
    this.#wake();
    return this;
  }
}

export class ScriptedProvider implements Provider {
  readonly name = "scripted";
  /** Checkpoints that were asked to be resumed, in order; their calls are among `calls`. */
  readonly resumed: string[] = [];
  /** Set by a test whose provider stores its answers. */
  resume?: Provider["resume"];
  abandon?: Provider["abandon"];
  continues?: Provider["continues"];
  readonly calls: Call[] = [];
  /** Answers each call as it comes; without it the test does, by hand. */
  onCall: (call: Call, n: number) => void = () => {};
  #waiting: { n: number; resolve: (call: Call) => void }[] = [];

  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<Delta> {
    const call = new Call(request, signal);
    this.calls.push(call);
    this.onCall(call, this.calls.length);
    for (const { n, resolve } of this.#waiting) if (n === this.calls.length) resolve(call);
    return call;
  }

  /** The `n`th call, counted from 1, when it comes. */
  call(n: number): Promise<Call> {
    const call = this.calls[n - 1];
    return call !== undefined
      ? Promise.resolve(call)
      : new Promise((resolve) => this.#waiting.push({ n, resolve }));
  }
}
