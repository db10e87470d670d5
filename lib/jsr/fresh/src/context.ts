// One request on its way through the app.
import type { ComponentType, FunctionComponent, VNode } from "preact";
import type { BuildCache } from "./build_cache.ts";
import type { ResolvedFreshConfig } from "./config.ts";
import { renderPage } from "./render.ts";
import type { Level } from "./segments.ts";
import type { LayoutConfig } from "./types.ts";

/** A component that comes alive in the browser. */
export interface Island {
  file: string;
  name: string;
  exportName: string;
  fn: ComponentType;
  css: string[];
}

/** What the app knows about a request and does not tell. */
export interface Internals {
  /** From the root to where the request is being answered: whose layouts wrap what it renders. */
  levels: readonly Level[];
  build: BuildCache | null;
  nonce: string | null;
  /** The methods that would have been answered, once one was refused. */
  allow: string | null;
}

/** Everything a Context starts from. */
export interface ContextInit {
  req: Request;
  url: URL;
  info: Deno.ServeHandlerInfo;
  params: Record<string, string>;
  route: string | null;
  config: ResolvedFreshConfig;
  internals: Internals;
}

/** Reads what a Context does not tell. Assigned once, by the class below. */
// deno-lint-ignore no-explicit-any -- Context is invariant in State, and nothing here looks at it.
export let internalsOf: (ctx: Context<any>) => Internals;

/** One request: what it asks, and the ways to answer. */
export class Context<State> {
  readonly config: ResolvedFreshConfig;
  readonly url: URL;
  req: Request;
  /** The pattern that matched. */
  readonly route: string | null;
  readonly params: Record<string, string>;
  /** Shared by the middlewares and the handler of this request. */
  readonly state: State = {} as State;
  data: unknown = undefined;
  error: unknown | null = null;
  readonly info: Deno.ServeHandlerInfo;
  readonly isPartial: boolean;
  /** Passes the request on. */
  next: () => Promise<Response> = () =>
    Promise.reject(new Error("Cannot call next() outside of a middleware"));
  /** What a layout or the app wrapper wraps. */
  Component: FunctionComponent = () => null;
  #internals: Internals;

  static {
    internalsOf = (ctx) => ctx.#internals;
  }

  constructor(init: ContextInit) {
    this.config = init.config;
    this.url = init.url;
    this.req = init.req;
    this.route = init.route;
    this.params = init.params;
    this.info = init.info;
    this.isPartial = init.url.search !== "" && init.url.searchParams.has("fresh-partial");
    this.#internals = init.internals;
  }

  /** Sends the client elsewhere. A path never leaves this site: runs of slashes collapse. */
  redirect(pathOrUrl: string, status = 302): Response {
    let location = pathOrUrl;
    if (location.startsWith("/")) {
      const end = location.search(/[?#]/);
      const path = end === -1 ? location : location.slice(0, end);
      // Browsers read a backslash as a slash.
      location = path.replace(/[/\\]{2,}/g, "/") + (end === -1 ? "" : location.slice(end));
    }
    return new Response(null, { status, headers: { location } });
  }

  /** Renders `vnode` inside the layouts and the app wrapper. */
  render(
    // deno-lint-ignore no-explicit-any -- any component's vnode; `unknown` props would refuse most.
    vnode: VNode<any> | null,
    init: ResponseInit = {},
    config: LayoutConfig = {},
  ): Promise<Response> {
    return renderPage(this, vnode, init, config);
  }

  text(content: string, init: ResponseInit = {}): Response {
    return respond(content, "text/plain;charset=UTF-8", init);
  }

  html(content: string, init: ResponseInit = {}): Response {
    return respond(content, "text/html; charset=utf-8", init);
  }

  // deno-lint-ignore no-explicit-any -- as published: anything JSON.stringify takes.
  json(content: any, init: ResponseInit = {}): Response {
    return Response.json(content, init);
  }

  /** Sends chunks as they come. The source is pulled by the socket and closed with it. */
  stream<U extends string | Uint8Array>(
    stream: Iterable<U> | AsyncIterable<U> | (() => Iterable<U> | AsyncIterable<U>),
    init: ResponseInit = {},
  ): Response {
    const source = typeof stream === "function" ? stream() : stream;
    const encoder = new TextEncoder();
    const chunks = Symbol.asyncIterator in source
      ? source[Symbol.asyncIterator]()
      : source[Symbol.iterator]();
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(typeof value === "string" ? encoder.encode(value) : value);
      },
      async cancel() {
        await chunks.return?.();
      },
    }, { highWaterMark: 0 });
    return new Response(body, init);
  }
}

/** @deprecated The former name of {@linkcode Context}. */
export type FreshContext<State = unknown> = Context<State>;

function respond(content: string, type: string, init: ResponseInit): Response {
  const headers = new Headers(init.headers);
  if (!headers.has("content-type")) headers.set("content-type", type);
  return new Response(content, { ...init, headers });
}
