// What the baselines' servers share: they listen, ask the provider, and write server-sent events.
import { createParser } from "eventsource-parser";
import { DONE_EVENT, TOKEN_HEAD } from "../generator/dialects.ts";

/** Listens on a free port, and says where on one line. */
export function listen(handler: (request: Request) => Response | Promise<Response>): void {
  Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => console.log(`http://127.0.0.1:${port}`),
  }, handler);
}

/** The provider's answer to a request of Chat Completions. Its address is the process's first argument. */
export async function completion(body: string): Promise<Response> {
  const response = await fetch(`${Deno.args[0]}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  if (!response.ok) throw new Error(`The provider answered ${response.status}`);
  return response;
}

/** What a body that asks a question is for the provider. */
export function question(body: string): string {
  const content = JSON.parse(body) as string;
  return JSON.stringify({ model: "bench", stream: true, messages: [{ role: "user", content }] });
}

/** Reads the tokens of an answer by ordinary means, a parser of event streams and JSON: those of one read together. */
export function tokenReader(response: Response): () => Promise<string[] | null> {
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  let read: string[] = [];
  const parser = createParser({
    onEvent({ data }) {
      if (data === "[DONE]") return;
      const { choices } = JSON.parse(data) as { choices: { delta: { content?: string } }[] };
      const content = choices[0]?.delta.content;
      if (content !== undefined) read.push(content);
    },
  });
  return async () => {
    const { done, value } = await reader.read();
    if (done) return null;
    read = [];
    parser.feed(decoder.decode(value, { stream: true }));
    return read;
  };
}

export function tokenEvent(id: number, text: string): string {
  return `id: ${id}\n${TOKEN_HEAD}${JSON.stringify(text)}}\n\n`;
}

export const DONE = `${DONE_EVENT}\n\n`;

const encoder = new TextEncoder();

/** A stream of events, pulled when the socket has room. `next` gives null when there will be no more. */
export function sse(
  next: () => Promise<string | null>,
  cancel: () => Promise<unknown> | void = () => {},
): Response {
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const events = await next();
      if (events === null) controller.close();
      else controller.enqueue(encoder.encode(events));
    },
    async cancel() {
      await cancel();
    },
  });
  return new Response(body, {
    headers: { "content-type": "text/event-stream", "cache-control": "no-cache, no-transform" },
  });
}
