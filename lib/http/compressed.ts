// Responses in the encoding that suits the client.
//   Z1  What was compressed already, a range, an event stream, or a body too small to gain is passed on as it is.
//   Z2  A file is compressed once for each encoding and process, by its entity tag. Everything else is, each time.
//   Z3  Whatever may have another encoding for another client says so in `vary`, and its entity tag is weak.
import type { Middleware } from "fresh";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { BoundedCache } from "../core/bounded_cache.ts";
import { isAsset } from "./middleware.ts";
import type { State } from "./state.ts";

/** In the order in which we would rather send them. */
const ENCODINGS = ["br", "gzip"] as const;
export type Encoding = typeof ENCODINGS[number];

/** Below this, the header and the work cost more than a packet saves. */
const BYTES_MIN = 1024;
/** All files of the page are 180 KB. Each encoding counts as much as its file: that is known before it is compressed. */
const KEPT_BYTES_MAX = 4 * 1024 * 1024;
/** A larger file goes out as it is: compressing it could not be kept, and would cost a second each time. */
const FILE_BYTES_MAX = 1024 * 1024;
/** More entries of `accept-encoding` than any client sends; the rest is ignored. */
const ENTRIES_MAX = 16;

/** Types that are text. `text/event-stream` is not among them: a compressor could hold events back. */
const TEXT =
  /^(?:text\/(?:html|css|javascript|plain)|application\/(?:javascript|json|problem\+json|manifest\+json)|image\/svg\+xml)\s*(?:;|$)/i;

/**
 * A file is compressed once and sent for ever. For a page a person waits: one of 432 KB takes 1.7 ms and leaves 76 KB as
 * br 1, 3.7 ms and 66 KB as br 4, 6.2 ms and 61 KB as br 5; 2.2 ms and 92 KB as gzip 3.
 */
const EFFORT = { file: { br: 9, gzip: 9 }, page: { br: 1, gzip: 3 } } as const;
export type Effort = keyof typeof EFFORT;

type Bytes = Uint8Array<ArrayBuffer>;
export type Compress = (bytes: Bytes, encoding: Encoding, effort: Effort) => Promise<Bytes>;

/** Compresses what the routes and `staticFiles()` answer. */
export function compressed(compress: Compress = byZlib): Middleware<State> {
  const kept = new BoundedCache<string, Promise<Bytes>>(KEPT_BYTES_MAX);

  /** The body of a file in an encoding. Requests that come while it is being compressed wait for the same one (Z2). */
  async function file(key: string, response: Response, encoding: Encoding): Promise<Bytes> {
    const known = kept.get(key);
    if (known !== undefined) {
      // Nobody reads it any more: the file behind it is closed.
      await response.body?.cancel();
      return await known;
    }
    const bytes = await response.bytes();
    const making = kept.get(key) ?? compress(bytes, encoding, "file");
    kept.put(key, making, bytes.byteLength);
    try {
      return await making;
    } catch (error) {
      kept.remove(key);
      throw error;
    }
  }

  return async (ctx) => {
    const response = await ctx.next();
    const asset = isAsset(ctx.url.pathname);
    if (asset && response.status === 304) return withHeaders(response, null, vary);
    if (!isCompressible(response)) return response;
    if (ctx.req.method === "HEAD") {
      return withHeaders(response, response.body, (headers) => {
        vary(headers);
        headers.delete("content-length"); // the answer to GET may be shorter
      });
    }
    const encoding = preferred(ctx.req.headers.get("accept-encoding"));
    if (encoding === null || response.body === null) return withHeaders(response, response.body, vary);
    const tag = response.headers.get("etag");
    let body: Bytes;
    if (asset && tag !== null) {
      body = await file(`${encoding} ${ctx.url.pathname} ${tag}`, response, encoding);
    } else {
      const bytes = await response.bytes();
      if (bytes.byteLength < BYTES_MIN) return withHeaders(response, bytes, vary);
      ctx.state.timing.begin("compress");
      body = await compress(bytes, encoding, "page");
    }
    return withHeaders(response, body, (headers) => {
      vary(headers);
      headers.set("content-encoding", encoding);
      headers.set("content-length", `${body.byteLength}`);
      if (tag?.startsWith('"')) headers.set("etag", `W/${tag}`);
    });
  };
}

/** Z1, as far as it can be told without the body. */
function isCompressible({ status, headers }: Response): boolean {
  if (status === 206 || headers.has("content-encoding") || headers.has("content-range")) return false;
  if (/\bno-transform\b/i.test(headers.get("cache-control") ?? "")) return false;
  const length = Number(headers.get("content-length") ?? BYTES_MIN);
  return length >= BYTES_MIN && length <= FILE_BYTES_MAX && TEXT.test(headers.get("content-type") ?? "");
}

/** The encoding that a client likes best by its `accept-encoding` (RFC 9110, 12.5.3); null: none of ours. */
export function preferred(accept: string | null): Encoding | null {
  const weights = new Map<string, number>();
  for (const entry of (accept ?? "").toLowerCase().split(",", ENTRIES_MAX)) {
    const [name = "", ...parameters] = entry.split(";").map((part) => part.trim());
    const q = parameters.find((parameter) => parameter.startsWith("q="));
    const weight = q === undefined ? 1 : Number(q.slice(2));
    // A weight that is none asks for nothing.
    if (name !== "") weights.set(name, weight > 0 && weight <= 1 ? weight : 0);
  }
  let best: Encoding | null = null;
  // What is not named is as good as "*"; plain text, which everybody reads, is only preferred when it is named.
  let bestWeight = weights.get("identity") ?? 0;
  for (const encoding of ENCODINGS) {
    const weight = weights.get(encoding) ?? weights.get("*") ?? 0;
    if (weight > bestWeight || (best === null && weight > 0 && weight === bestWeight)) {
      [best, bestWeight] = [encoding, weight];
    }
  }
  return best;
}

function vary(headers: Headers): void {
  if (!/(?:^|,)\s*(?:\*|accept-encoding)\s*(?:,|$)/i.test(headers.get("vary") ?? "")) {
    headers.append("vary", "accept-encoding");
  }
}

/** `response` with another body and other headers: those of a response that was fetched or made elsewhere may be frozen. */
function withHeaders(
  response: Response,
  body: BodyInit | null,
  change: (headers: Headers) => void,
): Response {
  const headers = new Headers(response.headers);
  change(headers);
  return new Response(body, { status: response.status, statusText: response.statusText, headers });
}

const brotli = promisify(brotliCompress);
const gzipped = promisify(gzip);

/** By the platform's zlib, which unlike `CompressionStream` has brotli on Deno 2.5 too, and lets us say how hard to try. */
async function byZlib(bytes: Bytes, encoding: Encoding, effort: Effort): Promise<Bytes> {
  const level = EFFORT[effort][encoding];
  if (encoding === "gzip") return Uint8Array.from(await gzipped(bytes, { level }));
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: level,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength,
  };
  return Uint8Array.from(await brotli(bytes, { params }));
}
