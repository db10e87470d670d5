// Coming back to a long answer: from a fresh cursor, which gets a snapshot, and from the beginning of its log.
import { textOf } from "../lib/protocol/message.ts";
import { Api } from "../tests/support/api.ts";
import { ask, Cluster } from "../tests/support/cluster.ts";
import { type Spread, spread } from "./stats.ts";

/** Slow enough that most tokens are an entry of their own, as those of a real model are. */
const TOKENS_PER_SECOND = 700;
/** A catch-up that takes longer is stuck. */
const CAUGHT_UP_MS_MAX = 30_000;
/** Unmeasured: the first ones pay for compiling. */
const WARMUP = 3;

export interface Reconnects {
  what: string;
  entries: number;
  /** One after another. */
  alone: Spread;
  /** As many at once, each from its own request on. */
  together: Spread;
}

/** Reconnects to an answer of `tokens` tokens, while it is being written and when it has ended. */
export async function reconnects(tokens: number, runs: number): Promise<Reconnects[]> {
  await using cluster = await Cluster.start({ processes: 1 });
  const api = await Api.session(cluster.server(0).url);
  const { conversationId, messageId } = await ask(api);
  const call = await cluster.fake.next();
  const startMs = performance.now();
  let chars = 0;
  for (let i = 1; i <= tokens; i++) {
    const waitMs = startMs + i * 1_000 / TOKENS_PER_SECOND - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    await call.send(`${i} `);
    chars += `${i} `.length;
  }
  const { cursor } = await api.followUntil(
    conversationId,
    ({ messages }) =>
      messages.some((message) => message.id === messageId && textOf(message).length === chars),
  );
  const results = [
    await measured("fresh cursor, while it is written", api, conversationId, null, cursor, runs),
    await measured("from the first entry, while it is written", api, conversationId, 0, cursor, runs),
  ];
  await call.end();
  await api.finished(conversationId, messageId);
  const ended = (await api.read(conversationId)).cursor;
  results.push(await measured("fresh cursor, when it has ended", api, conversationId, null, ended, runs));
  return results;
}

async function measured(
  what: string,
  api: Api,
  conversationId: string,
  after: number | null,
  last: number,
  runs: number,
): Promise<Reconnects> {
  const once = () => caughtUp(api, conversationId, after, last);
  for (let i = 0; i < WARMUP; i++) await once();
  const alone: number[] = [];
  for (let i = 0; i < runs; i++) alone.push(await once());
  const together = await Promise.all(Array.from({ length: runs }, once));
  return { what, entries: last, alone: spread(alone), together: spread(together) };
}

/** Milliseconds from the request until the whole of entry `last`, or of a snapshot that stands for it, is there. */
async function caughtUp(
  api: Api,
  conversationId: string,
  after: number | null,
  last: number,
): Promise<number> {
  const before = performance.now();
  const leave = new AbortController();
  const response = await fetch(
    `${api.url}/api/conversations/${conversationId}/events${after === null ? "" : `?after=${after}`}`,
    {
      headers: { authorization: `Bearer ${api.token}` },
      signal: AbortSignal.any([leave.signal, AbortSignal.timeout(CAUGHT_UP_MS_MAX)]),
    },
  );
  if (!response.ok || response.body === null) throw new Error(`Following answered ${response.status}`);
  // Bytes are looked at, and not parsed: the figure is the server's, not that of a client.
  const mark = `id: ${last}\n`;
  let text = "";
  try {
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const at = text.lastIndexOf(mark);
      if (at >= 0 && text.indexOf("\n\n", at) >= 0) return performance.now() - before;
      // All but what may hold the beginning of the mark, or of the event behind it.
      if (at < 0) text = text.slice(-mark.length);
    }
  } finally {
    leave.abort();
  }
  throw new Error(`The stream ended before entry ${last}`);
}
