// The one table of errors that cross a boundary. Each code has a status for HTTP and a title for people.
//   E1  What a client reads is chosen here or written by us; a cause goes to the log only.

/** Code → HTTP status and title. The code is the contract; titles may be reworded. */
export const ERRORS = {
  bad_request: { status: 400, title: "The request could not be read" },
  invalid: { status: 422, title: "The request is not valid" },
  unauthenticated: { status: 401, title: "No session" },
  forbidden: { status: 403, title: "This origin may not do that" },
  not_found: { status: 404, title: "Not found" },
  method_not_allowed: { status: 405, title: "Method not allowed" },
  conflict: { status: 409, title: "The id was used for something else" },
  running: { status: 409, title: "An answer is being written" },
  cannot_continue: { status: 409, title: "The answer cannot go on" },
  not_queued: { status: 409, title: "The message does not wait any more" },
  too_large: { status: 413, title: "The body is too large" },
  unsupported_media_type: { status: 415, title: "Send JSON" },
  unknown_model: { status: 422, title: "Unknown model" },
  limited: { status: 429, title: "Too many requests" },
  internal: { status: 500, title: "Something broke on our side" },
  busy: { status: 503, title: "The store is busy" },
  draining: { status: 503, title: "The server is restarting" },
  // Why an answer failed. They stand in a message, and in `POST /api/chat`, where their status is used.
  provider_auth: { status: 502, title: "The provider refused the key" },
  provider_rate_limit: { status: 502, title: "The provider is limiting requests" },
  provider_overloaded: { status: 502, title: "The provider is overloaded" },
  provider_rejected: { status: 502, title: "The provider rejected the request" },
  provider_failed: { status: 502, title: "The provider failed" },
  provider_unreachable: { status: 502, title: "The provider could not be reached" },
  provider_truncated: { status: 502, title: "The answer was cut off" },
  provider_protocol: { status: 502, title: "The provider sent something that is not an answer" },
  provider_refused: { status: 502, title: "The model declined to answer" },
  provider_empty: { status: 502, title: "The model gave no answer" },
  timeout_first_byte: { status: 504, title: "The provider did not start to answer" },
  timeout_idle: { status: 504, title: "The provider stopped in mid-answer" },
  timeout_total: { status: 504, title: "The answer took too long" },
  context_full: { status: 422, title: "The message is too long for the model" },
  answer_too_long: { status: 502, title: "The answer was too long to keep" },
  attempts_exhausted: { status: 500, title: "The answer was interrupted too often" },
  // Inside only: a route that lets one of these through shows `internal`.
  fenced: { status: 500, title: "Another process took over" },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** An error with a code for programs and a sentence for people. `detail` may reach a client; `cause` never does. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;
  /** Members added to the problem body, such as `{ available: [...] }`. */
  readonly extra: Record<string, unknown>;

  constructor(
    code: ErrorCode,
    detail: string,
    options: { cause?: unknown; extra?: Record<string, unknown> } = {},
  ) {
    super(detail, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.extra = options.extra ?? {};
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}

/** The chain of messages of an error, for the log: `outer: inner: innermost`. At most 5 links. */
export function causes(error: unknown): string {
  const seen: string[] = [];
  for (let e: unknown = error; e !== undefined && e !== null && seen.length < 5;) {
    if (!(e instanceof Error)) {
      seen.push(String(e));
      break;
    }
    seen.push(`${e.name}: ${e.message.slice(0, 500)}`);
    e = e.cause;
  }
  return seen.join(" <- ");
}
