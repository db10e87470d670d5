// What went wrong at a provider: from whatever an SDK or fetch throws, to a code for programs and a sentence for people.
//   F1  Neither the sentence nor its cause holds the key, a page of HTML, or more than a line of the provider's words.
//   F2  Whether another try can help is data: the code's default, unless the provider or a row below says otherwise.
import { AppError, type ErrorCode } from "../core/errors.ts";
import { retryAfterMs } from "./retry_after.ts";
import { clean, messageIn } from "./said.ts";
import { hostOf, type Vendor } from "./vendor.ts";

/** What may help when a call has failed. */
export interface Recourse {
  /** The same request, later. */
  again: boolean;
  /** Another model. */
  other: boolean;
  /** The failure is the provider's, and others will meet it: it counts against the model's breaker. */
  breaks: boolean;
  /** How long the provider asks to wait, in milliseconds; at most a minute. */
  afterMs?: number;
}

const NONE: Recourse = { again: false, other: false, breaks: false };
const LATER: Recourse = { again: true, other: true, breaks: true };
const ELSEWHERE: Recourse = { again: false, other: true, breaks: true };

/** What helps, by code; absent: nothing does. The one table of what is tried again (F2). */
const RECOURSE: { readonly [C in ErrorCode]?: Recourse } = {
  provider_rate_limit: LATER,
  provider_overloaded: LATER,
  provider_failed: LATER,
  provider_unreachable: LATER,
  provider_truncated: LATER,
  timeout_first_byte: LATER,
  timeout_idle: LATER,
  // A key that is refused, and a page where a stream was due, stay so until somebody mends them.
  provider_auth: ELSEWHERE,
  provider_protocol: ELSEWHERE,
  // The request's own fault, for this model: a parameter, a context that is too small, a model that is gone.
  provider_rejected: { again: false, other: true, breaks: false },
  context_full: { again: false, other: true, breaks: false },
  unknown_model: { again: false, other: true, breaks: false },
  // Models do that now and then, and say something the next time.
  provider_empty: { again: true, other: true, breaks: false },
};

/** What may help after `error`. A refusal, an answer that took too long or became too long, and what is a fault of ours have no remedy here. */
export function recourse(error: unknown): Recourse {
  if (!(error instanceof AppError)) return NONE;
  const { again, other, breaks } = RECOURSE[error.code] ?? NONE;
  const { retryable, retryAfterMs } = error.extra;
  return {
    again: typeof retryable === "boolean" ? retryable : again,
    other,
    breaks,
    ...(typeof retryAfterMs === "number" ? { afterMs: retryAfterMs } : {}),
  };
}

/** What is known of an error that came as an answer, or as an event within one. */
interface Reply {
  /** Undefined for an event in a stream that began with 200. */
  status?: number;
  /** The `type` and `code` members of the body. */
  kinds: readonly string[];
  /** ` (429)`, or nothing. */
  at: string;
  /** `: what the provider said`, or nothing. */
  said: string;
  /** ` in 7 s`, or ` in a moment`. */
  when: string;
}

interface Row {
  code: ErrorCode;
  statuses?: (status: number) => boolean;
  kinds?: readonly string[];
  retryable?: boolean;
  say(vendor: Vendor, reply: Reply): string;
}

