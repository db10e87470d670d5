// The shapes of routes, handlers and pages.
import type { AnyComponent, ComponentChildren, JSX, VNode } from "preact";
import type { Context } from "./context.ts";

/** A request method that routes can tell apart. */
export type Method = "HEAD" | "GET" | "POST" | "PATCH" | "PUT" | "DELETE" | "OPTIONS";

export type Lazy<T> = () => Promise<T>;
export type MaybeLazy<T> = T | Lazy<T>;

/** Answers a request, or passes it on with `ctx.next()`. */
export type Middleware<State> = (ctx: Context<State>) => Response | Promise<Response>;
/** @deprecated The former name of {@linkcode Middleware}. */
export type MiddlewareFn<State> = Middleware<State>;
/** A middleware, or a function that loads one. */
export type MaybeLazyMiddleware<State> = (
  ctx: Context<State>,
) => Response | Promise<Response | Middleware<State>>;

/** What a handler hands to its page; see `page()`. */
export interface PageResponse<T> {
  data: T;
  headers?: HeadersInit;
  status?: number;
}

/** Answers a request, or returns the data of the page. */
export interface HandlerFn<Data, State> {
  (ctx: Context<State>): Response | PageResponse<Data> | Promise<Response | PageResponse<Data>>;
}
export type HandlerByMethod<Data, State> = { [M in Method]?: HandlerFn<Data, State> };
export type RouteHandler<Data, State> = HandlerFn<Data, State> | HandlerByMethod<Data, State>;
/** The data type of a handler's page. */
export type RouteData<Handler extends RouteHandler<unknown, unknown>> = Handler extends
  RouteHandler<infer Data, unknown> ? Data : never;

export interface LayoutConfig {
  /** Render without the layouts above. */
  skipInheritedLayouts?: boolean;
  /** Render without the document wrapper. */
  skipAppWrapper?: boolean;
}

export interface RouteConfig extends LayoutConfig {
  /** A URL pattern in place of the one that the file name means. */
  routeOverride?: string;
  csp?: boolean;
  methods?: "ALL" | Method[];
}

/** An async component; it may answer the request by itself. */
export type AsyncAnyComponent<P> = {
  // deno-lint-ignore no-explicit-any -- as published: an async component takes whatever props it declares.
  (props: P, context?: any): Promise<ComponentChildren | VNode<any> | JSX.Element | Response | null>;
  displayName?: string;
  // deno-lint-ignore no-explicit-any -- as published.
  defaultProps?: Partial<P> | undefined | any;
};

export type RouteComponent<State> =
  | AsyncAnyComponent<PageProps<unknown, State>>
  | AnyComponent<PageProps<unknown, State>>;

/** One route module. */
export interface Route<State> {
  component?: RouteComponent<State>;
  config?: RouteConfig;
  handler?: RouteHandler<unknown, State>;
  css?: string[];
}

/** What a page, a layout or the app wrapper is given. */
export type PageProps<Data = unknown, T = unknown> =
  & Pick<
    Context<T>,
    "config" | "url" | "req" | "params" | "info" | "state" | "isPartial" | "Component" | "error" | "route"
  >
  & { data: Data };
