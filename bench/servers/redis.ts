// What people would pick instead: the package `resumable-stream` over Redis. Whoever comes after the first reader
// gets what was said so far, then each chunk through Redis' publish and subscribe.
//   `POST /<id>` with the question begins an answer, `GET /<id>` resumes it at its start.
//   deno run -A bench/servers/redis.ts <provider url> <redis url>
import { createClient } from "npm:redis@6.3.1";
import { createResumableStreamContext } from "npm:resumable-stream@2.2.13/generic";
import { completion, DONE, listen, question, sse, tokenEvent, tokenReader } from "./serve.ts";

if (import.meta.main) {
  const [publisher, subscriber] = [
    createClient({ url: Deno.args[1]! }),
    createClient({ url: Deno.args[1]! }),
  ];
  await Promise.all([publisher.connect(), subscriber.connect()]);
  const streams = createResumableStreamContext({ waitUntil: null, publisher, subscriber });
  listen(async (request) => {
    const id = new URL(request.url).pathname.slice(1);
    if (request.method === "GET") {
      const stream = await streams.resumeExistingStream(id);
      if (!stream) return new Response(null, { status: 404 });
      const reader = stream.getReader();
      return sse(async () => (await reader.read()).value ?? null, () => reader.cancel());
    }
    const upstream = await completion(question(await request.text()));
    const first = await streams.createNewResumableStream(id, () => events(upstream));
    void drain(first!);
    return new Response(null, { status: 202 });
  });
}

/** One chunk a token, as a chat writes them. */
function events(upstream: Response): ReadableStream<string> {
  const next = tokenReader(upstream);
  let id = 0;
  return new ReadableStream({
    async pull(controller) {
      let read = await next();
      while (read?.length === 0) read = await next(); // bounded by the answer's end
      for (const text of read ?? []) controller.enqueue(tokenEvent(++id, text));
      if (read !== null) return;
      controller.enqueue(DONE);
      controller.close();
    },
  });
}

/** The first reader, who asked; not measured. */
async function drain(stream: ReadableStream<string>): Promise<void> {
  for await (const _chunk of stream);
}
