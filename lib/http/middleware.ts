// What every request passes: an id, the log, headers, who it is, and whether its origin may do that.
//   X1  Every response carries `x-request-id` and the security headers, errors included.
//   X2  An unsafe request that shows a cookie must come from this origin; a bearer token cannot be sent by accident.
import { parseCookie, stringifySetCookie } from "cookie";
import { csp, HttpError, type Middleware } from "fresh";
import type { JSX } from "preact";
import { AppError, ERRORS } from "../core/errors.ts";
import { isId, randomId } from "../core/ids.ts";
import { SESSION_TTL_MS } from "../kv/keys.ts";
import { DEFAULTS, DEVICE_COOKIE, readDevice } from "../protocol/device.ts";
import { problem, toAppError } from "./respond.ts";
import type { Identity, Services, State } from "./state.ts";
import { Timing } from "./timing.ts";

type Context = Parameters<Middleware<State>>[0];

/** The page that tells a person what went wrong. */
export type ErrorView = (problem: { title: string; detail: string; requestId: string }) => JSX.Element;

const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Puts the services into the state. The first of all. */
export function provide(services: Services): Middleware<State> {
  return (ctx) => {
    ctx.state.services = services;
    ctx.state.requestId = randomId();
    ctx.state.timing = new Timing();
    ctx.state.identity = null;
    ctx.state.device = DEFAULTS;
    ctx.state.cookies = [];
    return ctx.next();
  };
}

