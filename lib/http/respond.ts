// Responses of the API: JSON, and problems from the one table.
import { AppError, causes, ERRORS } from "../core/errors.ts";
import type { Logger } from "../observe/log.ts";
import type { Problem } from "../protocol/api.ts";

export function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" },
  });
}

export function noContent(): Response {
  return new Response(null, { status: 204 });
}

/** Codes that are ours alone: a client is told `internal`. */
const INSIDE: ReadonlySet<string> = new Set(["fenced"]);

/** The error that a client may read. Its cause, and whatever we did not foresee, go to the log with the request's id. */
export function toAppError(error: unknown, requestId: string, logger: Logger): AppError {
  if (error instanceof AppError && !INSIDE.has(error.code)) {
    if (error.status >= 500) {
      logger.log("warn", "request_refused", { requestId, code: error.code, cause: causes(error) });
    }
    return error;
  }
  logger.log("error", "request_crashed", {
    requestId,
    cause: causes(error),
    stack: error instanceof Error ? error.stack?.slice(0, 2_000) : undefined,
  });
  return new AppError(
    "internal",
    "Something broke on our side. Try again; the request id helps us to find out why.",
  );
}

/** `application/problem+json` (RFC 9457). */
export function problem(error: AppError, requestId: string): Response {
  const { status, title } = ERRORS[error.code];
  const body: Problem = {
    type: `/problems/${error.code}`,
    title,
    status,
    detail: error.message,
    code: error.code,
    requestId,
  };
  const headers = new Headers({ "content-type": "application/problem+json", "cache-control": "no-store" });
  if (status === 503 || status === 429) headers.set("retry-after", "2");
  if (status === 401) headers.set("www-authenticate", "Bearer");
  return new Response(JSON.stringify({ ...error.extra, ...body }), { status, headers });
}
