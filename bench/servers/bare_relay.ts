// The bare relay: passes the provider's bytes through and keeps nothing.
//   deno run -A bench/servers/bare_relay.ts <provider url>
import { completion, listen } from "./serve.ts";

if (import.meta.main) {
  listen(async (request) => {
    const upstream = await completion(await request.text());
    return new Response(upstream.body, { headers: { "content-type": "text/event-stream" } });
  });
}
