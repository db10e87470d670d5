// What a phone has to load before it can chat.
import { assert } from "@std/assert";
import { Api } from "../support/api.ts";
import { AppServer } from "../support/server.ts";

/** All scripts of the chat page, as gzip sends them. */
const GZIP_BYTES_MAX = 60 * 1024;
/** Files of one page. More means that the crawl below goes in circles. */
const FILES_MAX = 100;

Deno.test("the chat page's client code is under 60 KB gzip in all", async () => {
  await using server = await AppServer.start({ env: { DEMO_TOKENS_PER_SECOND: "5000" } });
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: "demo/tour" });
  const { reply } = await api.send(conversation.id, { text: "What can you show?" });
  await api.finished(conversation.id, reply.messageId);

  const page = `${server.url}/c/${conversation.id}`;
  const html = await (await fetch(page, { headers: { cookie: api.cookie } })).text();
  const bytes = new Map<string, number>();
  // Scripts that a page names, in tags or in its own inline module; and what those import, but not on demand.
  const queue = Array.from(
    html.matchAll(/["']([^"'\s]+\.js)["']/g),
    (match) => new URL(match[1]!, page).href,
  );
  for (let url = queue.pop(); url !== undefined; url = queue.pop()) {
    if (bytes.has(url)) continue;
    assert(bytes.size < FILES_MAX, `more than ${FILES_MAX} scripts`);
    const response = await fetch(url);
    const source = await response.text();
    assert(response.ok, `${url} answered ${response.status}`);
    bytes.set(url, await gzipBytes(source));
    for (const [, path] of source.matchAll(/(?:\bfrom|\bimport)\s*["']([^"']+)["']/g)) {
      queue.push(new URL(path!, url).href);
    }
  }
  const total = bytes.values().reduce((sum, size) => sum + size, 0);
  console.log(`client code of the chat page: ${(total / 1024).toFixed(1)} KB gzip in ${bytes.size} files`);
  assert(bytes.size > 0, "the page names no scripts");
  assert(total < GZIP_BYTES_MAX, `${total} bytes: ${JSON.stringify(Object.fromEntries(bytes), null, 1)}`);
});

async function gzipBytes(text: string): Promise<number> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(stream).arrayBuffer()).byteLength;
}
