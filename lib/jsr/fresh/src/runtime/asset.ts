// URLs of static files that carry the build they belong to, so that they may be cached for ever.
import { buildId } from "./build_id.ts";

/** The query parameter that names the build. */
export const ASSET_CACHE_KEY = "__frsh_c";

/** The URL of a static file, for ever the same for the same build. */
export function asset(path: string): string {
  const id = buildId();
  if (!id || !path.startsWith("/") || path.startsWith("//") || path.includes(`${ASSET_CACHE_KEY}=`)) {
    return path;
  }
  const hash = path.indexOf("#");
  const [before, after] = hash === -1 ? [path, ""] : [path.slice(0, hash), path.slice(hash)];
  return `${before}${before.includes("?") ? "&" : "?"}${ASSET_CACHE_KEY}=${id}${after}`;
}

/** The same for every URL of a srcset. */
export function assetSrcSet(srcset: string): string {
  return srcset.split(",").map((part) => part.replace(/\S+/, asset)).join(",");
}
