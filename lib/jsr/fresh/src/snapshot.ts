// A build as its files describe it, and how an app takes it up.
import type { ComponentType } from "preact";
import type { App } from "./app.ts";
import { type BuildCache, type BuiltIsland, setBuildCache } from "./build_cache.ts";
import type { Encoding } from "./encoding.ts";
import type { FsRoute } from "./fs_routes.ts";
import { setBuildId } from "./runtime/build_id.ts";
import type { Asset } from "./static.ts";

/** What a build exports. */
export interface Snapshot {
  buildId: string;
  mode: "development" | "production";
  boot: BuildCache["boot"];
  islands: (BuiltIsland & { exportName: string; module: Record<string, unknown> })[];
  assets: SnapshotAsset[];
  routes: FsRoute[];
  scripts: string[];
}

/** A file of a build; bodies are bytes, or paths relative to the snapshot. */
export interface SnapshotAsset extends Omit<Asset, "bodies"> {
  path: string;
  bodies: Partial<Record<Encoding, string | Uint8Array<ArrayBuffer>>>;
}

/** Everything kept in memory; beyond it, files of static/ are read when asked for. The built modules always fit. */
const MEMORY_BYTES_MAX = 4 * 1024 * 1024;

/** Gives an app its build. Reads the files it serves now: a later build cannot take them away. */
export function applySnapshot<State>(app: App<State>, snapshot: Snapshot, base?: string): void {
  const { buildId, mode, boot, routes, scripts } = snapshot;
  const islands: BuildCache["islands"] = new Map();
  for (const { module, exportName, name, url, preload } of snapshot.islands) {
    const component = module[exportName];
    if (typeof component !== "function") {
      throw new Error(`Cannot find the island ${name}: its module lacks "${exportName}". Build again.`);
    }
    islands.set(component as ComponentType, { name, url, preload });
  }
  setBuildId(buildId);
  setBuildCache(app, {
    buildId,
    mode,
    boot,
    islands,
    assets: loadAssets(snapshot.assets, base),
    routes,
    scripts,
  });
}

function loadAssets(listed: SnapshotAsset[], base?: string): Map<string, Asset> {
  let bytes = 0;
  const load = (body: string | Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | URL => {
    if (typeof body !== "string") return body;
    const url = new URL(body, base);
    const { size } = Deno.statSync(url);
    if (bytes + size > MEMORY_BYTES_MAX) return url;
    bytes += size;
    return Deno.readFileSync(url);
  };
  // Built modules first: they are what must outlast a later build.
  const ordered = listed.toSorted((a, b) => Number(b.isImmutable) - Number(a.isImmutable));
  return new Map(ordered.map(({ path, bodies, ...asset }) => {
    const loaded = Object.entries(bodies).map(([encoding, body]) =>
      [encoding as Encoding, load(body)] as const
    );
    return [path, { ...asset, bodies: new Map(loaded) }];
  }));
}
