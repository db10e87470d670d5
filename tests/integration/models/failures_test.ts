// What the adapters make of a provider that fails, in every way we have seen.
import { assert, assertEquals, assertNotMatch, assertStringIncludes } from "@std/assert";
import { causes, type ErrorCode } from "@/lib/core/errors.ts";
import { retryable } from "@/lib/models/failure.ts";
import { type Exchange, startFakeProvider } from "../../support/fake_provider/mod.ts";
import { CAN_RESET, ResettingRelay } from "../../support/fake_provider/reset.ts";
import { call, errorOf, forEachVendor, hear, KEY, nextText, REQUEST, soon } from "./vendors.ts";

const HTML = `<!DOCTYPE html><html><head><title>502</title></head><body>${
  "<p>Bad gateway</p>".repeat(60_000)
}</body></html>`;

/** Each is done to a stream that has sent one token. */
const MID_STREAM: readonly {
  what: string;
  act(exchange: Exchange): Promise<void>;
  code: ErrorCode;
  retry: boolean;
}[] = [
  {
    what: "M1: a clean end of file without the terminal event",
    act: (x) => x.eof(),
    code: "provider_truncated",
    retry: true,
  },
  { what: "a connection cut in mid-body", act: (x) => x.cut(), code: "provider_truncated", retry: true },
  {
    what: "`[DONE]` without a terminal event",
    act: (x) => x.raw("data: [DONE]\n\n").then(() => x.eof()),
    code: "provider_truncated",
    retry: true,
  },
  {
    what: "an overloaded event",
    act: (x) => x.error("overloaded_error"),
    code: "provider_overloaded",
    retry: true,
  },
  {
    what: "a rate limit event",
    act: (x) => x.error("rate_limit_exceeded"),
    code: "provider_rate_limit",
    retry: true,
  },
  {
    what: "an event of an unknown error",
    act: (x) => x.error("vector_store_timeout", "Boom"),
    code: "provider_failed",
    retry: true,
  },
  {
    what: "an event of a rejected prompt",
    act: (x) => x.error("invalid_prompt", "No"),
    code: "provider_rejected",
    retry: false,
  },
  {
    what: "malformed JSON",
    act: (x) => x.raw(`event: message_delta\ndata: {"type": "message_delta", "de\n\n`).then(() => x.end()),
    code: "provider_protocol",
    retry: false,
  },
];
for (const { what, act, code, retry } of MID_STREAM) {
  forEachVendor(`${what} is ${code}, and the text before it arrived`, async ({ fake, provider }) => {
    const heard = call(provider);
    const exchange = await fake.next();
    await exchange.send("Half");
    await act(exchange);
    const result = await heard;
    const error = errorOf(result);
    assertEquals([result.text, error.code, retryable(error)], ["Half", code, retry]);
  });
}

forEachVendor("a TCP reset in mid-body is provider_truncated", async ({ api, fake, make, clock }) => {
  await using relay = await ResettingRelay.start(fake.url);
  const provider = make({ baseURL: relay.through(fake.baseURL(api)), clock });
  const stream = provider.stream(REQUEST, new AbortController().signal)[Symbol.asyncIterator]();
  const first = nextText(stream);
  const exchange = await fake.next();
  await exchange.send("Half");
  assertEquals(await first, "Half");
  const rest = hear({ [Symbol.asyncIterator]: () => stream });
  relay.reset();
  assertEquals(errorOf(await rest).code, "provider_truncated");
}, { ignore: !CAN_RESET });

/** Each is the whole answer. */
const ANSWERS: readonly { status: number; type: string; code: ErrorCode; retry: boolean }[] = [
  { status: 400, type: "invalid_request_error", code: "provider_rejected", retry: false },
  { status: 400, type: "context_length_exceeded", code: "provider_rejected", retry: false },
  { status: 401, type: "authentication_error", code: "provider_auth", retry: false },
  { status: 403, type: "permission_error", code: "provider_auth", retry: false },
  { status: 404, type: "not_found_error", code: "provider_rejected", retry: false },
  { status: 408, type: "timeout", code: "provider_failed", retry: true },
  { status: 409, type: "conflict", code: "provider_failed", retry: true },
  { status: 413, type: "request_too_large", code: "provider_rejected", retry: false },
  { status: 418, type: "teapot", code: "provider_rejected", retry: false },
  { status: 429, type: "rate_limit_error", code: "provider_rate_limit", retry: true },
  { status: 429, type: "insufficient_quota", code: "provider_rate_limit", retry: false },
  { status: 500, type: "api_error", code: "provider_failed", retry: true },
  { status: 503, type: "unavailable", code: "provider_overloaded", retry: true },
  { status: 529, type: "overloaded_error", code: "provider_overloaded", retry: true },
];
for (const { status, type, code, retry } of ANSWERS) {
  forEachVendor(`${status} ${type} is ${code}`, async ({ api, fake, provider }) => {
    const heard = call(provider);
    // A compatible server may mean the option `stream_options` by its 400, so it is asked again without.
    if (api === "chat" && status === 400) await (await fake.next()).refuse(status, type, "The first time");
    await (await fake.next()).refuse(status, type, "Because of this.", {
      "x-request-id": "req_9",
      "request-id": "req_9",
    });
    const error = errorOf(await heard);
    assertEquals([error.code, retryable(error), error.extra.providerRequestId], [code, retry, "req_9"]);
    assertStringIncludes(error.message, `(${status})`);
    if (type === "invalid_request_error") assertStringIncludes(error.message, "Because of this");
  });
}

