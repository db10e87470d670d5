// Files served as they are: the built modules and what is in static/, in the encoding that suits the client.
//   Paths are looked up in the build's list and never reach the file system.
import { internalsOf } from "./context.ts";
import { type Encoding, preferred } from "./encoding.ts";
import { ASSET_CACHE_KEY } from "./runtime/asset.ts";
import { HttpError } from "./runtime/error.ts";
import type { Middleware } from "./types.ts";

/** One file of a build. */
export interface Asset {
  type: string;
  hash: string;
  /** Its URL names its content: it may be cached for ever. */
  isImmutable: boolean;
  /** By encoding; bytes, or the file that holds them. */
  bodies: Map<Encoding, Uint8Array<ArrayBuffer> | URL>;
}

const FOR_EVER = "public, max-age=31536000, immutable";
const REVALIDATE = "no-cache";

/** Serves the files of the build; passes everything else on. */
export function staticFiles<T>(): Middleware<T> {
  return async (ctx) => {
    const { build } = internalsOf(ctx);
    const { basePath } = ctx.config;
    if (!build || !ctx.url.pathname.startsWith(basePath)) return await ctx.next();
    const asset = build.assets.get(decoded(ctx.url.pathname.slice(basePath.length)));
    if (!asset) return await ctx.next();
    if (ctx.req.method !== "GET" && ctx.req.method !== "HEAD") {
      internalsOf(ctx).allow = "GET, HEAD";
      throw new HttpError(405);
    }
    const key = ctx.url.search === "" ? null : ctx.url.searchParams.get(ASSET_CACHE_KEY);
    if (key !== null && key !== build.buildId) {
      const url = new URL(ctx.url);
      url.searchParams.delete(ASSET_CACHE_KEY);
      return ctx.redirect(url.pathname + url.search, 307);
    }
    return await respond(ctx.req, asset, key !== null || asset.isImmutable);
  };
}

async function respond(req: Request, asset: Asset, isImmutable: boolean): Promise<Response> {
  const etag = `W/"${asset.hash}"`;
  const headers = new Headers({
    "content-type": asset.type,
    "cache-control": isImmutable ? FOR_EVER : REVALIDATE,
    "x-content-type-options": "nosniff",
    etag,
  });
  if (asset.bodies.size > 1) headers.set("vary", "accept-encoding");
  if (matches(req.headers.get("if-none-match"), etag)) return new Response(null, { status: 304, headers });
  const encoding = preferred(req.headers.get("accept-encoding"), asset.bodies);
  if (encoding !== "identity") headers.set("content-encoding", encoding);
  const body = asset.bodies.get(encoding)!;
  if (body instanceof Uint8Array) {
    headers.set("content-length", `${body.byteLength}`);
    return new Response(req.method === "HEAD" ? null : body, { headers });
  }
  headers.set("content-length", `${(await Deno.stat(body)).size}`);
  return new Response(req.method === "HEAD" ? null : (await Deno.open(body)).readable, { headers });
}

/** Weak comparison: a tag with and one without "W/" are the same. */
function matches(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false;
  const plain = (tag: string) => tag.trim().replace(/^W\//, "");
  return ifNoneMatch.split(",").some((tag) => tag.trim() === "*" || plain(tag) === plain(etag));
}

function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname; // A malformed escape names no file; the lookup says so.
  }
}
