// Single requests: how long a person waits for a page, for a send, for Stop.
import { Api } from "../tests/support/api.ts";
import { type BenchProvider, question } from "./provider.ts";
import { type Spread, spread } from "./stats.ts";
import { type AppTarget, newConversation } from "./targets.ts";

/** Requests made before any is measured: the first ones pay for compiling. */
const WARMUP = 5;

export interface RequestTimes {
  what: string;
  ms: Spread;
  /** What we promise for the median. */
  targetMs: number;
}

/** Each figure from `runs` requests, one after another, while nothing else runs. */
export async function measureRequests(
  app: AppTarget,
  provider: BenchProvider,
  runs: number,
): Promise<RequestTimes[]> {
  const { api } = app;
  return [
    {
      what: "POST a message, provider silent",
      targetMs: 50,
      ms: await repeat(runs, (i) => post(api, `post-${i}`)),
    },
    { what: "GET / (first byte)", targetMs: 50, ms: await repeat(runs, () => firstByte(api, "/")) },
    {
      what: "GET /c/:id, 20 messages (first byte)",
      targetMs: 50,
      ms: await conversationPage(api, runs),
    },
    {
      what: "Stop → provider's socket closed",
      targetMs: 500,
      ms: await repeat(runs, (i) => stop(api, provider, `stop-${i}`)),
    },
  ];
}

async function repeat(runs: number, once: (i: number) => Promise<number>): Promise<Spread> {
  const samples: number[] = [];
  for (let i = 0; i < runs + WARMUP; i++) samples.push(await once(i));
  return spread(samples.slice(WARMUP));
}

/** The provider never sends a byte; the answer is stopped afterwards. */
async function post(api: Api, key: string): Promise<number> {
  const conversation = await newConversation(api);
  const before = performance.now();
  const { reply } = await api.send(conversation, { text: question(key, 0) });
  const ms = performance.now() - before;
  await api.cancel(reply.generationId);
  return ms;
}

async function firstByte(api: Api, path: string): Promise<number> {
  const before = performance.now();
  const response = await fetch(api.url + path, { headers: { cookie: api.cookie } });
  if (!response.ok || response.body === null) throw new Error(`GET ${path} answered ${response.status}`);
  const reader = response.body.getReader();
  await reader.read();
  const ms = performance.now() - before;
  await reader.cancel();
  return ms;
}

async function conversationPage(api: Api, runs: number): Promise<Spread> {
  const conversation = await newConversation(api);
  for (let i = 0; i < 10; i++) {
    const { reply } = await api.send(conversation, { text: question(`page-${i}`, 5) });
    await api.finished(conversation, reply.messageId);
  }
  return await repeat(runs, () => firstByte(api, `/c/${conversation}`));
}

/** From the press of Stop, while tokens flow, until the provider sees its request closed. */
async function stop(api: Api, provider: BenchProvider, key: string): Promise<number> {
  const conversation = await newConversation(api);
  const { reply } = await api.send(conversation, { text: question(key, 5_000) });
  await api.followUntil(
    conversation,
    (state) => state.messages.some((m) => m.role === "assistant" && m.parts.length > 0),
  );
  const before = performance.now();
  await api.cancel(reply.generationId);
  return await provider.sent(key).closed - before;
}
