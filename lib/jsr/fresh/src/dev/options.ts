import { isAbsolute, join, resolve } from "node:path";

/** What a Builder may be told. */
export interface BuildOptions {
  /** Browsers to build for. The bundler here writes for current ones; kept for the published signature. */
  target?: string | string[];
  /** The project's folder; by default the working directory. */
  root?: string;
  /** Where the build goes. */
  outDir?: string;
  /** Folders with files to serve as they are. */
  staticDir?: string | string[];
  islandDir?: string;
  routeDir?: string;
  /** The module that exports `app`. */
  serverEntry?: string;
  /** Files that are neither routes nor islands. */
  ignore?: RegExp[];
  sourceMap?: {
    kind: boolean | "linked" | "inline" | "external" | "both";
    sourceRoot?: string;
    sourcesContent?: boolean;
  };
}

/** What a Builder goes by; all paths are absolute. */
export interface ResolvedBuildConfig {
  target: string | string[];
  root: string;
  outDir: string;
  staticDir: string[];
  islandDir: string;
  routeDir: string;
  serverEntry: string;
  ignore: RegExp[];
  sourceMap?: BuildOptions["sourceMap"];
}

const TEST_FILE = /[._]test\.(?:[tj]sx?|[mc][tj]s)$/;

/** Fills in the defaults. */
export function resolveOptions(options: BuildOptions): ResolvedBuildConfig {
  const given = options.root ?? ".";
  const root = given.startsWith("file:") ? new URL(given).pathname : resolve(given);
  const within = (path: string) => isAbsolute(path) ? path : join(root, path);
  return {
    target: options.target ?? ["chrome99", "firefox99", "safari15"],
    root,
    outDir: within(options.outDir ?? "_fresh"),
    staticDir: [options.staticDir ?? "static"].flat().map(within),
    islandDir: within(options.islandDir ?? "islands"),
    routeDir: within(options.routeDir ?? "routes"),
    serverEntry: within(options.serverEntry ?? "main.ts"),
    ignore: options.ignore ?? [TEST_FILE],
    sourceMap: options.sourceMap,
  };
}
