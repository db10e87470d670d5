import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { App } from "fresh";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { type Compress, compressed, type Encoding, preferred } from "@/lib/http/compressed.ts";
import type { State } from "@/lib/http/state.ts";
import { Timing } from "@/lib/http/timing.ts";

const TEXT = "Some words that stand here again and again. ".repeat(100);
const decoder = new TextDecoder();

interface Served {
  body?: BodyInit | null;
  status?: number;
  headers?: Record<string, string>;
}

/** An app that answers everything with what `serve` says, behind the middleware. */
function serving(serve: () => Served, compress?: Compress) {
  const handler = new App<State>()
    .use((ctx) => {
      ctx.state.timing = new Timing();
      return ctx.next();
    })
    .use(compressed(compress))
    .get("*", () => {
      const { body = TEXT, status = 200, headers = {} } = serve();
      return new Response(body, { status, headers: { "content-type": "text/css", ...headers } });
    })
    .handler();
  return (accept: string | null, { path = "/a.css", method = "GET" } = {}) =>
    handler(
      new Request(`http://localhost${path}`, {
        method,
        headers: accept === null ? {} : { "accept-encoding": accept },
      }),
    );
}

/** What a client reads of a body in its encoding. */
async function read(response: Response): Promise<string> {
  const bytes = await response.bytes();
  switch (response.headers.get("content-encoding")) {
    case "br":
      return decoder.decode(brotliDecompressSync(bytes));
    case "gzip":
      return decoder.decode(gunzipSync(bytes));
    default:
      return decoder.decode(bytes);
  }
}

Deno.test("RFC 9110, 12.5.3: a client gets the encoding that it likes best, and ours where it does not mind", () => {
  const cases: [string | null, Encoding | null][] = [
    [null, null],
    ["", null],
    ["identity", null],
    ["gzip", "gzip"],
    ["br", "br"],
    ["gzip, deflate, br, zstd", "br"],
    ["GZIP;Q=0.5", "gzip"],
    ["br;q=0, gzip", "gzip"],
    ["br;q=0.5, gzip;q=0.8", "gzip"],
    ["gzip;q=0.5, br;q=0.5", "br"],
    ["*", "br"],
    ["*;q=0", null],
    ["*;q=0, gzip", "gzip"],
    ["br;q=0, *", "gzip"],
    ["br;q=0, gzip;q=0, *", null],
    ["identity, br;q=0.5", null],
    ["identity;q=0.5, br;q=0.5", "br"],
    ["identity;q=0, gzip", "gzip"],
    ["br;q=2", null],
    ["br;q=nonsense, gzip", "gzip"],
    ["deflate, zstd", null],
    [`${"x,".repeat(16)}br`, null],
  ];
  for (const [accept, encoding] of cases) assertEquals(preferred(accept), encoding, `${accept}`);
});

Deno.test("whatever its encoding, a body says the same, and its headers say what it is", async () => {
  const ask = serving(() => ({ headers: { etag: '"abc"', "content-length": `${TEXT.length}` } }));
  for (
    const [accept, encoding] of [[null, null], ["br", "br"], ["gzip", "gzip"], [
      "identity;q=1",
      null,
    ]] as const
  ) {
    const response = await ask(accept);
    const { headers } = response;
    assertEquals(headers.get("content-encoding"), encoding);
    assertEquals(headers.get("vary"), "accept-encoding");
    const length = Number(headers.get("content-length"));
    assert(encoding === null ? length === TEXT.length : length < TEXT.length / 4, `${length}`);
    // Bytes that differ by encoding cannot share a strong tag.
    assertEquals(headers.get("etag"), encoding === null ? '"abc"' : 'W/"abc"');
    assertEquals((await response.clone().bytes()).byteLength, length);
    assertEquals(await read(response), TEXT);
  }
});

Deno.test("Z2: a file is compressed once for each encoding, also for those who ask meanwhile, and anew when it changed", async () => {
  const made: string[] = [];
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  let tag = 'W/"1"';
  let cancelled = 0;
  const file = () => {
    const chunks = [new TextEncoder().encode(TEXT)];
    return new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        const chunk = chunks.pop();
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
      cancel: () => void cancelled++,
    }, { highWaterMark: 0 });
  };
  const ask = serving(() => ({ body: file(), headers: { etag: tag } }), async (_, encoding, effort) => {
    made.push(`${encoding} ${effort} ${tag}`);
    await gate;
    return new TextEncoder().encode(`${encoding} ${tag}`);
  });
  const asked = [ask("br"), ask("br"), ask("gzip"), ask("br")];
  open();
  assertEquals(
    await Promise.all(asked.map(async (response) => await (await response).text())),
    ['br W/"1"', 'br W/"1"', 'gzip W/"1"', 'br W/"1"'],
  );
  assertEquals(await (await ask("br")).text(), 'br W/"1"');
  assertEquals(made, ['br file W/"1"', 'gzip file W/"1"']);
  assert(cancelled > 0, "a body that is not needed is cancelled, or its file stays open");
  tag = 'W/"2"';
  assertEquals(await (await ask("br")).text(), 'br W/"2"');
  assertEquals(made.length, 3);
});

