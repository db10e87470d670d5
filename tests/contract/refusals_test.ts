// A provider that does not begin to answer: errors, pages, redirects, and how long it asks us to wait.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { recourse } from "@/lib/models/failure.ts";
import { ADAPTERS } from "../support/adapters.ts";
import { FakeClock } from "../support/clock.ts";
import { startFakeProvider } from "../support/fake_provider/mod.ts";
import { call, errorOf } from "../support/hearing.ts";
import { contract, each, ends, fails, HTML, type Row, type Step, watched } from "./contract.ts";
import { again, answered, cut, end, headers, raw, redirect, refuse, respond, say, silence } from "./steps.ts";

/** Each is the whole response, and its error. */
const STATUSES = [
  [400, "invalid_request_error", "provider_rejected", false],
  [400, "context_length_exceeded", "provider_rejected", false],
  [401, "authentication_error", "provider_auth", false],
  [402, "insufficient_credits", "provider_rate_limit", false],
  [403, "permission_error", "provider_auth", false],
  [404, "not_found_error", "provider_rejected", false],
  [408, "timeout", "provider_failed", true],
  [409, "conflict", "provider_failed", true],
  [413, "request_too_large", "provider_rejected", false],
  [418, "teapot", "provider_rejected", false],
  [422, "invalid_request_error", "provider_rejected", false],
  [429, "rate_limit_error", "provider_rate_limit", true],
  [429, "insufficient_quota", "provider_rate_limit", false],
  [500, "api_error", "provider_failed", true],
  [502, "bad_gateway", "provider_failed", true],
  [503, "unavailable", "provider_overloaded", true],
  [504, "timeout", "provider_failed", true],
  [529, "overloaded_error", "provider_overloaded", true],
  // A proxy's own word for it says nothing, and the status all.
  [401, "tea_time", "provider_auth", false],
  [402, "tea_time", "provider_rate_limit", false],
  [403, "tea_time", "provider_auth", false],
  [404, "tea_time", "provider_rejected", false],
  [413, "tea_time", "provider_rejected", false],
  [429, "tea_time", "provider_rate_limit", true],
  [500, "tea_time", "provider_failed", true],
  [529, "tea_time", "provider_overloaded", true],
] as const;

/** What is answered to a request, and to the second one of a compatible server, which may mean `stream_options` by it. */
function refusing(status: number, refusal: Step): Row["wire"] {
  const asksAgain = status === 400 || status === 422;
  return each({ others: [refusal], compatible: asksAgain ? [refusal, again, refusal] : [refusal] });
}

function asked(status: number) {
  return status === 400 || status === 422 ? { asked: ["answer", "answer"] as const } : {};
}

contract(STATUSES.map(([status, type, code, retry]) => {
  const out = { retry, says: new RegExp(`\\(${status}\\)`) };
  return {
    what: `${status} ${type}`,
    wire: refusing(status, refuse(status, type)),
    out: each({ others: fails(code, out), compatible: fails(code, { ...out, ...asked(status) }) }),
  };
}));

contract([
  {
    what: "a refused key names the variable to set",
    wire: [refuse(401, "authentication_error")],
    out: each({
      openai: fails("provider_auth", { retry: false, says: /OPENAI_API_KEY/ }),
      anthropic: fails("provider_auth", { retry: false, says: /ANTHROPIC_API_KEY/ }),
      compatible: fails("provider_auth", { retry: false, says: /COMPATIBLE_API_KEY/ }),
    }),
  },
  {
    what: "what the provider rejected is told in its own words, one line of them",
    wire: refusing(400, refuse(400, "invalid_request_error")),
    out: each({
      others: fails("provider_rejected", {
        retry: false,
        says: /\(400\): Because of this\. The key \[key\] is /,
      }),
      compatible: fails("provider_rejected", { retry: false, says: /: Because of this\./, ...asked(400) }),
    }),
  },
  {
    what: "a model or an address that the provider does not know is told as such, with the variable to check",
    wire: [refuse(404, "tea_time")],
    out: fails("provider_rejected", { retry: false, says: /know this model or address \(404\).*_BASE_URL/ }),
  },
  {
    what: "a conversation that is too long is told as such",
    wire: [refuse(413, "tea_time")],
    out: fails("provider_rejected", { retry: false, says: /too long for this model \(413\)/ }),
  },
  {
    what: "the vendor's name of the request is kept",
    wire: [refuse(500, "api_error", { "x-request-id": "req_9", "request-id": "req_9" })],
    out: fails("provider_failed", { retry: true, requestId: "req_9" }),
  },
  {
    what: "a provider that knows better whether to try again is believed: no",
    wire: [refuse(429, "rate_limit_error", { "x-should-retry": "false" })],
    out: fails("provider_rate_limit", { retry: false }),
  },
  {
    what: "a provider that knows better whether to try again is believed: yes",
    wire: [refuse(401, "authentication_error", { "x-should-retry": "true" })],
    out: fails("provider_auth", { retry: true }),
  },
]);

