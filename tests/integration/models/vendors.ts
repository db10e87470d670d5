// The three adapters against the fake provider, so that one test can hold for all of them.
import type { AdapterOptions } from "@/lib/models/answer.ts";
import { anthropic } from "@/lib/models/anthropic.ts";
import { compatible } from "@/lib/models/compatible.ts";
import { openai } from "@/lib/models/openai.ts";
import type { Delta, ModelRequest, Provider } from "@/lib/models/provider.ts";
import type { Usage } from "@/lib/protocol/message.ts";
import { AppError } from "@/lib/core/errors.ts";
import { assertEquals, assertInstanceOf } from "@std/assert";
import {
  type Api,
  type FakeProvider,
  type FakeProviderOptions,
  startFakeProvider,
} from "../../support/fake_provider/mod.ts";
import { FakeClock } from "../../support/clock.ts";

/** A key that is found again wherever it leaks to. */
export const KEY = "sk-recognisable-0123456789abcdef";

export const VENDORS: readonly { api: Api; keyVariable: string; make(options: AdapterOptions): Provider }[] =
  [
    {
      api: "responses",
      keyVariable: "OPENAI_API_KEY",
      make: (options) => openai({ ...options, apiKey: KEY }),
    },
    {
      api: "messages",
      keyVariable: "ANTHROPIC_API_KEY",
      make: (options) => anthropic({ ...options, apiKey: KEY }),
    },
    {
      api: "chat",
      keyVariable: "COMPATIBLE_API_KEY",
      make: (options) => compatible({ ...options, apiKey: KEY }),
    },
  ];

export const REQUEST: ModelRequest = {
  model: "fake-small",
  systemPrompt: "Be concise.",
  turns: [{ role: "user", text: "Hello" }],
};

/** What an adapter test works with. */
export interface Scene {
  api: Api;
  keyVariable: string;
  fake: FakeProvider;
  provider: Provider;
  /** For a provider with other options. */
  make(options: AdapterOptions): Provider;
  clock: FakeClock;
}

/** One test for each vendor, or for those of `apis`. */
export function forEachVendor(
  name: string,
  test: (scene: Scene) => Promise<void>,
  { apis, ignore = false, ...options }: FakeProviderOptions & { apis?: readonly Api[]; ignore?: boolean } =
    {},
): void {
  for (const { api, keyVariable, make } of VENDORS) {
    if (apis !== undefined && !apis.includes(api)) continue;
    Deno.test({ name: `${name} (${api})`, ignore }, async () => {
      await using fake = startFakeProvider(options);
      const clock = new FakeClock();
      const provider = make({ baseURL: fake.baseURL(api), clock });
      await test({ api, keyVariable, fake, provider, make, clock });
    });
  }
}

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

/** Reads a stream to its end, or to its error. */
export async function hear(stream: AsyncIterable<Delta>): Promise<Heard> {
  const heard: Heard = { text: "", reasoning: "" };
  try {
    for await (const delta of stream) {
      assertEquals(heard.end, undefined, "nothing follows the end");
      if (delta.type === "text") heard.text += delta.text;
      else if (delta.type === "reasoning") heard.reasoning += delta.text;
      else if (delta.type === "usage") heard.usage = delta.usage;
      else if (delta.type === "checkpoint") heard.checkpoint = delta.checkpoint;
      else heard.end = delta;
    }
  } catch (error) {
    heard.error = error;
  }
  assertEquals(heard.end === undefined, heard.error !== undefined, "M1: an end, or an error, and never both");
  return heard;
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
export async function soon<T>(promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Nothing happened within ${SOON_MS_MAX} ms`)), SOON_MS_MAX);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
