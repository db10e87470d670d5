// The Content-Security-Policy header, with a nonce per page where asked for.
import { internalsOf } from "./context.ts";
import type { Middleware } from "./types.ts";

export interface CSPOptions {
  /** Report violations without refusing anything. */
  reportOnly?: boolean;
  /** Where violations are reported to. */
  reportTo?: string;
  /** Directives, each a whole one; one that has a default takes its place. */
  csp?: string[];
  /** Give every HTML page a nonce, in the policy and on its script and style elements. */
  useNonce?: boolean;
}

const DEFAULTS = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self'",
  "img-src 'self' data:",
  "media-src 'self' data: blob:",
  "worker-src 'self' blob:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "upgrade-insecure-requests",
];
/** Stands for the nonce until there is one. No directive can contain a space within a source. */
const NONCE = "{the nonce}";
/** 128 bits: what the CSP specification asks of a nonce. */
const NONCE_BYTES = 16;

/** Sets a Content-Security-Policy. */
export function csp<State>(options: CSPOptions = {}): Middleware<State> {
  const policy = directives(options);
  const plain = policy.join("; ");
  const withPlaceholder = withNonce(policy, NONCE);
  const header = `Content-Security-Policy${options.reportOnly ? "-Report-Only" : ""}`;
  return async (ctx) => {
    const nonce = options.useNonce ? makeNonce() : null;
    if (nonce) internalsOf(ctx).nonce = nonce;
    const response = await ctx.next();
    const isPage = response.headers.get("content-type")?.startsWith("text/html") ?? false;
    const headers: [string, string][] = [[
      header,
      nonce && isPage ? withPlaceholder.replaceAll(NONCE, nonce) : plain,
    ]];
    if (options.reportTo) headers.push(["Reporting-Endpoints", `csp-endpoint="${options.reportTo}"`]);
    return withHeaders(response, headers);
  };
}

function withHeaders(response: Response, headers: [string, string][]): Response {
  try {
    for (const [name, value] of headers) response.headers.set(name, value);
    return response;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // The headers of what fetch() and Response.redirect() return cannot be changed; those of a copy can.
    const copy = new Response(response.body, response);
    for (const [name, value] of headers) copy.headers.set(name, value);
    return copy;
  }
}

function directives({ csp: own = [], reportTo }: CSPOptions): string[] {
  const byName = new Map<string, string>();
  for (const directive of [...DEFAULTS, ...own]) {
    const text = directive.trim().replace(/;$/, "");
    byName.set(nameOf(text), text);
  }
  if (reportTo) byName.set("report-to", "report-to csp-endpoint").set("report-uri", `report-uri ${reportTo}`);
  return [...byName.values()];
}

/** A nonce makes browsers ignore 'unsafe-inline'; it goes, so that the policy says what it means. */
function withNonce(policy: string[], nonce: string): string {
  return policy.map((directive) =>
    /^(script|style)-src(-elem)?$/.test(nameOf(directive))
      ? `${directive.replace(/ 'unsafe-inline'/g, "")} 'nonce-${nonce}'`
      : directive
  ).join("; ");
}

function nameOf(directive: string): string {
  return directive.split(/\s/, 1)[0]!.toLowerCase();
}

function makeNonce(): string {
  return crypto.getRandomValues(new Uint8Array(NONCE_BYTES)).toHex();
}
