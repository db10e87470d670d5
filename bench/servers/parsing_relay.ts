// The relay that parses: reads the provider's events, and writes one of its own for each token. It keeps nothing.
//   deno run -A bench/servers/parsing_relay.ts <provider url>
import { completion, DONE, listen, sse, tokenEvent, tokens } from "./serve.ts";

if (import.meta.main) {
  listen(async (request) => {
    const upstream = await completion(await request.text());
    return sse(events(upstream));
  });
}

async function* events(upstream: Response): AsyncGenerator<string> {
  let id = 0;
  for await (const read of tokens(upstream)) yield read.map((text) => tokenEvent(++id, text)).join("");
  yield DONE;
}
