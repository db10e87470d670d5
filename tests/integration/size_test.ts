// What a phone has to load before it can chat.
import { assert } from "@std/assert";
import { Api } from "../support/api.ts";
import { AppServer } from "../support/server.ts";

/** All scripts of the chat page, as gzip sends them. */
const SCRIPT_BYTES_MAX = 75 * 1024;
/** Its style sheets, likewise. */
const STYLE_BYTES_MAX = 18 * 1024;
/** A part that is loaded on demand is waited for by whoever demands it. */
const LAZY_BYTES_MAX = 30 * 1024;
/** What sets formulas is loaded with the first formula of an answer, and nobody waits: its source is there to read. */
const FORMULAS = /\/typeset-/;
const FORMULAS_BYTES_MAX = 80 * 1024;
/** Files of one page. More means that the crawl below goes in circles. */
const FILES_MAX = 100;

Deno.test("the chat page loads at most 75 KB of scripts and 18 KB of styles as gzip, and what it loads later is small", async () => {
  await using server = await AppServer.start({ env: { DEMO_TOKENS_PER_SECOND: "5000" } });
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: "demo/tour" });
  const { reply } = await api.send(conversation.id, { text: "What can you show?" });
  await api.finished(conversation.id, reply.messageId);

  const page = `${server.url}/c/${conversation.id}`;
  const html = await (await fetch(page, { headers: { cookie: api.cookie } })).text();
  const bytes = new Map<string, number>();
  const lazy = new Set<string>();
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
    for (const [, path] of source.matchAll(/\bimport\(\s*["']([^"']+)["']/g)) {
      lazy.add(new URL(path!, url).href);
    }
  }
  const total = bytes.values().reduce((sum, size) => sum + size, 0);
  console.log(`client code of the chat page: ${(total / 1024).toFixed(1)} KB gzip in ${bytes.size} files`);
  assert(bytes.size > 0, "the page names no scripts");
  assert(total < SCRIPT_BYTES_MAX, `${total} bytes: ${JSON.stringify(Object.fromEntries(bytes), null, 1)}`);

  let styles = 0;
  for (const [, path] of html.matchAll(/<link[^>]*rel="stylesheet"[^>]*href="([^"]+)"/g)) {
    styles += await gzipBytes(await (await fetch(new URL(path!, page))).text());
  }
  console.log(`its styles: ${(styles / 1024).toFixed(1)} KB gzip`);
  assert(styles > 0 && styles < STYLE_BYTES_MAX, `${styles} bytes of styles`);

  const onDemand = new Map<string, number>();
  for (const url of lazy) {
    if (bytes.has(url) || onDemand.has(url)) continue;
    assert(onDemand.size < FILES_MAX, `more than ${FILES_MAX} scripts on demand`);
    const source = await (await fetch(url)).text();
    onDemand.set(url, await gzipBytes(source));
    // A part may have parts, such as the grammar of each language.
    for (const [, path] of source.matchAll(/\bimport\(\s*["']([^"']+)["']/g)) {
      lazy.add(new URL(path!, url).href);
    }
  }
  console.log(tableOf(bytes), "\non demand:\n" + tableOf(onDemand));
  for (const [url, size] of onDemand) {
    assert(size < (FORMULAS.test(url) ? FORMULAS_BYTES_MAX : LAZY_BYTES_MAX), `${url} has ${size} bytes`);
  }
  assert([...onDemand.keys()].some((url) => FORMULAS.test(url)), "what sets formulas is not among them");
});

function tableOf(files: Map<string, number>): string {
  return [...files].toSorted(([, a], [, b]) => b - a)
    .map(([url, size]) => `${(size / 1024).toFixed(1).padStart(6)} KB  ${url.split("/").at(-1)}`).join("\n");
}

async function gzipBytes(text: string): Promise<number> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(stream).arrayBuffer()).byteLength;
}
