// The client's modules, made by Deno's own bundler.
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { FoundIsland } from "./discover.ts";

/** Every module of the client, by file name. */
export interface Client {
  files: Map<string, Uint8Array<ArrayBuffer>>;
  /** What a module imports, directly or not, itself first: what to preload with it. */
  imports(name: string): string[];
}

/** The module that revives islands. */
export const BOOT = "fresh-runtime.js";
/**
 * The module that has all islands, each by its name. One for each island would be one more for each set of islands that
 * share something: 24 small files instead of 9, and 4 KB of 70 more, because each is compressed by itself.
 */
export const ISLANDS = "islands.js";

/** Bundles the islands and what revives them. What is shared becomes modules of its own, with one instance a page. */
export async function bundleClient(
  islands: FoundIsland[],
  mode: "development" | "production",
): Promise<Client> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  if (islands.length === 0) return { files, imports: () => [] };
  if (typeof Deno.bundle !== "function") {
    throw new Error(`Cannot bundle the islands: add "bundle" to "unstable" in deno.json`);
  }
  const folder = await Deno.makeTempDir({ prefix: "fresh-entries-" });
  try {
    const entrypoints = await writeEntries(folder, islands);
    const result = await Deno.bundle({
      entrypoints,
      outputDir: join(folder, "out"),
      platform: "browser",
      format: "esm",
      codeSplitting: true,
      minify: mode === "production",
      write: false,
    });
    if (!result.success) {
      throw new Error(`Cannot bundle the islands:\n${result.errors.map((error) => error.text).join("\n")}`);
    }
    for (const { path, contents } of result.outputFiles ?? []) {
      // An empty module has no contents, yet others import it: without it they do not load.
      files.set(basename(path), Uint8Array.from(contents ?? []));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  for (const name of [BOOT, ISLANDS]) {
    if (!files.has(name)) throw new Error(`Cannot bundle the islands: the bundler wrote no ${name}`);
  }
  return { files, imports: (name) => importsOf(name, files) };
}

/** One file for each module that pages name. */
async function writeEntries(folder: string, islands: FoundIsland[]): Promise<string[]> {
  const from = (path: string) => JSON.stringify(pathToFileURL(path).href);
  const boot = JSON.stringify(import.meta.resolve("../runtime/boot.ts"));
  const exports = islands.map(({ name, exportName, path }) =>
    `export { ${exportName} as ${name} } from ${from(path)};\n`
  );
  const entries = new Map([
    [BOOT, `import { boot } from ${boot};\nawait boot();\n`],
    [ISLANDS, exports.join("")],
  ]);
  return await Promise.all([...entries].map(async ([name, text]) => {
    const path = join(folder, name);
    await Deno.writeTextFile(path, text);
    return path;
  }));
}

/** Follows static imports only: a dynamic one is loaded when it is wanted. */
function importsOf(entry: string, files: Map<string, Uint8Array>): string[] {
  const found = new Set([entry]);
  for (const name of found) {
    const text = new TextDecoder().decode(files.get(name));
    for (const [, imported] of text.matchAll(/(?:\bfrom|\bimport)\s*"\.\/([\w.$-]+)"/g)) {
      if (files.has(imported!)) found.add(imported!);
    }
  }
  return [...found];
}
