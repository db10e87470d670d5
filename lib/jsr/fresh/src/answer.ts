// Answering with a route module: its handler first, then its page.
import { type Context, internalsOf } from "./context.ts";
import { renderRoute } from "./render.ts";
import { HttpError } from "./runtime/error.ts";
import type { Level, RouteLoader } from "./segments.ts";
import type { HandlerFn, PageResponse, Route, RouteConfig } from "./types.ts";

/** Answers with a route that a request matched. Refuses methods that it does not have. */
export async function answerRoute<State>(
  ctx: Context<State>,
  load: RouteLoader<State>,
  config?: RouteConfig,
): Promise<Response> {
  const route = await load();
  const { method } = ctx.req;
  const isRead = method === "GET" || method === "HEAD";
  const handler = handlerFor(route, method);
  if (handler) return await answer(ctx, route, handler, 200, config);
  if (isRead && route.component) return await answer(ctx, route, null, 200, config);
  const allow = methodsOf(route);
  if (method === "OPTIONS") return new Response(null, { status: 204, headers: { allow } });
  internalsOf(ctx).allow = allow;
  throw new HttpError(405);
}

/** Answers with an error page, whatever the method was. */
export async function answerError<State>(
  ctx: Context<State>,
  load: RouteLoader<State>,
  error: unknown,
  levels: readonly Level[],
): Promise<Response> {
  ctx.error = error;
  internalsOf(ctx).levels = levels;
  const route = await load();
  const handler = handlerFor(route, ctx.req.method) ?? handlerFor(route, "GET");
  return await answer(ctx, route, handler, error instanceof HttpError ? error.status : 500);
}

async function answer<State>(
  ctx: Context<State>,
  route: Route<State>,
  handler: HandlerFn<unknown, State> | null,
  status: number,
  config?: RouteConfig,
): Promise<Response> {
  const outcome = handler ? await handler(ctx) : { data: {} };
  if (outcome instanceof Response) return outcome;
  const page: PageResponse<unknown> = outcome ?? { data: undefined };
  ctx.data = page.data;
  const init = { status: page.status ?? status, headers: page.headers };
  return await renderRoute(ctx, route.component ?? null, init, { ...config, ...route.config });
}

function handlerFor<State>(route: Route<State>, method: string): HandlerFn<unknown, State> | null {
  const { handler } = route;
  if (typeof handler === "function") return handler;
  if (!handler) return null;
  const own = (name: string) =>
    Object.hasOwn(handler, name) ? handler[name as keyof typeof handler] ?? null : null;
  return own(method) ?? (method === "HEAD" ? own("GET") : null);
}

function methodsOf<State>(route: Route<State>): string {
  const methods = new Set(typeof route.handler === "object" ? Object.keys(route.handler) : []);
  if (route.component) methods.add("GET");
  if (methods.has("GET")) methods.add("HEAD");
  return [...methods.add("OPTIONS")].sort().join(", ");
}