/** The clock stands at midnight before Sunday, 15 November 2026. */
const WAITS: readonly [headers: Record<string, string>, retryAfterMs: number | undefined, says: RegExp][] = [
  [{}, undefined, /again in a moment/],
  [{ "retry-after": "7" }, 7000, /again in 7 s/],
  [{ "retry-after": "0" }, 0, /again in 0 s/],
  [{ "retry-after": "1.5" }, 1500, /again in 2 s/],
  [{ "retry-after-ms": "250" }, 250, /again in 1 s/],
  [{ "retry-after-ms": "250", "retry-after": "7" }, 250, /again in 1 s/],
  [{ "retry-after": "Sun, 15 Nov 2026 00:00:09 GMT" }, 9000, /again in 9 s/],
  [{ "retry-after": "Sat, 14 Nov 2026 23:59:00 GMT" }, undefined, /in a moment/],
  [{ "retry-after": "-5" }, undefined, /in a moment/],
  [{ "retry-after": "1e9" }, 60_000, /in 60 s/],
  [{ "retry-after": "soon" }, undefined, /in a moment/],
];

contract(WAITS.flatMap(([headers, retryAfterMs, says]) => [
  {
    what: `429 with ${JSON.stringify(headers)}`,
    wire: [refuse(429, "rate_limit_error", headers)],
    out: fails("provider_rate_limit", { retry: true, retryAfterMs, says }),
  },
]));

contract([
  {
    what: "an overloaded provider's wait is kept too",
    wire: [refuse(529, "overloaded_error", { "retry-after": "7" })],
    out: fails("provider_overloaded", { retry: true, retryAfterMs: 7000, says: /in 7 s/ }),
  },
  {
    what: "a megabyte of HTML with 502 leaves no trace of itself",
    wire: [respond(502, "text/html", HTML)],
    out: fails("provider_failed", { retry: true, says: /\(502\)/ }),
  },
  {
    what: "a page that says it is JSON leaves no trace of itself",
    wire: [respond(500, "application/json", HTML)],
    out: fails("provider_failed", { retry: true }),
  },
  {
    what: "an error whose body breaks off is told by its status",
    wire: [headers(503, "application/json"), raw(`{"error": {"message": "Beca`), cut],
    out: fails("provider_overloaded", { retry: true }),
  },
  {
    what: "an error whose body never comes is given up",
    wire: [headers(503, "application/json"), answered, silence("firstByteMs")],
    out: fails("timeout_first_byte", { retry: true }),
  },
  {
    what: "200 with a page is not an answer, and not an empty one",
    wire: [respond(200, "text/html; charset=utf-8", HTML)],
    out: fails("provider_protocol", { retry: false, says: /a web page.*_BASE_URL/ }),
  },
  {
    what: "200 with JSON is not an answer, and not an empty one",
    wire: [respond(200, "application/json", `{"error":{"message":"no"}}`)],
    out: fails("provider_protocol", { retry: false, says: /plain JSON.*_BASE_URL/ }),
  },
  {
    what: "204 is not an answer, and not an empty one",
    wire: [respond(204, "text/event-stream")],
    out: fails("provider_protocol", { retry: false, says: /_BASE_URL/ }),
  },
  {
    what: "a stream under a type of its own is one",
    wire: [headers(200, "application/octet-stream"), say("All"), end()],
    out: ends("All"),
  },
  ...[301, 302, 303, 307, 308].map((status): Row => ({
    what: `${status} to another origin is refused, so that nobody else is sent the conversation`,
    wire: [redirect(status)],
    out: fails("provider_protocol", { retry: false, says: /redirect.*_BASE_URL/ }),
  })),
]);

for (const { name, api, urlVariable, make } of ADAPTERS) {
  watched(`where nobody listens, the host and the variable are named (${name})`, async () => {
    const fake = startFakeProvider();
    await fake.close();
    const error = errorOf(await call(make({ baseURL: fake.baseURL(api), clock: new FakeClock() })));
    assertEquals([error.code, recourse(error).again], ["provider_unreachable", true]);
    assertStringIncludes(error.message, new URL(fake.url).host);
    assertStringIncludes(error.message, urlVariable);
  });
}
