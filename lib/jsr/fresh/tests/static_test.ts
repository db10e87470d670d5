import { assert, assertEquals } from "@std/assert";
import { App, staticFiles } from "fresh";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { setBuildCache } from "../src/build_cache.ts";
import { type Encoding, preferred } from "../src/encoding.ts";
import type { Asset } from "../src/static.ts";
import { client, FIXTURE, fixture } from "./support.ts";

const ACCEPTS: [accept: string | null, encoding: Encoding][] = [
  [null, "identity"],
  ["", "identity"],
  ["gzip", "gzip"],
  ["gzip, deflate, br, zstd", "br"],
  ["GZIP", "gzip"],
  ["x-gzip", "gzip"],
  ["br;q=0.5, gzip;q=0.8", "gzip"],
  ["br;q=0, gzip", "gzip"],
  ["gzip;q=0", "identity"],
  ["*", "br"],
  ["*;q=0.1, gzip;q=0.2", "gzip"],
  ["identity;q=1, gzip;q=0.5", "identity"],
  ["deflate", "identity"],
  ["gzip;q=nonsense", "identity"],
  [`${"zstd,".repeat(100)}gzip`, "identity"],
];

for (const [accept, encoding] of ACCEPTS) {
  Deno.test(`Accept-Encoding ${JSON.stringify(accept?.slice(0, 40) ?? null)} gets ${encoding}`, () => {
    assertEquals(preferred(accept, new Set<Encoding>(["br", "gzip", "identity"])), encoding);
  });
}

Deno.test("a file is sent in the encoding asked for, and is the same in each", async () => {
  const request = await fixture();
  const source = await Deno.readTextFile(new URL("static/styles.css", FIXTURE));
  const get = async (accept: string) => {
    const response = await request("/styles.css", { headers: { "accept-encoding": accept } });
    assertEquals(response.headers.get("vary"), "accept-encoding");
    assertEquals(response.headers.get("content-type"), "text/css; charset=utf-8");
    const bytes = await response.bytes();
    assertEquals(response.headers.get("content-length"), `${bytes.length}`);
    return { encoding: response.headers.get("content-encoding"), bytes };
  };
  const [br, gzip, plain] = [await get("br"), await get("gzip"), await get("identity")];
  assertEquals([br.encoding, gzip.encoding, plain.encoding], ["br", "gzip", null]);
  assertEquals(brotliDecompressSync(br.bytes).toString(), source);
  assertEquals(gunzipSync(gzip.bytes).toString(), source);
  assertEquals(new TextDecoder().decode(plain.bytes), source);
  assert(br.bytes.length < plain.bytes.length / 2);
});

Deno.test("an ETag that matches is 304, also weakly, in a list, and by a star", async () => {
  const request = await fixture();
  const first = await request("/robots.txt");
  const etag = first.headers.get("etag")!;
  await first.body?.cancel();
  assert(/^W\/"[0-9a-f]{32}"$/.test(etag), etag);
  for (const tag of [etag, etag.slice(2), `"x", ${etag}`, "*"]) {
    const response = await request("/robots.txt", { headers: { "if-none-match": tag } });
    assertEquals([response.status, response.body, response.headers.get("etag")], [304, null, etag]);
  }
  assertEquals((await request("/robots.txt", { headers: { "if-none-match": `"x"` } })).status, 200);
});

Deno.test("only URLs that name their content are cached for ever", async () => {
  const request = await fixture();
  const html = await (await request("/")).text();
  const module = html.match(/src="(\/_fresh\/js\/(\w+)\/fresh-runtime\.js)"/)!;
  const cache = async (path: string) => (await request(path)).headers.get("cache-control");
  assertEquals(await cache(module[1]!), "public, max-age=31536000, immutable");
  assertEquals(await cache(`/styles.css?__frsh_c=${module[2]}`), "public, max-age=31536000, immutable");
  assertEquals(await cache("/styles.css"), "no-cache");
  const stale = await request("/styles.css?a=1&__frsh_c=0123");
  assertEquals([stale.status, stale.headers.get("location")], [307, "/styles.css?a=1"]);
});

Deno.test("HEAD sends headers only; other methods are refused", async () => {
  const request = await fixture();
  const head = await request("/robots.txt", { method: "HEAD" });
  assertEquals([head.status, head.body, head.headers.get("content-length")], [200, null, "14"]);
  const post = await request("/robots.txt", { method: "POST" });
  assertEquals([post.status, post.headers.get("allow")], [405, "GET, HEAD"]);
});

Deno.test("nothing outside of the list is served: no traversal, no dot file but .well-known", async () => {
  const request = await fixture();
  for (
    const path of [
      "/.hidden",
      "/../main.ts",
      "/%2e%2e/main.ts",
      "/..%2fmain.ts",
      "/static/robots.txt",
      "/robots.txt%00",
      "/%E0%A4%A",
      "/_fresh/js/",
      "/constructor",
    ]
  ) {
    const response = await request(path);
    assert([404, 405].includes(response.status), `${path} is ${response.status}`);
    await response.body?.cancel();
  }
  assertEquals(await (await request("/.well-known/probe.json")).json(), { ok: true });
});

Deno.test("a file too large for memory is streamed from disk", async () => {
  const app = new App().use(staticFiles());
  const asset: Asset = {
    type: "text/plain",
    hash: "1",
    isImmutable: false,
    bodies: new Map([["identity", new URL("static/robots.txt", FIXTURE)]]),
  };
  setBuildCache(app, {
    buildId: "1",
    mode: "production",
    boot: { url: "", preload: [] },
    islands: new Map(),
    assets: new Map([["/big.txt", asset]]),
    routes: [],
    scripts: [],
  });
  const response = await client(app)("/big.txt");
  assertEquals([response.headers.get("content-length"), await response.text()], ["14", "User-agent: *\n"]);
  assertEquals((await client(app)("/big.txt", { method: "HEAD" })).headers.get("content-length"), "14");
});

Deno.test("without a build everything passes through", async () => {
  const app = new App().use(staticFiles()).get("/x", (ctx) => ctx.text("x"));
  assertEquals(await (await client(app)("/x")).text(), "x");
});
