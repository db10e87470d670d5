// A provider for the bench: speaks Chat Completions, and remembers when each token left and when each request closed.
// It lives in the same process as the readers, so one clock times both ends of a token.

/** Tokens of a paced answer come this often: 50 a second, a fast model. */
const TOKEN_MS = 20;

/** What the provider knows of one answer, asked for by its key. */
export interface Sent {
  /** When token i was written, by `performance.now()`. */
  atMs: number[];
  /** Resolves with the time when the other side closed the request. */
  closed: Promise<number>;
}

export interface BenchProvider extends AsyncDisposable {
  url: string;
  sent(key: string): Sent;
}

/** What a question asks of this provider: `bench <key> <tokens>`. With 0 tokens it never sends a byte. */
export function question(key: string, tokens: number): string {
  return `bench ${key} ${tokens}`;
}

/** The text of token `index`. Every token ends in a space, so that readers can count. */
export function tokenText(index: number): string {
  return `${index} `;
}

/** One line of a Chat Completions stream. */
function frame(delta: Record<string, unknown>, finish: string | null = null): string {
  const choice = { index: 0, delta, finish_reason: finish };
  return `data: ${
    JSON.stringify({ id: "bench", object: "chat.completion.chunk", model: "bench", choices: [choice] })
  }\n\n`;
}

/** Serves until it is disposed of. */
export function startProvider(): BenchProvider {
  const answers = new Map<string, Sent & { close: (atMs: number) => void }>();
  const sent = (key: string) => {
    const known = answers.get(key);
    if (known !== undefined) return known;
    const { promise, resolve } = Promise.withResolvers<number>();
    const answer = { atMs: [], closed: promise, close: resolve };
    answers.set(key, answer);
    return answer;
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    if (request.method !== "POST") return Response.json({ data: [{ id: "bench", object: "model" }] });
    const [key, tokens] = asked(await request.text());
    const answer = sent(key);
    return new Response(paced(tokens, answer), { headers: { "content-type": "text/event-stream" } });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/v1`,
    sent,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
    },
  };
}

/** The key and the number of tokens in a request's body. Anything else the app asks gets a short answer of its own. */
function asked(body: string): [key: string, tokens: number] {
  const match = /bench (\S+) (\d+)(?!.*bench \S+ \d)/s.exec(body);
  return match === null ? [`other-${crypto.randomUUID()}`, 1] : [match[1]!, Number(match[2])];
}

/** Tokens at a steady pace that does not drift: each is due at its own time after the start. */
function paced(
  tokens: number,
  answer: { atMs: number[]; close: (atMs: number) => void },
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let timer: ReturnType<typeof setTimeout> | undefined;
  return new ReadableStream({
    start(controller) {
      if (tokens === 0) return; // Silent: only the other side can end it.
      const startMs = performance.now();
      let next = 0;
      const tick = () => {
        // A late timer owes more than one token.
        for (const now = performance.now(); next < tokens && startMs + next * TOKEN_MS <= now; next++) {
          answer.atMs[next] = performance.now();
          controller.enqueue(encoder.encode(frame({ content: tokenText(next) })));
        }
        if (next < tokens) {
          timer = setTimeout(tick, Math.max(0, startMs + next * TOKEN_MS - performance.now()));
          return;
        }
        const usage = { prompt_tokens: 1, completion_tokens: tokens, total_tokens: tokens + 1 };
        controller.enqueue(encoder.encode(frame({}, "stop")));
        controller.enqueue(
          encoder.encode(`data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`),
        );
        controller.close();
      };
      tick();
    },
    cancel() {
      clearTimeout(timer);
      answer.close(performance.now());
    },
  });
}
