// The files that a build serves: typed, hashed, compressed.
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Encoding } from "../encoding.ts";

/** All built modules with their compressed forms, those loaded on demand as well: servers keep them in memory. */
const CLIENT_BYTES_MAX = 2 * 1024 * 1024;
const BUILD_ID_LENGTH = 40;

/** A file of a build. */
export interface BuiltFile {
  /** Where it is requested. */
  path: string;
  /** Where it is kept, in the folder of its build. */
  file: string;
  bytes: Uint8Array<ArrayBuffer>;
  isImmutable: boolean;
}

/** The bodies of a file, by encoding. */
export type Bodies = Partial<Record<Encoding, Uint8Array<ArrayBuffer>>>;

const TYPES: Record<string, string> = {
  avif: "image/avif",
  css: "text/css; charset=utf-8",
  gif: "image/gif",
  html: "text/html; charset=utf-8",
  ico: "image/x-icon",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  js: "text/javascript; charset=utf-8",
  json: "application/json; charset=utf-8",
  map: "application/json; charset=utf-8",
  md: "text/markdown; charset=utf-8",
  mjs: "text/javascript; charset=utf-8",
  mp3: "audio/mpeg",
  mp4: "video/mp4",
  pdf: "application/pdf",
  png: "image/png",
  svg: "image/svg+xml; charset=utf-8",
  txt: "text/plain; charset=utf-8",
  wasm: "application/wasm",
  webm: "video/webm",
  webmanifest: "application/manifest+json; charset=utf-8",
  webp: "image/webp",
  woff: "font/woff",
  woff2: "font/woff2",
  xml: "application/xml; charset=utf-8",
};
/** Formats without a compression of their own. */
const IS_COMPRESSIBLE = /charset|wasm|x-icon/;

/** The content type that a file's name says. */
export function typeOf(path: string): string {
  return TYPES[path.slice(path.lastIndexOf(".") + 1).toLowerCase()] ?? "application/octet-stream";
}

/** A file with its compressed forms, where they are smaller. Slow: done once, when building. */
export function compress({ path, bytes: identity }: Pick<BuiltFile, "path" | "bytes">): Bodies {
  if (!IS_COMPRESSIBLE.test(typeOf(path))) return { identity };
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: identity.byteLength,
  };
  const br = Uint8Array.from(brotliCompressSync(identity, { params }));
  const gzip = Uint8Array.from(gzipSync(identity, { level: 9 }));
  return {
    identity,
    ...(br.byteLength < identity.byteLength && { br }),
    ...(gzip.byteLength < identity.byteLength && { gzip }),
  };
}

/** Refuses a client that would not fit into every server's memory, and names what is large. */
export function checkClientSize(
  files: Iterable<{ path: string; bodies: Record<string, { length: number }> }>,
  bytesMax = CLIENT_BYTES_MAX,
): void {
  const sizes = [...files].map(({ path, bodies }) => ({
    path,
    bytes: Object.values(bodies).reduce((sum, body) => sum + body.length, 0),
  })).sort((a, b) => b.bytes - a.bytes);
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total <= bytesMax) return;
  const largest = sizes.slice(0, 5).map(({ path, bytes }) => `  ${path}: ${bytes}`).join("\n");
  throw new Error(
    `The client's modules and their compressed forms are ${total} bytes; ${bytesMax} is the limit.\n${largest}`,
  );
}

/** A hash as hex. */
export async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** The id of a build: the same for the same content, and for the same deployment where there is one. */
export async function makeBuildId(
  content: Map<string, Uint8Array<ArrayBuffer>>[],
  env: (name: string) => string | undefined,
): Promise<string> {
  const deployment = env("DENO_DEPLOYMENT_ID") ?? env("GITHUB_SHA") ?? env("CI_COMMIT_SHA") ?? "";
  const lines = [deployment];
  for (const files of content) {
    for (const path of [...files.keys()].sort()) lines.push(`${path} ${await digest(files.get(path)!)}`);
  }
  return (await digest(new TextEncoder().encode(lines.join("\n")))).slice(0, BUILD_ID_LENGTH);
}
