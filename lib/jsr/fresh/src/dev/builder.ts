// The builder: finds what a project has, bundles its islands, and gives the app the result.
import { isAbsolute, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { App } from "../app.ts";
import { type ListenOptions, serveOn } from "../listen.ts";
import { applySnapshot, type Snapshot, type SnapshotAsset } from "../snapshot.ts";
import { type BuiltFile, checkClientSize, compress, digest, makeBuildId, typeOf } from "./assets.ts";
import { BOOT, bundleClient, ISLANDS } from "./bundle.ts";
import { findIslands, findRoutes, findStatic, type FoundRoute } from "./discover.ts";
import { LIVE_SCRIPT, withLiveReload } from "./live.ts";
import { type BuildOptions, type ResolvedBuildConfig, resolveOptions } from "./options.ts";
import { bodyPath, publish, snapshotText, writeFiles, writtenEncodings } from "./output.ts";

/** Builds a project. */
// deno-lint-ignore no-explicit-any -- as published: a builder takes an app of any state.
export class Builder<State = any> {
  config: ResolvedBuildConfig;
  #registered = new Set<string>();

  constructor(options: BuildOptions = {}) {
    this.config = resolveOptions(options);
  }

  /** Adds an island from outside of the island folder. */
  registerIsland(specifier: string): void {
    const path = specifier.startsWith("file:") ? fileURLToPath(specifier) : specifier;
    this.#registered.add(isAbsolute(path) ? path : join(this.config.root, path));
  }

  /** Serves the app with live reload. Run under `deno run --watch`: a change restarts the process. */
  async listen(
    importApp: () => Promise<{ app: App<State> } | App<State>>,
    options: ListenOptions = {},
  ): Promise<void> {
    const apply = await this.build({ mode: "development", snapshot: "memory" });
    const imported = await importApp();
    const app = imported instanceof App ? imported : imported.app;
    Object.assign(app.config, { mode: "development", root: this.config.root });
    apply(app);
    await serveOn(withLiveReload(app.handler()), options).finished;
  }

  /** Builds into the output folder, or into memory. What it returns gives the build to an app. */
  async build(
    { mode = "production", snapshot = "disk" }: {
      mode?: "development" | "production";
      snapshot?: "disk" | "memory";
    } = {},
  ): Promise<(app: App<State>) => void> {
    const { config } = this;
    const [routes, islands, statics] = await Promise.all([
      findRoutes(config),
      findIslands(config, this.#registered),
      findStatic(config),
    ]);
    const client = await bundleClient(islands, mode);
    const buildId = await makeBuildId([client.files, statics], (name) => Deno.env.get(name));
    const url = (name: string) => `/_fresh/js/${buildId}/${name}`;
    const module = (name: string) => ({ url: url(name), preload: client.imports(name).map(url) });
    const parts = {
      buildId,
      boot: module(BOOT),
      islands: islands.map((island) => ({ ...island, ...module(ISLANDS) })),
    };

    const files: BuiltFile[] = [
      ...[...client.files].map(([name, bytes]) => ({
        path: url(name),
        file: name,
        bytes,
        isImmutable: true,
      })),
      ...[...statics].map(([path, bytes]) => ({ path, file: `static${path}`, bytes, isImmutable: false })),
    ];
    const assets: SnapshotAsset[] = [];
    for (const { path, bytes, isImmutable } of files) {
      const hash = (await digest(bytes)).slice(0, 32);
      assets.push({ path, type: typeOf(path), hash, isImmutable, bodies: { identity: bytes } });
    }

    if (snapshot === "disk") {
      await writeFiles(config.outDir, buildId, files);
      const listed = await Promise.all(assets.map(async (asset, i) => {
        const { file } = files[i]!;
        const encodings = await writtenEncodings(config.outDir, buildId, file);
        return {
          ...asset,
          bodies: Object.fromEntries(encodings.map((one) => [one, bodyPath(buildId, file, one)])),
        };
      }));
      await publish(config, buildId, snapshotText(config.outDir, { ...parts, routes, assets: listed }));
    } else if (mode === "production") {
      assets.forEach((asset, i) => asset.bodies = compress(files[i]!));
      checkClientSize(assets.filter((asset) => asset.isImmutable));
    }

    const made: Snapshot = {
      ...parts,
      mode,
      assets,
      routes: routes.map(routeOf),
      scripts: mode === "development" ? [LIVE_SCRIPT] : [],
    };
    return (app) => applySnapshot(app, made);
  }
}

function routeOf({ file, path, module }: FoundRoute): Snapshot["routes"][number] {
  const load = () => module ? Promise.resolve(module) : import(pathToFileURL(path).href);
  return { file, load, routeOverride: module?.config?.routeOverride };
}
