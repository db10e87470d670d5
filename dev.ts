// Builds the islands, or serves them with live reload.
//   `deno run -A dev.ts build`           builds into _fresh/, unless what is there was built from the same files
//   `deno run -A dev.ts build --force`   builds whatever is there
//   `deno run -A --watch dev.ts`         serves, rebuilds and reloads on save
import { Builder } from "fresh/dev";
import { buildOptions } from "./fresh.config.ts";

const ROOT = import.meta.dirname ?? ".";
/** What a build depends on. */
const INPUTS = [
  "routes",
  "islands",
  "components",
  "lib",
  "static",
  "deno.json",
  "deno.lock",
  "fresh.config.ts",
  "main.ts",
];
/** Says what the build in `_fresh` was made from. */
const STAMP = `${ROOT}/_fresh/built-from.txt`;
/** A checkout has some hundreds of files; more is a folder that does not belong here. */
const FILES_MAX = 5_000;

if (Deno.args.includes("build")) await build(Deno.args.includes("--force"));
else await serve();

async function build(force: boolean): Promise<void> {
  const digest = await digestOf(INPUTS.map((name) => `${ROOT}/${name}`));
  if (!force && await isBuilt(digest)) return console.log("Built already.");
  const startedAt = performance.now();
  await new Builder(buildOptions).build();
  await Deno.writeTextFile(STAMP, digest);
  console.log(`Built in ${Math.round(performance.now() - startedAt)} ms.`);
}

async function serve(): Promise<void> {
  const { configFromEnv } = await import("./lib/config.ts");
  const { host: hostname, port } = configFromEnv();
  await new Builder(buildOptions).listen(() => import("./main.ts"), { hostname, port });
}

async function isBuilt(digest: string): Promise<boolean> {
  try {
    await Deno.stat(`${ROOT}/_fresh/server.js`);
    return await Deno.readTextFile(STAMP) === digest;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** SHA-256 of the names and contents of all files under `paths`, and of the Deno that would build them. */
async function digestOf(paths: readonly string[]): Promise<string> {
  const files: string[] = [];
  for (const path of paths) await collect(path, files);
  let text = Deno.version.deno;
  for (const file of files.sort()) {
    text += `\n${file.slice(ROOT.length)} ${await sha256(await Deno.readFile(file))}`;
  }
  return await sha256(new TextEncoder().encode(text));
}

async function collect(path: string, into: string[]): Promise<void> {
  if (into.length > FILES_MAX) throw new Error(`More than ${FILES_MAX} files to build from, in ${path}`);
  let isFile: boolean;
  try {
    ({ isFile } = await Deno.stat(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  if (isFile) return void into.push(path);
  for await (const { name } of Deno.readDir(path)) await collect(`${path}/${name}`, into);
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
