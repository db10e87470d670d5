// Paths to routes.
//   Static paths match first, with or without a slash at their end. Then patterns, in registration order; the first wins.
import type { Method } from "./types.ts";

/** One pattern and what answers it, by method. */
export interface Entry<T> {
  /** As `ctx.route` shows it. */
  pattern: string;
  /** Null for a static path. */
  matcher: URLPattern | null;
  methods: Map<Method, T>;
  /** Answers every method that `methods` lacks. */
  any: T | null;
}

/** Where a path leads. */
export interface Match<T> {
  entry: Entry<T>;
  params: Record<string, string>;
}

const PATTERN_SYNTAX = /[:*{}()\\]/;

/** All routes of one app. */
export class Router<T> {
  #statics = new Map<string, Entry<T>>();
  #dynamics: Entry<T>[] = [];

  /** Registers `target`. Where path and method are taken already, the earlier one stays. */
  add(method: Method | "ALL", path: string, target: T): void {
    const entry = this.#entry(path);
    if (method === "ALL") entry.any ??= target;
    else if (!entry.methods.has(method)) entry.methods.set(method, target);
  }

  /** The first entry for a path. */
  match(pathname: string): Match<T> | null {
    const fixed = this.#statics.get(pathname) ??
      this.#statics.get(pathname.endsWith("/") ? pathname.slice(0, -1) : `${pathname}/`);
    if (fixed) return { entry: fixed, params: {} };
    for (const entry of this.#dynamics) {
      const groups = entry.matcher?.exec({ pathname })?.pathname.groups;
      if (groups) return { entry, params: decoded(groups) };
    }
    return null;
  }

  #entry(path: string): Entry<T> {
    if (!PATTERN_SYNTAX.test(path)) {
      const known = this.#statics.get(path);
      if (known) return known;
      const entry: Entry<T> = { pattern: path, matcher: null, methods: new Map(), any: null };
      this.#statics.set(path, entry);
      return entry;
    }
    const matcher = new URLPattern({ pathname: path });
    const pattern = matcher.pathname;
    const known = this.#dynamics.find((entry) => entry.pattern === pattern);
    if (known) return known;
    const entry: Entry<T> = { pattern, matcher, methods: new Map(), any: null };
    this.#dynamics.push(entry);
    return entry;
  }
}

/** What answers `method`: HEAD falls back to GET. */
export function select<T>(entry: Entry<T>, method: string): T | null {
  return entry.methods.get(method as Method) ?? (method === "HEAD" ? entry.methods.get("GET") : undefined) ??
    entry.any;
}

/** The methods an entry answers, for an Allow header. */
export function allowed<T>(entry: Entry<T>): string {
  const methods = new Set<string>(entry.methods.keys());
  if (methods.has("GET")) methods.add("HEAD");
  return [...methods.add("OPTIONS")].sort().join(", ");
}

/** An escaped slash stays escaped; an optional part that is missing is empty. */
function decoded(groups: Record<string, string | undefined>): Record<string, string> {
  const params: Record<string, string> = {};
  for (const [name, value = ""] of Object.entries(groups)) params[name] = decode(value);
  return params;
}

function decode(text: string): string {
  try {
    return decodeURI(text);
  } catch {
    return text; // A malformed escape is no fault of the route: it gets what was sent.
  }
}
