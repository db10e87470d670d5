// How a test listens to a model's answer.
import { AppError } from "@/lib/core/errors.ts";
import type { Delta, ModelRequest, Provider } from "@/lib/models/provider.ts";
import type { Usage } from "@/lib/protocol/message.ts";
import { assertEquals, assertInstanceOf } from "@std/assert";

export const REQUEST: ModelRequest = {
  model: "fake-small",
  systemPrompt: "Be concise.",
  turns: [{ role: "user", text: "Hello" }],
};

/** A stream as it was read: what came, and how it stopped. */
export interface Heard {
  text: string;
  reasoning: string;
  usage?: Usage;
  /** The newest. */
  checkpoint?: string;
  end?: Extract<Delta, { type: "end" }>;
  error?: unknown;
}

/** Reads a stream as a job does: from now on, to its end or to its error. */
export class Hearing {
  /** So far. */
  readonly heard: Heard = { text: "", reasoning: "" };
  /** Resolves at the end or the error; rejects when the stream breaks the port's promise. */
  readonly over: Promise<Heard>;
  isOver = false;
  #more = Promise.withResolvers<void>();

  constructor(stream: AsyncIterable<Delta>) {
    this.over = this.#read(stream).finally(() => {
      this.isOver = true;
      this.#woken();
    });
  }

  /** Resolves when what has come is as it should be. */
  async until(isThere: (heard: Heard) => boolean): Promise<void> {
    while (!isThere(this.heard)) {
      if (this.isOver) throw new Error(`It was over before: ${Deno.inspect(this.heard).slice(0, 500)}`);
      await this.#more.promise;
    }
  }

  async #read(stream: AsyncIterable<Delta>): Promise<Heard> {
    const { heard } = this;
    try {
      for await (const delta of stream) {
        assertEquals(heard.end, undefined, "nothing follows the end");
        if (delta.type === "text") heard.text += delta.text;
        else if (delta.type === "reasoning") heard.reasoning += delta.text;
        else if (delta.type === "usage") heard.usage = delta.usage;
        else if (delta.type === "checkpoint") heard.checkpoint = delta.checkpoint;
        else heard.end = delta;
        this.#woken();
      }
    } catch (error) {
      heard.error = error;
    }
    assertEquals(
      heard.end === undefined,
      heard.error !== undefined,
      "M1: an end, or an error, and never both",
    );
    return heard;
  }

  #woken(): void {
    this.#more.resolve();
    this.#more = Promise.withResolvers();
  }
}

/** Reads a stream to its end, or to its error. */
export function hear(stream: AsyncIterable<Delta>): Promise<Heard> {
  return new Hearing(stream).over;
}

/** Starts a call, whose signal nobody pulls. */
export function call(provider: Provider, request: ModelRequest = REQUEST): Promise<Heard> {
  return hear(provider.stream(request, new AbortController().signal));
}

/** The AppError that a stream ended in. */
export function errorOf({ error }: Heard): AppError {
  assertInstanceOf(error, AppError, `Expected an AppError, got ${error}`);
  return error;
}

/** The next text of a stream; other deltas before it are passed over. */
export async function nextText(stream: AsyncIterator<Delta>): Promise<string | undefined> {
  for (;;) {
    const { value, done } = await stream.next();
    if (done) return undefined;
    if (value.type === "text") return value.text;
  }
}

/** How long a test waits for what it says must happen; all of it happens within milliseconds. */
const SOON_MS_MAX = 5000;

/** `promise`, or a failure of the test instead of a test that never ends. */
export async function soon<T>(promise: Promise<T>, what = "Nothing happened"): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} within ${SOON_MS_MAX} ms`)), SOON_MS_MAX);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