/** The first row that matches decides. Kinds and statuses are alternatives: an event has no status. */
const ROWS: readonly Row[] = [
  {
    code: "provider_rate_limit",
    statuses: (status) => status === 402,
    kinds: ["insufficient_quota", "billing_error", "insufficient_credits"],
    retryable: false, // it comes as 429, but waiting does not fill an account
    say: (vendor, { at }) =>
      `${vendor.label} says that the account of this key is used up${at}. Check its plan and billing, or choose ` +
      `another model.`,
  },
  {
    code: "provider_auth",
    statuses: (status) => status === 401,
    kinds: ["authentication_error", "invalid_api_key"],
    say: (vendor, { at }) =>
      vendor.apiKey === undefined
        ? `${vendor.label} asks for a key${at}. Set ${vendor.keyVariable} and restart the server.`
        : `${vendor.label} refused the key${at}. Check ${vendor.keyVariable} and restart the server.`,
  },
  {
    code: "provider_auth",
    statuses: (status) => status === 403,
    kinds: ["permission_error", "permission_denied"],
    say: (vendor, { at }) =>
      `${vendor.label} does not allow this with the key in ${vendor.keyVariable}${at}. Check what the key may do, or ` +
      `choose another model.`,
  },
  {
    code: "provider_refused",
    kinds: ["content_filter", "content_policy_violation", "bio_policy", "misalignment_policy_violation"],
    say: (vendor, { said }) => `${vendor.label} declined to answer${said || ". Ask in another way"}.`,
  },
  {
    code: "provider_rejected",
    statuses: (status) => status === 413,
    kinds: ["context_length_exceeded", "request_too_large"],
    say: (_, { at }) =>
      `The conversation is too long for this model${at}. Start a new one, or choose a model with a larger context.`,
  },
  {
    code: "provider_rejected",
    statuses: (status) => status === 404,
    kinds: ["not_found_error", "model_not_found"],
    say: (vendor, { at, said }) =>
      `${vendor.label} does not know this model or address${at}${said}. Choose another model, or check ` +
      `${vendor.urlVariable}.`,
  },
  {
    code: "provider_rate_limit",
    statuses: (status) => status === 429,
    kinds: ["rate_limit_error", "rate_limit_exceeded"],
    say: (vendor, { at, when }) => `${vendor.label} is limiting requests${at}. Try again${when}.`,
  },
  {
    code: "provider_overloaded",
    statuses: (status) => status === 503 || status === 529,
    kinds: ["overloaded_error", "overloaded", "insufficient_system_resource"],
    say: (vendor, { at, when }) =>
      `${vendor.label} is overloaded${at}. Try again${when}, or choose another model.`,
  },
  {
    code: "provider_failed",
    statuses: (status) => status === 408 || status === 409 || status >= 500,
    kinds: ["api_error", "server_error", "timeout_error"],
    say: (vendor, { at, when }) => `${vendor.label} failed${at}. Try again${when}.`,
  },
  {
    code: "provider_rejected",
    statuses: (status) => status >= 400,
    kinds: ["invalid_request_error", "invalid_prompt"],
    say: (vendor, { at, said }) =>
      `${vendor.label} rejected the request${at}${said || ". Choose another model"}.`,
  },
  {
    code: "provider_protocol",
    statuses: (status) => status < 400,
    say: (vendor, { at }) =>
      `${vendor.label} answered with something that is not an answer${at}. Check ${vendor.urlVariable}.`,
  },
  {
    code: "provider_failed",
    statuses: () => true,
    say: (vendor, { said }) => `${vendor.label} failed${said}. Try again.`,
  },
];

/** The AppError for anything thrown while a provider was called. An AppError is returned as it is. */
export function failure(error: unknown, vendor: Vendor, nowMs: number): AppError {
  if (error instanceof AppError) return error;
  const names = ancestry(error);
  if (names.includes("APIConnectionTimeoutError")) {
    return new AppError("timeout_first_byte", `${vendor.label} did not start to answer in time. Try again.`);
  }
  if (names.includes("APIConnectionError")) return unreachable(vendor, (error as Error).cause ?? error);
  if (names.includes("APIUserAbortError")) return cutOff(vendor, error);
  if (isReply(error)) return fromReply(error, vendor, nowMs);
  if (error instanceof SyntaxError) {
    return new AppError("provider_protocol", `${vendor.label} sent an event that is not JSON. Try again.`, {
      cause: summary(error, vendor),
    });
  }
  if (error instanceof TypeError && /error sending request|reading a body|connection/i.test(error.message)) {
    return /error sending request/i.test(error.message) ? unreachable(vendor, error) : cutOff(vendor, error);
  }
  return new AppError("internal", `The answer of ${vendor.label} could not be read. Try again.`, {
    cause: summary(error, vendor),
  });
}

/** An error that a provider reports in an event of its own, such as `response.failed`. */
export function reported(vendor: Vendor, kinds: readonly string[], message: unknown): AppError {
  return fromRow(vendor, { kinds, at: "", said: quoted(message, vendor), when: " in a moment" }, {});
}

