// The app: what it was told, in order, compiled into a router when the first handler is asked for.
import { buildCacheOf } from "./build_cache.ts";
import { type FreshConfig, resolveConfig, type ResolvedFreshConfig } from "./config.ts";
import { Dispatcher } from "./dispatch.ts";
import { fsCommands } from "./fs_routes.ts";
import { type ListenOptions, serveOn } from "./listen.ts";
import { componentLoader, type RouteLoader } from "./segments.ts";
import type {
  LayoutConfig,
  MaybeLazy,
  MaybeLazyMiddleware,
  Method,
  Middleware,
  Route,
  RouteComponent,
  RouteConfig,
} from "./types.ts";

export type { ListenOptions };

/** One thing an app was told. */
export type Command<State> =
  | { kind: "middleware"; path: string; middlewares: MaybeLazyMiddleware<State>[] }
  | { kind: "layout"; path: string; component: RouteLoader<State>; config: LayoutConfig }
  | { kind: "appWrapper"; component: RouteLoader<State> }
  | { kind: "error"; path: string; route: RouteLoader<State> }
  | { kind: "notFound"; route: RouteLoader<State> }
  | { kind: "route"; path: string; folder: string; route: RouteLoader<State>; config?: RouteConfig }
  | { kind: "handler"; path: string; method: Method | "ALL"; middlewares: MaybeLazyMiddleware<State>[] }
  | { kind: "fsRoutes" };

/** An HTTP application of routes, middlewares, layouts and islands. */
export class App<State> {
  config: ResolvedFreshConfig;
  #commands: Command<State>[] = [];

  constructor(config: FreshConfig = {}) {
    this.config = resolveConfig(config);
  }

  /** Runs middlewares for every route registered after this. */
  use(...middleware: MaybeLazyMiddleware<State>[]): this;
  /** Runs middlewares for the routes at and below `path` that are registered after this. */
  use(path: string, ...middleware: MaybeLazyMiddleware<State>[]): this;
  use(first: string | MaybeLazyMiddleware<State>, ...rest: MaybeLazyMiddleware<State>[]): this {
    return typeof first === "string"
      ? this.#tell({ kind: "middleware", path: first, middlewares: rest })
      : this.#tell({ kind: "middleware", path: "/", middlewares: [first, ...rest] });
  }

  /** Answers what no route matches. */
  notFound(routeOrMiddleware: Route<State> | Middleware<State>): this {
    return this.#tell({ kind: "notFound", route: routeLoader(routeOrMiddleware) });
  }

  /** Answers errors of the routes at and below `path`. */
  onError(path: string, routeOrMiddleware: Route<State> | Middleware<State>): this {
    return this.#tell({
      kind: "error",
      path: path === "*" ? "/" : path,
      route: routeLoader(routeOrMiddleware),
    });
  }

  /** Sets the outermost component: the document. */
  appWrapper(component: RouteComponent<State>): this {
    return this.#tell({ kind: "appWrapper", component: componentLoader(component) });
  }

  /** Wraps the pages at and below `path`. */
  layout(path: string, component: RouteComponent<State>, config: LayoutConfig = {}): this {
    return this.#tell({
      kind: "layout",
      path: path === "*" ? "/" : path,
      component: componentLoader(component),
      config,
    });
  }

  /** Adds a route with a page. */
  route(path: string, route: MaybeLazy<Route<State>>, config?: RouteConfig): this {
    return this.#tell({ kind: "route", path, folder: path, route: once(route), config });
  }

  get(path: string, ...middlewares: MaybeLazy<Middleware<State>>[]): this {
    return this.#handle("GET", path, middlewares);
  }
  post(path: string, ...middlewares: MaybeLazy<Middleware<State>>[]): this {
    return this.#handle("POST", path, middlewares);
  }
  patch(path: string, ...middlewares: MaybeLazy<Middleware<State>>[]): this {
    return this.#handle("PATCH", path, middlewares);
  }
  put(path: string, ...middlewares: MaybeLazy<Middleware<State>>[]): this {
    return this.#handle("PUT", path, middlewares);
  }
  delete(path: string, ...middlewares: MaybeLazy<Middleware<State>>[]): this {
    return this.#handle("DELETE", path, middlewares);
  }
  head(path: string, ...middlewares: MaybeLazy<Middleware<State>>[]): this {
    return this.#handle("HEAD", path, middlewares);
  }
  /** Answers every method. */
  all(path: string, ...middlewares: MaybeLazy<Middleware<State>>[]): this {
    return this.#handle("ALL", path, middlewares);
  }

  /** Adds the routes found under routes/ when the app was built. */
  fsRoutes(_pattern = "*"): this {
    return this.#tell({ kind: "fsRoutes" });
  }

  /** Adds everything that another app was told, below `path`. */
  mountApp(path: string, app: App<State>): this {
    for (const command of app.#commands) {
      this.#tell("path" in command ? { ...command, path: joinPath(path, command.path) } : command);
    }
    return this;
  }

  /** Compiles the app. What it is told later does not count. */
  handler(): (request: Request, info?: Deno.ServeHandlerInfo) => Promise<Response> {
    const build = buildCacheOf(this);
    const dispatcher = new Dispatcher<State>(this.config, build);
    for (const command of this.#commands) {
      if (command.kind !== "fsRoutes") dispatcher.add(command);
      else for (const found of fsCommands<State>(build?.routes ?? [])) dispatcher.add(found);
    }
    return (request, info) => dispatcher.dispatch(request, info ?? UNKNOWN_PEER);
  }

  /** Serves until its signal aborts. Without a port: the first free one from 8000. */
  async listen(options: ListenOptions = {}): Promise<void> {
    await serveOn(this.handler(), options).finished;
  }

  #handle(method: Method | "ALL", path: string, middlewares: MaybeLazy<Middleware<State>>[]): this {
    return this.#tell({
      kind: "handler",
      path,
      method,
      middlewares: middlewares as MaybeLazyMiddleware<State>[],
    });
  }

  #tell(command: Command<State>): this {
    this.#commands.push(command);
    return this;
  }
}

/** Two paths as one, with single slashes. */
export function joinPath(base: string, path: string): string {
  const joined = `${base.replace(/\/+$/, "")}/${path.replace(/^\/+/, "")}`;
  return joined.length > 1 ? joined.replace(/\/+$/, "") : "/";
}

const UNKNOWN_PEER: Deno.ServeHandlerInfo = {
  remoteAddr: { transport: "tcp", hostname: "localhost", port: 0 },
  completed: Promise.resolve(),
};

function routeLoader<State>(routeOrMiddleware: Route<State> | Middleware<State>): RouteLoader<State> {
  const route = typeof routeOrMiddleware === "function" ? { handler: routeOrMiddleware } : routeOrMiddleware;
  return () => route;
}

/** Loads once; a failed load may be tried again. */
function once<State>(route: MaybeLazy<Route<State>>): RouteLoader<State> {
  if (typeof route !== "function") return () => route;
  let loaded: Promise<Route<State>> | null = null;
  return () =>
    loaded ??= route().catch((error) => {
      loaded = null;
      throw error;
    });
}
