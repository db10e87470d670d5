// A local stand-in for `jsr:@fresh/core`: the public API that this project uses, written here. See ../README.md.
export { App, type ListenOptions } from "./app.ts";
export type { FreshConfig, ResolvedFreshConfig } from "./config.ts";
export { Context, type FreshContext, type Island } from "./context.ts";
export { csp, type CSPOptions } from "./csp.ts";
export { createDefine, type Define, page } from "./define.ts";
export { HttpError } from "./runtime/error.ts";
export { trailingSlashes } from "./slashes.ts";
export { staticFiles } from "./static.ts";
export type {
  HandlerByMethod,
  HandlerFn,
  LayoutConfig,
  Lazy,
  MaybeLazy,
  Method,
  Middleware,
  MiddlewareFn,
  PageProps,
  PageResponse,
  RouteConfig,
  RouteData,
  RouteHandler,
} from "./types.ts";
