// What a project has: its routes, its islands and its static files.
import { basename, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import type { RouteModule } from "../fs_routes.ts";
import type { ResolvedBuildConfig } from "./options.ts";

/** One component that is built for the browser. */
export interface FoundIsland {
  /** Unique; names its module. */
  name: string;
  exportName: string;
  path: string;
  module: Record<string, unknown>;
}

/** One route module. */
export interface FoundRoute {
  /** Relative to routes/, with forward slashes. */
  file: string;
  path: string;
  /** Set where the module has to be loaded to know its pattern. */
  module?: RouteModule;
}

/** A project with more files than this is not one; a link has led out of it. */
const FILES_MAX = 20_000;
const MODULE = /\.(?:tsx|jsx|ts|js)$/;

/** The route modules, except those that make up islands or nothing. */
export async function findRoutes(config: ResolvedBuildConfig): Promise<FoundRoute[]> {
  const routes: FoundRoute[] = [];
  for (const path of await modulesIn(config.routeDir, config.ignore)) {
    const file = slashed(relative(config.routeDir, path));
    if (/(?:^|\/)\(_[^/]*\)\//.test(file)) continue;
    const isOverridden = (await Deno.readTextFile(path)).includes("routeOverride");
    routes.push({ file, path, ...(isOverridden && { module: await import(pathToFileURL(path).href) }) });
  }
  return routes;
}

/** The islands, in the order of their files. Loads their modules: what they export says what they are. */
export async function findIslands(
  config: ResolvedBuildConfig,
  registered: Iterable<string>,
): Promise<FoundIsland[]> {
  const beside = (await modulesIn(config.routeDir, config.ignore))
    .filter((path) => slashed(path).includes("/(_islands)/"));
  const paths = new Set([...await modulesIn(config.islandDir, config.ignore), ...beside, ...registered]);
  const islands: FoundIsland[] = [];
  const names = new Set<string>();
  for (const path of paths) {
    const module: Record<string, unknown> = await import(pathToFileURL(path).href);
    for (const [exportName, value] of Object.entries(module)) {
      // JSX takes a lower-case name for an element: such a function cannot be a component.
      if (typeof value !== "function" || !/^(?:default$|[A-Z])/.test(exportName)) continue;
      const name = unique(
        identifier(exportName === "default" ? basename(path).replace(MODULE, "") : exportName),
        names,
      );
      islands.push({ name, exportName, path, module });
    }
  }
  return islands;
}

/** The static files by request path. The first folder that has one wins. Dot files stay private, except .well-known. */
export async function findStatic(config: ResolvedBuildConfig): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const dir of config.staticDir) {
    for (const path of await filesIn(dir)) {
      const url = `/${slashed(relative(dir, path))}`;
      const isHidden = url.split("/").some((part) => part.startsWith(".") && part !== ".well-known");
      if (!isHidden && !files.has(url)) files.set(url, await Deno.readFile(path));
    }
  }
  return files;
}

async function modulesIn(dir: string, ignore: RegExp[]): Promise<string[]> {
  return (await filesIn(dir)).filter((path) =>
    MODULE.test(path) && !ignore.some((pattern) => pattern.test(path))
  );
}

/** Every file below a folder, sorted; none where there is no folder. */
async function filesIn(dir: string): Promise<string[]> {
  const found: string[] = [];
  const walk = async (folder: string) => {
    for await (const entry of Deno.readDir(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory) await walk(path);
      else if (entry.isFile && found.push(path) > FILES_MAX) {
        throw new Error(`Cannot build from ${dir}: it has more than ${FILES_MAX} files`);
      }
    }
  };
  try {
    await walk(dir);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.sort();
}

function identifier(text: string): string {
  return text.replace(/[^\w$]/g, "_").replace(/^(?=\d)/, "_");
}

function unique(name: string, taken: Set<string>): string {
  let free = name;
  for (let i = 1; taken.has(free.toLowerCase()); i++) free = `${name}_${i}`;
  taken.add(free.toLowerCase()); // Lower-cased: they name files, and some file systems do not tell cases apart.
  return free;
}

function slashed(path: string): string {
  return path.replaceAll("\\", "/");
}
