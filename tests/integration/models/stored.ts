// OpenAI with stored responses, against the fake provider.
import { openai } from "@/lib/models/openai.ts";
import type { Delta, Provider } from "@/lib/models/provider.ts";
import { FakeClock } from "../../support/clock.ts";
import { type FakeProvider, startFakeProvider } from "../../support/fake_provider/mod.ts";
import { KEY } from "../../support/adapters.ts";
import { REQUEST, soon } from "../../support/hearing.ts";

export interface StoredScene {
  fake: FakeProvider;
  clock: FakeClock;
  reported: string[];
  /** Resolves with the first report. */
  told: Promise<string>;
  /** As another process would make it. */
  make(): Provider;
}

export function stored(name: string, test: (scene: StoredScene) => Promise<void>): void {
  Deno.test(name, async () => {
    await using fake = startFakeProvider();
    const clock = new FakeClock();
    const reported: string[] = [];
    const told = Promise.withResolvers<string>();
    const calls: Promise<Response>[] = [];
    const make = () =>
      openai({
        baseURL: fake.baseURL("responses"),
        apiKey: KEY,
        clock,
        background: true,
        fetch(input, init) {
          const call = fetch(input, init);
          calls.push(call);
          return call;
        },
        report: (problem) => {
          reported.push(problem);
          told.resolve(problem);
        },
      });
    await test({ fake, clock, reported, told: told.promise, make });
    await Promise.allSettled(calls); // nobody waits for a cancel but its test
  });
}

/** Reads up to the checkpoint that covers `text`. */
export async function readTo(stream: AsyncIterator<Delta>, text: string): Promise<string> {
  for (let seen = "";;) {
    const { value, done } = await soon(stream.next());
    if (done) throw new Error(`The stream ended after ${JSON.stringify(seen)}`);
    if (value.type === "text") seen += value.text;
    if (value.type === "checkpoint" && seen === text) return value.checkpoint;
  }
}

export function open(provider: Provider, signal = new AbortController().signal) {
  return provider.stream(REQUEST, signal)[Symbol.asyncIterator]();
}
