import type { Middleware } from "./types.ts";

/** Redirects to the one form of each path: always, or never, with a slash at its end. */
export function trailingSlashes<State>(mode: "always" | "never"): Middleware<State> {
  return (ctx) => {
    const { pathname, search } = ctx.url;
    const ends = pathname.endsWith("/");
    if (mode === "always" && !ends) return ctx.redirect(`${pathname}/${search}`);
    if (mode === "never" && ends && pathname !== "/") {
      return ctx.redirect(`${pathname.replace(/\/+$/, "")}${search}`);
    }
    return ctx.next();
  };
}
