// The tree of path segments: each holds the middlewares, the layout and the error route of its folder.
//   Only what a segment holds when a route is registered applies to that route: registration order matters.
import type { LayoutConfig, MaybeLazyMiddleware, Route, RouteComponent } from "./types.ts";

/** A route module that may still have to be loaded. */
export type RouteLoader<State> = () => Route<State> | Promise<Route<State>>;

/** What one segment of a path adds, as it was when a route was registered. */
export interface Level {
  // deno-lint-ignore no-explicit-any -- levels of differently typed apps meet in one context.
  readonly middlewares: readonly MaybeLazyMiddleware<any>[];
  // deno-lint-ignore no-explicit-any -- as above.
  readonly layout: { component: RouteLoader<any>; config: LayoutConfig } | null;
  // deno-lint-ignore no-explicit-any -- as above.
  readonly error: RouteLoader<any> | null;
  // deno-lint-ignore no-explicit-any -- as above.
  readonly app: RouteLoader<any> | null;
}

interface Node {
  level: Level;
  children: Map<string, Node>;
}

/** All segments of one app. */
export class Segments {
  #root: Node = emptyNode();

  /** Changes the level at `path`. Levels handed out before keep what they had. */
  change(path: string, change: (level: Level) => Level): void {
    let node = this.#root;
    for (const part of parts(path)) {
      let child = node.children.get(part);
      if (!child) node.children.set(part, child = emptyNode());
      node = child;
    }
    node.level = change(node.level);
  }

  /** The levels from the root to `path`, as they are now. */
  levels(path: string): Level[] {
    const found = [this.#root.level];
    let node: Node | undefined = this.#root;
    for (const part of parts(path)) {
      node = node.children.get(part);
      if (!node) break;
      found.push(node.level);
    }
    return found;
  }
}

/** A component as a loader of itself. */
export function componentLoader<State>(component: RouteComponent<State>): RouteLoader<State> {
  return () => ({ component });
}

function emptyNode(): Node {
  return { level: { middlewares: [], layout: null, error: null, app: null }, children: new Map() };
}

function parts(path: string): string[] {
  return path.split("/").filter((part) => part !== "");
}