Deno.test("Z2: two files never share a body, whatever tags they have", async () => {
  let body = TEXT;
  const ask = serving(() => ({ body, headers: { etag: 'W/"same"' } }));
  assertEquals(await read(await ask("br", { path: "/a.css" })), TEXT);
  body = TEXT.toUpperCase();
  assertEquals(await read(await ask("br", { path: "/b.css" })), body);
});

Deno.test("Z2: a page is never kept: it is one person's", async () => {
  let pages = 0;
  const ask = serving(() => ({
    body: `${TEXT} ${++pages}`,
    headers: { "content-type": "text/html", etag: 'W/"1"' },
  }));
  const first = await read(await ask("br", { path: "/c/1" }));
  assertNotEquals(await read(await ask("br", { path: "/c/1" })), first);
});

Deno.test("a compression that failed is tried again for the next who asks", async () => {
  let tries = 0;
  const ask = serving(() => ({ headers: { etag: 'W/"1"' } }), (bytes) => {
    return ++tries === 1 ? Promise.reject(new Error("no memory")) : Promise.resolve(bytes.slice(0, 3));
  });
  const failed = await ask("br");
  assertEquals(failed.status, 500);
  await failed.body?.cancel();
  assertEquals(await (await ask("br")).text(), "Som");
});

Deno.test("Z1: what must not be compressed is passed on as it is", async () => {
  const cases: [string, Served][] = [
    ["events", { headers: { "content-type": "text/event-stream; charset=utf-8" } }],
    ["a picture", { headers: { "content-type": "image/png" } }],
    ["a font", { headers: { "content-type": "font/woff2" } }],
    ["no type", { headers: { "content-type": "" } }],
    ["compressed already", { headers: { "content-encoding": "zstd" } }],
    ["a range", { status: 206, headers: { "content-range": "bytes 0-4399/9999" } }],
    ["no-transform", { headers: { "cache-control": "no-cache, no-transform" } }],
    ["a tiny file", { body: "a{}", headers: { "content-length": "3" } }],
    ["a huge file", { headers: { "content-length": `${2 ** 21}` } }],
    ["nothing", { body: null, status: 204 }],
  ];
  for (const [what, served] of cases) {
    const ask = serving(() => served, () => Promise.reject(new Error("compressed")));
    const response = await ask("br, gzip");
    assertEquals(response.status, served.status ?? 200, what);
    const { "content-encoding": encoding = null } = served.headers ?? {};
    assertEquals(response.headers.get("content-encoding"), encoding, what);
    assertEquals(await response.text(), served.body === undefined ? TEXT : served.body ?? "", what);
  }
});

Deno.test("Z1: a body whose length nobody said is sent as it is when it turns out tiny", async () => {
  const response = await serving(() => ({ body: "short" }))("br");
  assertEquals([response.headers.get("content-encoding"), await response.text()], [null, "short"]);
});

Deno.test("Z3: a file that did not change says that it varies, and keeps its tag", async () => {
  const ask = serving(() => ({ body: null, status: 304, headers: { etag: 'W/"1"' } }));
  const response = await ask("br");
  const { headers, status } = response;
  assertEquals(
    [status, headers.get("etag"), headers.get("vary"), headers.get("content-encoding"), response.body],
    [304, 'W/"1"', "accept-encoding", null, null],
  );
});

Deno.test("Z3: what varied before still does, and nothing is said twice", async () => {
  for (
    const [before, after] of [["cookie", "cookie, accept-encoding"], ["Accept-Encoding", "Accept-Encoding"], [
      "*",
      "*",
    ]]
  ) {
    const response = await serving(() => ({ headers: { vary: before! } }))("br");
    assertEquals(response.headers.get("vary"), after);
    await response.body?.cancel();
  }
});

Deno.test("HEAD varies like GET, and promises no length that GET may not have", async () => {
  const ask = serving(() => ({ headers: { "content-length": `${TEXT.length}` } }), () => {
    throw new Error("nobody reads it");
  });
  const response = await ask("br", { method: "HEAD" });
  assertEquals(
    [response.status, response.headers.get("vary"), response.headers.get("content-length"), response.body],
    [200, "accept-encoding", null, null],
  );
});
