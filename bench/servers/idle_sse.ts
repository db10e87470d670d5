// A stream of events in which nothing happens: what a follower costs the platform before anybody has written a line.
//   deno run -A bench/servers/idle_sse.ts
import { listen } from "./serve.ts";

if (import.meta.main) {
  const opening = new TextEncoder().encode(": ok\n\n");
  listen(() => {
    const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(opening) });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  });
}
