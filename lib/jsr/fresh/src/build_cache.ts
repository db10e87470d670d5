// What a build knows: the routes, the islands, and every file that is served as it is.
import type { ComponentType } from "preact";
import type { FsRoute } from "./fs_routes.ts";
import type { Asset } from "./static.ts";

/** An island with the modules that bring it to life. */
export interface BuiltIsland {
  name: string;
  /** The module's URL in the browser. */
  url: string;
  /** Every module it needs, itself included: preloaded together, they cost one round trip. */
  preload: string[];
}

/** One build, as the running app uses it. */
export interface BuildCache {
  buildId: string;
  mode: "development" | "production";
  /** The module that revives islands, and everything it imports. */
  boot: { url: string; preload: string[] };
  islands: Map<ComponentType, BuiltIsland>;
  /** By decoded request path. */
  assets: Map<string, Asset>;
  routes: FsRoute[];
  /** More modules for every page; the development server's live reload. */
  scripts: string[];
}

const caches = new WeakMap<object, BuildCache>();

/** Gives an app its build. */
export function setBuildCache(app: object, cache: BuildCache): void {
  caches.set(app, cache);
}

/** The build of an app, if it was given one. */
export function buildCacheOf(app: object): BuildCache | null {
  return caches.get(app) ?? null;
}
