// A build on disk.
//   Files live in folders named by the build's id and appear whole, by a rename. The snapshot is what points at them and
//   moves last, so a server that starts meanwhile finds either build complete. Two builds at once only repeat each other.
import { dirname, join, relative } from "node:path";
import type { Encoding } from "../encoding.ts";
import type { SnapshotAsset } from "../snapshot.ts";
import { type BuiltFile, checkClientSize, compress } from "./assets.ts";
import type { FoundIsland, FoundRoute } from "./discover.ts";
import type { ResolvedBuildConfig } from "./options.ts";

const SUFFIX: Record<Encoding, string> = { identity: "", gzip: ".gz", br: ".br" };
/** A folder that is being written carries this name until it is whole. */
const TEMPORARY = "tmp-";
/** No build takes this long: a temporary folder that old is of one that was killed. */
const TEMPORARY_AGE_MS_MAX = 60 * 60 * 1000;
/** This build and the one before: a server may have read the old snapshot and not yet its files. */
const BUILDS_KEPT = 2;

/** Where the files of one build go, relative to the output folder. */
function folderOf(buildId: string): string {
  return `static/_fresh/js/${buildId}`;
}

/** Writes the files of a build with their compressed forms, unless they are there: their folder names their content. */
export async function writeFiles(outDir: string, buildId: string, files: BuiltFile[]): Promise<void> {
  const target = join(outDir, folderOf(buildId));
  if (await stat(target)) return;
  const compressed = files.map((file) => ({ ...file, bodies: compress(file) }));
  checkClientSize(compressed.filter((file) => file.isImmutable));
  await Deno.mkdir(dirname(target), { recursive: true });
  const temporary = await Deno.makeTempDir({ dir: outDir, prefix: TEMPORARY });
  try {
    for (const { file, bodies } of compressed) {
      for (const [encoding, body] of Object.entries(bodies)) {
        const path = join(temporary, file + SUFFIX[encoding as Encoding]);
        await Deno.mkdir(dirname(path), { recursive: true });
        await Deno.writeFile(path, body);
      }
    }
    await Deno.chmod(temporary, 0o755); // A temporary folder is private; this one is to be read by the server.
    await Deno.rename(temporary, target);
  } catch (error) {
    await Deno.remove(temporary, { recursive: true });
    if (!await stat(target)) throw error; // Another build of the same content was first.
  }
}

/** The encodings in which a file was written. */
export async function writtenEncodings(outDir: string, buildId: string, file: string): Promise<Encoding[]> {
  const found: Encoding[] = [];
  for (const [encoding, suffix] of Object.entries(SUFFIX)) {
    if (await stat(join(outDir, folderOf(buildId), file + suffix))) found.push(encoding as Encoding);
  }
  if (found.length === 0) {
    throw new Error(`Cannot publish build ${buildId}: its ${file} is gone. Build again.`);
  }
  return found;
}

/** Points the output folder at a build, then removes the files of old ones. */
export async function publish(
  config: ResolvedBuildConfig,
  buildId: string,
  snapshot: string,
): Promise<void> {
  const main = literal(specifier(config.outDir, config.serverEntry));
  await replace(join(config.outDir, "snapshot.js"), snapshot);
  await replace(
    join(config.outDir, "server.js"),
    `import { applySnapshot } from "fresh/internal";
import { app } from ${main};
import * as snapshot from "./snapshot.js";

applySnapshot(app, snapshot, import.meta.url);
export default { fetch: app.handler() };
`,
  );
  await removeOld(config.outDir, buildId);
}

/** The module that describes a build. */
export function snapshotText(
  outDir: string,
  { buildId, boot, islands, routes, assets }: {
    buildId: string;
    boot: { url: string; preload: string[] };
    islands: (FoundIsland & { url: string; preload: string[] })[];
    routes: FoundRoute[];
    assets: SnapshotAsset[];
  },
): string {
  const imports: string[] = [];
  const islandFiles = [...new Set(islands.map(({ path }) => path))];
  islandFiles.forEach((path, i) =>
    imports.push(`import * as island${i} from ${literal(specifier(outDir, path))};`)
  );
  const islandTexts = islands.map(({ name, exportName, path, url, preload }) =>
    `  { ...${literal({ name, exportName, url, preload })}, module: island${islandFiles.indexOf(path)} },`
  );
  const routeTexts = routes.map(({ file, path, module }, i) => {
    const from = literal(specifier(outDir, path));
    if (!module) return `  { file: ${literal(file)}, load: () => import(${from}) },`;
    imports.push(`import * as route${i} from ${from};`);
    return `  { file: ${literal(file)}, load: () => Promise.resolve(route${i}), ` +
      `routeOverride: route${i}.config?.routeOverride },`;
  });
  const list = (name: string, lines: string[]) => `export const ${name} = [\n${lines.join("\n")}\n];\n`;
  return [
    "// Generated when the app was built.",
    ...imports,
    `export const buildId = ${literal(buildId)};`,
    `export const mode = "production";`,
    `export const boot = ${literal(boot)};`,
    `export const scripts = [];`,
    list("islands", islandTexts),
    list("routes", routeTexts),
    list("assets", assets.map((asset) => `  ${literal(asset)},`)),
  ].join("\n");
}

/** Where a body of a file is, relative to the snapshot. */
export function bodyPath(buildId: string, file: string, encoding: Encoding): string {
  return `./${folderOf(buildId)}/${file.split("/").map(encodeURIComponent).join("/")}${SUFFIX[encoding]}`;
}

/** Readers see the old content or the new, never half of one. */
async function replace(path: string, text: string): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  await Deno.writeTextFile(temporary, text);
  await Deno.rename(temporary, path);
}

async function removeOld(outDir: string, current: string): Promise<void> {
  const isForgotten = ({ changedMs }: Dated) => Date.now() - changedMs > TEMPORARY_AGE_MS_MAX;
  const temporary = await datedFolders(outDir, (name) => name.startsWith(TEMPORARY));
  const builds = await datedFolders(join(outDir, dirname(folderOf(current))), (name) => name !== current);
  builds.sort((a, b) => b.changedMs - a.changedMs);
  for (const { path } of [...builds.slice(BUILDS_KEPT - 1), ...temporary.filter(isForgotten)]) {
    await Deno.remove(path, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // Another build removed it.
    });
  }
}

interface Dated {
  path: string;
  changedMs: number;
}

async function datedFolders(folder: string, isWanted: (name: string) => boolean): Promise<Dated[]> {
  const found: Dated[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory || !isWanted(name)) continue;
    const path = join(folder, name);
    const changed = (await stat(path))?.mtime;
    if (changed) found.push({ path, changedMs: changed.getTime() });
  }
  return found;
}

async function stat(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function literal(value: unknown): string {
  return JSON.stringify(value);
}

function specifier(from: string, to: string): string {
  const path = relative(from, to).replaceAll("\\", "/");
  return path.startsWith(".") ? path : `./${path}`;
}
