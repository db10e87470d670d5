// The page and its files as they go over the wire: their encodings, and what they say of their time.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { get, type IncomingHttpHeaders } from "node:http";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { Api } from "../../support/api.ts";
import { startApp, type TestApp } from "../../support/app.ts";

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Uint8Array;
}

/** One GET as it is on the wire: fetch() would ask for its own encodings and undo them. */
function wire(url: string, headers: Record<string, string>): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  get(url, { headers, agent: false }, (response) => {
    const chunks: Uint8Array[] = [];
    response.on("data", (chunk) => chunks.push(chunk));
    response.on("error", reject);
    response.on("end", async () => {
      const bytes = await new Blob(chunks as BlobPart[]).bytes();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes });
    });
  }).on("error", reject);
  return promise;
}

function words({ headers, bytes }: Answer): string {
  const encoding = headers["content-encoding"];
  const plain = encoding === "br"
    ? brotliDecompressSync(bytes)
    : encoding === "gzip"
    ? gunzipSync(bytes)
    : bytes;
  return new TextDecoder().decode(plain);
}

/** A conversation with one finished answer, and whoever may see it. */
async function conversation(app: TestApp) {
  const api = await Api.session(app.url);
  const { id } = await api.create({ title: "A tour" });
  const { reply } = await api.send(id, { text: "What can you show?" });
  await api.finished(id, reply.messageId);
  return { api, id, cookie: `throughline=${api.token}`, path: `/c/${id}` };
}

Deno.test("every file of a page comes in the encoding asked for, says the same in each, and is not sent again", async () => {
  await using app = await startApp();
  const page = await (await fetch(`${app.url}/`)).text();
  const paths = new Set(
    [...page.matchAll(/["'](\/[^"'\s]+\.(?:css|svg|js)(?:\?[^"']*)?)["']/g)].map(([, path]) => path!),
  );
  assert(paths.size >= 4, `only ${[...paths]}`);
  for (const path of paths) {
    const url = `${app.url}${path}`;
    const plain = await wire(url, { "accept-encoding": "identity" });
    assertEquals([plain.status, plain.headers["content-encoding"]], [200, undefined], path);
    if (plain.bytes.byteLength < 1024) continue;
    for (const [accept, encoding] of [["br, gzip", "br"], ["gzip", "gzip"], ["br;q=0, *", "gzip"]] as const) {
      const answer = await wire(url, { "accept-encoding": accept });
      assertEquals([answer.status, answer.headers["content-encoding"]], [200, encoding], path);
      assertMatch(answer.headers.vary ?? "", /accept-encoding/i);
      assert(answer.bytes.byteLength < plain.bytes.byteLength * 0.7, path);
      assertEquals(words(answer), words(plain), path);
      const etag = answer.headers.etag ?? "";
      const again = await wire(url, { "accept-encoding": accept, "if-none-match": etag });
      assertEquals([again.status, again.bytes.byteLength, again.headers.etag], [304, 0, etag], path);
      assertMatch(again.headers.vary ?? "", /accept-encoding/i);
    }
  }
});

Deno.test("a conversation's page and its JSON are compressed once, and say what they say without", async () => {
  await using app = await startApp();
  const { cookie, id, path } = await conversation(app);
  const plain = words(await wire(`${app.url}${path}`, { cookie, accept: "text/html" }));
  assertStringIncludes(plain, "What can you show?");
  for (const encoding of ["br", "gzip"]) {
    const page = await wire(`${app.url}${path}`, {
      cookie,
      accept: "text/html",
      "accept-encoding": encoding,
    });
    assertEquals(page.headers["content-encoding"], encoding);
    // Each page has a nonce and times of its own.
    assertEquals(words(page).replaceAll(/nonce="[^"]*"/g, ""), plain.replaceAll(/nonce="[^"]*"/g, ""));
    const url = `${app.url}/api/conversations/${id}`;
    const json = await wire(url, { cookie, "accept-encoding": encoding });
    assertEquals(json.headers["content-encoding"], encoding);
    assertEquals(JSON.parse(words(json)), JSON.parse(words(await wire(url, { cookie }))));
  }
});

Deno.test("P1: events are never compressed, whoever asks for it", async () => {
  await using app = await startApp();
  const { cookie, id } = await conversation(app);
  for (const path of [`/api/conversations/${id}/events`, "/api/events?topics=user"]) {
    const request = new Request(`${app.url}${path}`, { headers: { cookie, "accept-encoding": "br, gzip" } });
    const response = await app.handle(request);
    assertEquals([response.status, response.headers.get("content-encoding")], [200, null], path);
    const reader = response.body!.getReader();
    const { value } = await reader.read();
    assertStringIncludes(new TextDecoder().decode(value), "retry:");
    await reader.cancel();
  }
});

/** Names and milliseconds, and nothing that could be an id. */
const SERVER_TIMING = /^(?:[a-z]+;dur=\d+\.\d, )*total;dur=\d+\.\d$/;

Deno.test("D1: pages, the API, problems and streams say where their time went; files do not", async () => {
  await using app = await startApp();
  const { cookie, id, path } = await conversation(app);
  const cases: [path: string, stages: string][] = [
    [path, "session work render compress total"],
    ["/", "session work render compress total"],
    [`/api/conversations/${id}`, "session work compress total"],
    [`/api/conversations/${id}/events`, "session work total"],
    ["/api/conversations/nonsense", "session work total"],
    ["/healthz", "session work total"],
  ];
  for (const [path, stages] of cases) {
    const headers = { cookie, accept: path.startsWith("/api") ? "application/json" : "text/html" };
    const request = new Request(`${app.url}${path}`, { headers: { ...headers, "accept-encoding": "br" } });
    const response = await app.handle(request);
    await response.body?.cancel();
    const header = response.headers.get("server-timing") ?? "";
    assertMatch(header, SERVER_TIMING);
    assertEquals(header.replaceAll(/;dur=[\d.]+,?/g, ""), stages, path);
  }
  const file = await app.handle(new Request(`${app.url}/frame.css`));
  await file.body?.cancel();
  assertEquals(file.headers.get("server-timing"), null);
});