forEachVendor(
  "the wait that a provider asks for is kept, and x-should-retry obeyed",
  async ({ fake, provider }) => {
    const heard = call(provider);
    await (await fake.next()).refuse(429, "rate_limit_error", "Slow down", {
      "retry-after": "7",
      "x-should-retry": "false",
    });
    const error = errorOf(await heard);
    assertEquals([error.extra.retryAfterMs, retryable(error)], [7000, false]);
    assertStringIncludes(error.message, "in 7 s");
  },
);

forEachVendor(
  "a wrong key names the variable to fix, and is shown to nobody",
  async ({ fake, provider, keyVariable }) => {
    for (const status of [401, 400, 500]) {
      const said = `Incorrect API key provided: ${KEY}. <b>See</b> your account.`;
      const heard = call(provider);
      let exchange = await fake.next();
      await exchange.refuse(status, "some_error", said);
      if (exchange.api === "chat" && status === 400) {
        exchange = await fake.next();
        await exchange.refuse(status, "some_error", said);
      }
      const error = errorOf(await heard);
      if (status === 401) assertStringIncludes(error.message, keyVariable);
      const everything = [error.message, causes(error), JSON.stringify(error.extra), Deno.inspect(error)]
        .join("\n");
      assertNotMatch(everything, /recognisable|0123456789/);
      assertNotMatch(error.message, /</);
    }
  },
);

forEachVendor(
  "a megabyte of HTML with an error status leaves no trace of itself",
  async ({ fake, provider }) => {
    const heard = call(provider);
    await (await fake.next()).respond(502, { "content-type": "text/html" }, HTML);
    const error = errorOf(await heard);
    assertEquals(error.code, "provider_failed");
    assertNotMatch(`${error.message} ${causes(error)}`, /<\w|<!|gateway|DOCTYPE/i);
    assert(Deno.inspect(error).length < 5000);
  },
);

for (
  const [type, body] of [["text/html; charset=utf-8", HTML], ["application/json", `{"error":"no"}`]] as const
) {
  forEachVendor(`200 with ${type} is provider_protocol, not an empty answer`, async ({ fake, provider }) => {
    const heard = call(provider);
    await (await fake.next()).respond(200, { "content-type": type }, body);
    const error = errorOf(await heard);
    assertEquals([error.code, retryable(error)], ["provider_protocol", false]);
  });
}

forEachVendor(
  "a redirect is not followed, so no other origin is sent the conversation",
  async ({ api, fake, provider }) => {
    await using other = startFakeProvider({ auto: { tokens: 3 } });
    const heard = call(provider);
    await (await fake.next()).respond(307, { location: `${other.baseURL(api)}/elsewhere` });
    const error = errorOf(await heard);
    assertEquals([error.code, other.exchanges.length], ["provider_protocol", 0]);
    assertStringIncludes(error.message, "_BASE_URL");
  },
);

forEachVendor(
  "a connection that is refused is provider_unreachable, and names the host",
  async ({ fake, provider }) => {
    const { host } = new URL(fake.url);
    await fake.close();
    const error = errorOf(await call(provider));
    assertEquals([error.code, retryable(error)], ["provider_unreachable", true]);
    assertStringIncludes(error.message, host);
  },
);

forEachVendor(
  "a connection that breaks before the headers is provider_unreachable",
  async ({ fake, provider }) => {
    const heard = call(provider);
    await (await fake.next()).cut();
    assertEquals(errorOf(await heard).code, "provider_unreachable");
  },
);

forEachVendor("a line without an end is refused before it fills the memory", async ({ fake, provider }) => {
  const heard = call(provider);
  const exchange = await fake.next();
  await exchange.send("x");
  for (let i = 0; i < 12 && !exchange.over; i++) await exchange.raw("y".repeat(1024 * 1024));
  assertEquals(errorOf(await heard).code, "answer_too_long");
  await soon(exchange.closed);
});
