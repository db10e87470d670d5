// Files under routes/ as commands.
//   index, literal, [id], [...rest], [[optional]]; (group)/ is not in the URL; _app, _layout, _middleware, _error, _404, _500.
import type { Command } from "./app.ts";
import { run } from "./run.ts";
import type { RouteLoader } from "./segments.ts";
import type { LayoutConfig, MaybeLazyMiddleware, Middleware, Route, RouteConfig } from "./types.ts";

/** A route module as its file exports it. */
export interface RouteModule {
  default?: unknown;
  handler?: unknown;
  handlers?: unknown;
  config?: RouteConfig & LayoutConfig;
  css?: string[];
}

/** One file under routes/. */
export interface FsRoute {
  /** Relative to routes/, with forward slashes. */
  file: string;
  load: () => Promise<RouteModule>;
  /** The pattern its config sets in place of its name. */
  routeOverride?: string;
}

/** What the files say, in the order in which they must be told: what wraps first, then routes, the exact before the open. */
export function fsCommands<State>(files: FsRoute[]): Exclude<Command<State>, { kind: "fsRoutes" }>[] {
  const sorted = files.map((file) => ({ ...file, load: once(file.load) }))
    .sort((a, b) => compareFiles(a.file, b.file));
  const isWrapper = ({ file }: FsRoute) => SPECIAL.has(baseName(file));
  return [
    ...sorted.filter(isWrapper).map((file) => wrapper<State>(file)),
    ...sorted.filter((file) => !isWrapper(file)).map((file) => route<State>(file)),
  ];
}

/** The URL pattern of a file. */
export function patternOf(file: string): string {
  const parts = withoutExtension(file).split("/").filter((part) => !isGroup(part));
  if (parts.at(-1) === "index") parts.pop();
  let pattern = "";
  for (const part of parts) pattern += partPattern(part, file);
  return pattern || "/";
}

const SPECIAL = new Set(["_app", "_layout", "_middleware", "_error", "_500", "_404"]);

function wrapper<State>(file: FsRoute): Exclude<Command<State>, { kind: "fsRoutes" }> {
  const path = folderOf(file.file);
  switch (baseName(file.file)) {
    case "_app":
      if (path !== "/") {
        throw new Error(`Cannot use routes/${file.file}: only the root folder may have an _app`);
      }
      return { kind: "appWrapper", component: routeFrom<State>(file) };
    case "_layout":
      return {
        kind: "layout",
        path,
        component: routeFrom<State>(file),
        config: {},
      };
    case "_middleware":
      return { kind: "middleware", path, middlewares: [middlewareFrom<State>(file)] };
    case "_404":
      return { kind: "notFound", route: routeFrom<State>(file) };
    default:
      return { kind: "error", path, route: routeFrom<State>(file) };
  }
}

function route<State>(file: FsRoute): Exclude<Command<State>, { kind: "fsRoutes" }> {
  const name = withoutExtension(file.file).replace(/(^|\/)index$/, "");
  return {
    kind: "route",
    path: file.routeOverride ?? patternOf(file.file),
    folder: segmentsOf(name),
    route: routeFrom<State>(file),
  };
}

/** A module's exports, checked. */
function routeFrom<State>(file: FsRoute): RouteLoader<State> {
  return async () => {
    const module = await file.load();
    const handler = module.handlers ?? module.handler;
    if (!module.default && !handler) {
      throw new Error(
        `Could not find relevant exports in routes/${file.file}: export a component as default, or handler(s)`,
      );
    }
    const functions = typeof handler === "function" ? [handler] : Object.values(handler ?? {});
    for (const fn of functions) {
      if (typeof fn === "function" && fn.length > 1) {
        throw new Error(
          `Handlers take one argument, the context: one in routes/${file.file} takes ${fn.length}`,
        );
      }
    }
    return { component: module.default, handler, config: module.config, css: module.css } as Route<State>;
  };
}

function middlewareFrom<State>(file: FsRoute): MaybeLazyMiddleware<State> {
  return async () => {
    const module = await file.load();
    const exported = module.default ?? module.handlers ?? module.handler;
    const steps = (Array.isArray(exported) ? exported : [exported]) as Middleware<State>[];
    if (steps.some((step) => typeof step !== "function")) {
      throw new Error(`Cannot use routes/${file.file}: export a function, or an array of functions`);
    }
    const all: Middleware<State> = (ctx) => run(steps, ctx, ctx.next);
    return all;
  };
}

/** Loads once; a failed load may be tried again. */
function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | null = null;
  return () =>
    loaded ??= load().catch((error) => {
      loaded = null;
      throw error;
    });
}

function partPattern(part: string, file: string): string {
  const optional = part.match(/^\[\[(\w+)\]\]$/);
  if (optional) return `{/:${optional[1]}}?`;
  const rest = part.match(/^\[\.\.\.(\w+)\]$/);
  if (rest) return `/:${rest[1]}*`;
  if (part.includes("][")) {
    throw new SyntaxError(`Cannot route routes/${file}: two parameters need a literal between them`);
  }
  return `/${part.replace(/\[(\w+)\]/g, ":$1")}`;
}

/** Exact before open, part by part: index, literals by name, mixed and [x], [[x]], [...x]. Groups do not count. */
function compareFiles(a: string, b: string): number {
  const [left, right] = [a, b].map((file) =>
    withoutExtension(file).split("/").filter((part) => !isGroup(part))
  );
  for (let i = 0; i < Math.max(left!.length, right!.length); i++) {
    const [x = "", y = ""] = [left![i], right![i]];
    const order = openness(x) - openness(y) || (x < y ? -1 : x > y ? 1 : 0);
    if (order !== 0) return order;
  }
  return a < b ? -1 : 1;
}

function openness(part: string): number {
  if (part === "" || part === "index") return 0;
  if (part.startsWith("[...")) return 4;
  if (part.startsWith("[[")) return 3;
  return part.includes("[") ? 2 : 1;
}

function isGroup(part: string): boolean {
  return part.startsWith("(") && part.endsWith(")");
}

function withoutExtension(file: string): string {
  return file.replace(/\.[^./]+$/, "");
}

function baseName(file: string): string {
  return withoutExtension(file.slice(file.lastIndexOf("/") + 1));
}

/** The segments that a path of files stands for: as in its URL, and groups too. */
function segmentsOf(path: string): string {
  return "/" + path.split("/").map((part) => part.replace(/\[+(?:\.\.\.)?(\w+)\]+/g, ":$1")).join("/");
}

function folderOf(file: string): string {
  return segmentsOf(file.slice(0, Math.max(0, file.lastIndexOf("/"))));
}