/** The policy of every page. `csp()` adds the nonce of the page's own script. */
export const contentPolicy: Middleware<State> = csp<State>({
  useNonce: true,
  csp: [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "media-src 'none'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ],
});

/** Turns errors into problems or pages, and adds the headers to whatever is answered (X1). */
export function answerErrors(page: ErrorView): Middleware<State> {
  return async (ctx) => {
    try {
      return await ctx.next();
    } catch (error) {
      return await failed(ctx, error, page);
    }
  };
}

/** Adds the headers, and writes the request's line in the log. The outermost of all. */
export const outermost: Middleware<State> = async (ctx) => {
  const { services, requestId, timing } = ctx.state;
  // What still throws here is a page of an error that could not be rendered.
  const response = await ctx.next().catch((error) =>
    problem(toAppError(error, requestId, services.logger), requestId)
  );
  const headers = new Headers(response.headers);
  headers.set("x-request-id", requestId);
  headers.set("x-content-type-options", "nosniff");
  headers.set("referrer-policy", "same-origin");
  headers.set("cross-origin-opener-policy", "same-origin");
  headers.set("permissions-policy", "camera=(), microphone=(), geolocation=()");
  for (const cookie of ctx.state.cookies) headers.append("set-cookie", cookie);
  const policy = headers.get("content-security-policy");
  // On plain http, as in a home network, there is nothing to upgrade to.
  if (policy !== null && ctx.url.protocol === "http:") {
    headers.set("content-security-policy", policy.replace(/;?\s*upgrade-insecure-requests/, ""));
  }
  // A file takes next to nothing, and its 304 should be as small as it can.
  if (!isAsset(ctx.url.pathname)) headers.set("server-timing", timing.header());
  if (ctx.url.protocol === "https:") headers.set("strict-transport-security", "max-age=31536000");
  services.metrics.add("throughline_http_requests_total", 1);
  if (response.status >= 500) services.metrics.add("throughline_http_errors_total", 1);
  services.logger.log(isQuiet(ctx.url.pathname) ? "debug" : "info", "request", {
    requestId,
    method: ctx.req.method,
    route: ctx.route ?? ctx.url.pathname.slice(0, 100),
    status: response.status,
    ms: Math.round(timing.ms * 10) / 10,
  });
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
};

/** Reads who the request is from, and refuses what another site made a browser send (X2). */
export const identify: Middleware<State> = async (ctx) => {
  const { services, timing } = ctx.state;
  const cookies = parseCookie(ctx.req.headers.get("cookie") ?? "");
  ctx.state.device = readDevice(cookies[DEVICE_COOKIE]);
  if (isAsset(ctx.url.pathname)) return await ctx.next();
  timing.begin("session");
  const bearer = /^Bearer +(\S+)$/i.exec(ctx.req.headers.get("authorization") ?? "")?.[1];
  const cookie = cookies[cookieName(ctx.url)];
  const token = bearer ?? cookie;
  if (!SAFE_METHODS.has(ctx.req.method) && bearer === undefined) refuseForeign(ctx, cookie !== undefined);
  if (token !== undefined) {
    const found = await services.sessions.find(token);
    if (found !== null) {
      const by = bearer === undefined ? "cookie" : "bearer";
      ctx.state.identity = { userId: found.userId, token, by };
      // A cookie that kept its first expiry would lose its person's conversations on that day.
      if (found.renewed && by === "cookie") ctx.state.cookies.push(sessionCookie(ctx.url, token));
    }
  }
  timing.begin("work");
  return await ctx.next();
};

/** Refuses an id in a path that is none before anything is read: KV could not even take some of them as keys. */
export const checkPath: Middleware<State> = (ctx) => {
  const { id, messageId } = ctx.params;
  if ([id, messageId].some((one) => one !== undefined && !isId(one))) {
    throw new AppError("not_found", "There is nothing at this address.");
  }
  return ctx.next();
};

/** Who the request is from. @throws AppError `unauthenticated` */
export function required(state: State): Identity {
  if (state.identity === null) {
    throw new AppError(
      "unauthenticated",
      "Send the session cookie or `Authorization: Bearer <token>`. `POST /api/session` gives you one.",
    );
  }
  return state.identity;
}

/** Mints a session and sets its cookie. */
export async function mintSession(ctx: Context): Promise<Identity> {
  const { token, userId } = await ctx.state.services.sessions.mint();
  ctx.state.cookies.push(sessionCookie(ctx.url, token));
  ctx.state.identity = { userId, token, by: "cookie" };
  return ctx.state.identity;
}

function sessionCookie(url: URL, token: string): string {
  return stringifySetCookie({
    name: cookieName(url),
    value: token,
    httpOnly: true,
    sameSite: "lax",
    secure: url.protocol === "https:",
    path: "/",
    maxAge: SESSION_TTL_MS / 1000,
  });
}

/** On https the name itself promises Secure, no Domain and Path=/; a browser refuses it otherwise. */
function cookieName(url: URL): string {
  return url.protocol === "https:" ? "__Host-throughline" : "throughline";
}

/** @throws AppError `forbidden` unless a browser says that this origin made the request. */
function refuseForeign(ctx: Context, withCookie: boolean): void {
  const site = ctx.req.headers.get("sec-fetch-site");
  const origin = ctx.req.headers.get("origin");
  if (site !== null) {
    if (site === "same-origin" || site === "none") return;
  } else if (origin !== null) {
    if (URL.parse(origin)?.host === ctx.url.host) return;
  } else if (!withCookie) {
    return;
  }
  throw new AppError(
    "forbidden",
    "With a cookie, changes must come from this site's own pages. From elsewhere, send `Authorization: Bearer`.",
  );
}

async function failed(ctx: Context, error: unknown, page: ErrorView): Promise<Response> {
  const { services, requestId } = ctx.state;
  const known = error instanceof HttpError && error.status < 500
    ? new AppError(
      error.status === 405 ? "method_not_allowed" : "not_found",
      "There is nothing at this address.",
    )
    : toAppError(error, requestId, services.logger);
  const wantsPage = ctx.req.headers.get("accept")?.includes("text/html") ?? false;
  if (!wantsPage || /^\/api(\/|$)/.test(ctx.url.pathname)) return problem(known, requestId);
  const { title, status } = ERRORS[known.code];
  return await ctx.render(page({ title, detail: known.message, requestId }), { status });
}

/** Whether a path is that of a file, which is the same for everybody. */
export function isAsset(path: string): boolean {
  return path.startsWith("/_fresh/") || /\.(?:css|js|svg|png|ico|webmanifest|txt)$/.test(path);
}

/** What a monitor or a browser asks for all the time. */
function isQuiet(path: string): boolean {
  return path === "/healthz" || path === "/readyz" || path === "/metrics" || isAsset(path);
}