/** No connection, or one that broke before the first byte. */
export function unreachable(vendor: Vendor, cause: unknown): AppError {
  const kept = { cause: summary(cause, vendor) };
  if (/redirect/i.test(kept.cause.message)) {
    return new AppError(
      "provider_protocol",
      `${vendor.label} redirected us, which is refused so that nobody else is sent the conversation. ` +
        `Set ${vendor.urlVariable} to where it leads.`,
      kept,
    );
  }
  return new AppError(
    "provider_unreachable",
    `Cannot reach ${vendor.label} at ${
      hostOf(vendor)
    }. Check the network and ${vendor.urlVariable}, then try again.`,
    kept,
  );
}

/** The stream stopped without its terminal event, with or without an error. */
export function cutOff(vendor: Vendor, cause?: unknown): AppError {
  return new AppError(
    "provider_truncated",
    `${vendor.label} closed the connection before its answer was finished. Try again.`,
    cause === undefined ? {} : { cause: summary(cause, vendor) },
  );
}

interface ErrorReply extends Error {
  status?: number;
  headers?: Headers;
  error?: unknown;
  code?: unknown;
  type?: unknown;
  requestID?: unknown;
}

/** The errors of both SDKs have these members, and no other error does. */
function isReply(error: unknown): error is ErrorReply {
  return error instanceof Error && "status" in error && "headers" in error && "error" in error;
}

function fromReply(error: ErrorReply, vendor: Vendor, nowMs: number): AppError {
  const { status, headers } = error;
  const waitMs = headers === undefined ? undefined : retryAfterMs(headers, nowMs);
  const inner = (error.error as { error?: { type?: unknown; code?: unknown } } | undefined)?.error;
  const kinds = [error.type, error.code, inner?.type, inner?.code].filter((kind) => typeof kind === "string");
  const reply: Reply = {
    ...(status === undefined ? {} : { status }),
    kinds,
    at: status === undefined ? "" : ` (${status})`,
    said: quoted(messageIn(error.error), vendor),
    when: waitMs === undefined ? " in a moment" : ` in ${Math.ceil(waitMs / 1000)} s`,
  };
  const asked = headers?.get("x-should-retry");
  return fromRow(vendor, reply, {
    cause: summary(error, vendor),
    extra: {
      ...(typeof error.requestID === "string"
        ? { providerRequestId: clean(error.requestID, vendor, 100) }
        : {}),
      ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
      ...(asked === "true" || asked === "false" ? { retryable: asked === "true" } : {}),
    },
  });
}

function fromRow(
  vendor: Vendor,
  reply: Reply,
  { cause, extra }: { cause?: Error; extra?: Record<string, unknown> },
): AppError {
  const { status, kinds } = reply;
  // Total: the last row takes every status, and stands in for an event of a kind that no row knows.
  const row = ROWS.find((row) => row.kinds?.some((kind) => kinds.includes(kind))) ??
    ROWS.find((row) => status !== undefined && row.statuses?.(status)) ?? ROWS[ROWS.length - 1]!;
  return new AppError(row.code, row.say(vendor, reply), {
    ...(cause === undefined ? {} : { cause }),
    extra: { ...(row.retryable === undefined ? {} : { retryable: row.retryable }), ...extra },
  });
}

function quoted(message: unknown, vendor: Vendor): string {
  const line = clean(message, vendor).replace(/[.\s]+$/, "");
  return line === "" ? "" : `: ${line}`;
}

/** An error for the log, made anew: the original's message may hold the key, and its members whole pages. */
function summary(error: unknown, vendor: Vendor): Error {
  const message = error instanceof Error ? error.message : String(error);
  const kept = new Error(clean(message, vendor, 400) || "(a web page)");
  kept.name = error instanceof Error ? error.constructor.name : "Thrown";
  return kept;
}

/** The class names of an error, own first. The SDKs' are told by these, since loading them to ask costs 65 ms. */
function ancestry(error: unknown): string[] {
  const names: string[] = [];
  for (let at = error; at instanceof Error && names.length < 8; at = Object.getPrototypeOf(at)) {
    names.push(at.constructor.name);
  }
  return names;
}
