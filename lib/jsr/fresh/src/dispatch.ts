// From a request to its response.
//   Errors are answered by the nearest error route above where they were thrown, outside of its own middlewares.
import { answerError, answerRoute } from "./answer.ts";
import { type Command, joinPath } from "./app.ts";
import type { BuildCache } from "./build_cache.ts";
import type { ResolvedFreshConfig } from "./config.ts";
import { Context, type Internals, internalsOf } from "./context.ts";
import { allowed, type Entry, Router, select } from "./router.ts";
import { run } from "./run.ts";
import { HttpError } from "./runtime/error.ts";
import { type Level, type RouteLoader, Segments } from "./segments.ts";
import type { MaybeLazyMiddleware } from "./types.ts";

/** What answers one method of one path. */
interface Target<State> {
  levels: readonly Level[];
  steps: MaybeLazyMiddleware<State>[];
  last: (ctx: Context<State>) => Promise<Response>;
}

/** A compiled app. */
export class Dispatcher<State> {
  #segments = new Segments();
  #router = new Router<Target<State>>();
  #notFound: RouteLoader<State> | null = null;
  #unmatched: Target<State> | null = null;

  constructor(readonly config: ResolvedFreshConfig, readonly build: BuildCache | null) {}

  /** Carries out one command. Routes get what their segments hold now. */
  add(command: Exclude<Command<State>, { kind: "fsRoutes" }>): void {
    switch (command.kind) {
      case "middleware":
        return this.#segments.change(command.path, (level) => ({
          ...level,
          middlewares: [...level.middlewares, ...command.middlewares],
        }));
      case "layout": {
        const { component, config } = command;
        return this.#segments.change(command.path, (level) => ({ ...level, layout: { component, config } }));
      }
      case "appWrapper":
        return this.#segments.change("/", (level) => ({ ...level, app: command.component }));
      case "error":
        return this.#segments.change(command.path, (level) => ({ ...level, error: command.route }));
      case "notFound":
        this.#notFound = command.route;
        return;
      case "route": {
        const { route, config, path, folder } = command;
        const target = this.#target(folder, [], (ctx) => answerRoute(ctx, route, config));
        const methods = config?.methods ?? "ALL";
        for (const method of methods === "ALL" ? ["ALL" as const] : methods) {
          this.#router.add(method, this.#path(path), target);
        }
        return;
      }
      case "handler": {
        const target = this.#target(command.path, command.middlewares, unhandled);
        return this.#router.add(command.method, this.#path(command.path), target);
      }
    }
  }

  /** Answers a request. Never rejects. */
  async dispatch(req: Request, info: Deno.ServeHandlerInfo): Promise<Response> {
    const url = this.#url(req);
    const match = this.#router.match(url.pathname);
    const target = match ? select(match.entry, req.method) ?? this.#refusal(match.entry) : this.#missing();
    const internals: Internals = { levels: target.levels, build: this.build, nonce: null, allow: null };
    const ctx = new Context<State>({
      req,
      url,
      info,
      params: match?.params ?? {},
      route: match?.entry.pattern ?? null,
      config: this.config,
      internals,
    });
    const response = await run(target.steps, ctx, () => target.last(ctx)).catch(plainError);
    if (response.status === 405 && internals.allow !== null) response.headers.set("allow", internals.allow);
    return req.method === "HEAD" ? await withoutBody(response) : response;
  }

  #path(path: string): string {
    return joinPath(this.config.basePath, path);
  }

  #url(req: Request): URL {
    const url = new URL(req.url);
    if (url.pathname.includes("//")) url.pathname = url.pathname.replace(/\/{2,}/g, "/");
    if (!this.config.trustProxy) return url;
    const proto = req.headers.get("x-forwarded-proto");
    const host = req.headers.get("x-forwarded-host");
    if (proto === "https" || proto === "http") url.protocol = proto;
    if (host) url.host = host;
    return url;
  }

  #target(
    path: string,
    own: MaybeLazyMiddleware<State>[],
    last: (ctx: Context<State>) => Promise<Response>,
  ): Target<State> {
    const levels = this.#segments.levels(path);
    const steps = levels.flatMap((level, i) => [
      ...(level.error ? [errorStep<State>(level.error, levels.slice(0, i + 1))] : []),
      ...level.middlewares,
    ]);
    return { levels, steps: [...steps, ...own], last };
  }

  /** Unmatched paths get what the root holds in the end, wherever they look like belonging. */
  #missing(): Target<State> {
    const notFound = this.#notFound;
    return this.#unmatched ??= this.#target("/", [], (ctx) => {
      const error = new HttpError(404);
      return notFound ? answerError(ctx, notFound, error, internalsOf(ctx).levels) : Promise.reject(error);
    });
  }

  #refusal(entry: Entry<Target<State>>): Target<State> {
    return this.#target("/", [], (ctx) => {
      const allow = allowed(entry);
      if (ctx.req.method === "OPTIONS") {
        return Promise.resolve(new Response(null, { status: 204, headers: { allow } }));
      }
      internalsOf(ctx).allow = allow;
      return Promise.reject(new HttpError(405));
    });
  }
}

function errorStep<State>(route: RouteLoader<State>, levels: readonly Level[]): MaybeLazyMiddleware<State> {
  return async (ctx) => {
    try {
      return await ctx.next();
    } catch (error) {
      return await answerError(ctx, route, error, levels);
    }
  };
}

function unhandled(): Promise<Response> {
  return Promise.reject(new HttpError(404));
}

/** The answer where no error route gave one. */
function plainError(error: unknown): Response {
  if (error instanceof HttpError) {
    return new Response(error.message || STATUS_TEXT[error.status] || `Error ${error.status}`, {
      status: error.status,
    });
  }
  console.error(error);
  return new Response("Internal server error", { status: 500 });
}

const STATUS_TEXT: Partial<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** A HEAD request ends the work that its body would have been. */
async function withoutBody(response: Response): Promise<Response> {
  await response.body?.cancel();
  return new Response(null, response);
}
