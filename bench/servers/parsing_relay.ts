// The relay that parses: reads the provider's events, and writes one of its own for each token. It keeps nothing.
//   deno run -A bench/servers/parsing_relay.ts <provider url>
import { completion, DONE, listen, sse, tokenEvent, tokenReader } from "./serve.ts";

if (import.meta.main) {
  listen(async (request) => {
    const next = tokenReader(await completion(await request.text()));
    let id = 0;
    let done = false;
    return sse(async () => {
      if (done) return null;
      let read = await next();
      while (read?.length === 0) read = await next(); // bounded by the answer's end
      done = read === null;
      return read === null ? DONE : read.map((text) => tokenEvent(++id, text)).join("");
    });
  });
}
