import { assert, assertEquals, assertNotMatch, assertStrictEquals, assertStringIncludes } from "@std/assert";
import * as OpenAI from "openai";
import * as Anthropic from "@anthropic-ai/sdk";
import { AppError, causes, type ErrorCode } from "@/lib/core/errors.ts";
import { failure, recourse, reported } from "@/lib/models/failure.ts";
import { clean, messageIn } from "@/lib/models/said.ts";
import type { Vendor } from "@/lib/models/vendor.ts";

const KEY = "sk-recognisable-0123456789abcdef";
const VENDOR: Vendor = {
  provider: "openai",
  label: "OpenAI",
  keyVariable: "OPENAI_API_KEY",
  urlVariable: "OPENAI_BASE_URL",
  baseURL: "https://someone:secret@api.example.com/v1",
  apiKey: KEY,
};

const THROWN: readonly { what: string; error: unknown; code: ErrorCode; retry: boolean }[] = [
  ...([["openai", OpenAI], ["anthropic", Anthropic]] as const).flatMap(([name, sdk]) => [
    {
      what: `${name} connection`,
      error: new sdk.APIConnectionError({ cause: new TypeError("dns error") }),
      code: "provider_unreachable" as const,
      retry: true,
    },
    {
      what: `${name} timeout`,
      error: new sdk.APIConnectionTimeoutError(),
      code: "timeout_first_byte" as const,
      retry: true,
    },
    {
      what: `${name} abort`,
      error: new sdk.APIUserAbortError(),
      code: "provider_truncated" as const,
      retry: true,
    },
    {
      what: `${name} error event`,
      error: new sdk.APIError(undefined, { message: "?" }, undefined, new Headers()),
      code: "provider_failed" as const,
      retry: true,
    },
    {
      what: `${name} redirect`,
      error: new sdk.APIConnectionError({
        cause: new TypeError("Encountered redirect while redirect mode is set to 'error'"),
      }),
      code: "provider_protocol" as const,
      retry: false,
    },
  ]),
  {
    what: "malformed JSON",
    error: new SyntaxError("Unexpected token"),
    code: "provider_protocol",
    retry: false,
  },
  {
    what: "a body cut off",
    error: new TypeError("error reading a body from connection"),
    code: "provider_truncated",
    retry: true,
  },
  {
    what: "a request not sent",
    error: new TypeError("error sending request for url (https://x)"),
    code: "provider_unreachable",
    retry: true,
  },
  {
    what: "a fault of our own",
    error: new TypeError("undefined is not a function"),
    code: "internal",
    retry: false,
  },
  { what: "no error at all", error: "a string", code: "internal", retry: false },
];
for (const { what, error, code, retry } of THROWN) {
  Deno.test(`${what} is ${code}`, () => {
    const result = failure(error, VENDOR, 0);
    assertEquals([result.code, recourse(result).again], [code, retry]);
  });
}

Deno.test("an error event says by its type what it is, in either SDK's shape", () => {
  const headers = new Headers();
  const shapes = [
    new OpenAI.APIError(undefined, { type: "overloaded_error", message: "x" }, undefined, headers),
    new OpenAI.APIError(undefined, { code: "overloaded_error", message: "x" }, undefined, headers),
    new Anthropic.APIError(
      undefined,
      { type: "error", error: { type: "overloaded_error", message: "x" } },
      undefined,
      headers,
    ),
  ];
  for (const shape of shapes) assertEquals(failure(shape, VENDOR, 0).code, "provider_overloaded");
});

Deno.test("an AppError stays itself", () => {
  const error = new AppError("timeout_idle", "Silence");
  assertStrictEquals(failure(error, VENDOR, 0), error);
  assertEquals(recourse(error).again, true);
  assertEquals(recourse(new AppError("timeout_total", "Too long")).again, false);
  assertEquals(recourse(new Error("timeout_idle")).again, false);
});

Deno.test("F1: a fault that quotes the key is told without it, to people and to the log", () => {
  const quoted = [
    new TypeError(`Invalid header value: "Bearer ${KEY}"`),
    new OpenAI.APIConnectionError({ cause: new TypeError(`error sending ${KEY}`) }),
    new OpenAI.APIError(500, { message: `Oops ${KEY}` }, undefined, new Headers({ "x-request-id": KEY })),
    new OpenAI.APIError(400, { message: `<p>${KEY}</p>`.repeat(100) }, undefined, new Headers()),
  ];
  for (const error of quoted) {
    const told = failure(error, VENDOR, 0);
    assertNotMatch(`${causes(told)} ${Deno.inspect(told)} ${JSON.stringify(told.extra)}`, /recognisable/);
  }
  assertNotMatch(failure(quoted[1], VENDOR, 0).message, /secret/, "nor the password in the address");
});

Deno.test("an event of its own makes a failure too, with a line of what was said", () => {
  const error = reported(VENDOR, ["bio_policy"], "This topic is\nnot allowed.");
  assertEquals([error.code, error.message], [
    "provider_refused",
    "OpenAI declined to answer: This topic is not allowed.",
  ]);
});

Deno.test("clean() makes one short line of anything", () => {
  assertEquals(clean(" a <b>bold</b>\n\tword\0 ", VENDOR), "a bold word");
  assertEquals(clean("<!DOCTYPE html><p>x", VENDOR), "");
  assertEquals(clean("  <html lang=en>x", VENDOR), "");
  const long = clean("x".repeat(10_000), VENDOR);
  assertEquals([long.length, long.at(-1)], [200, "…"]);
  assert(clean(`${"x".repeat(198)}🚀🚀`, VENDOR).isWellFormed());
});

Deno.test("clean() finds a key that is cut off at the end of what it looks at", () => {
  for (let visible = 8; visible <= KEY.length; visible++) {
    const text = `${" ".repeat(4096 - visible)}${KEY}`;
    assertEquals(clean(text, VENDOR), "[key]", `${visible} characters`);
  }
});

Deno.test("messageIn() finds the message in the usual shapes", () => {
  const said = "Because.";
  const SHAPES = [said, { message: said }, { error: said }, { error: { message: said } }, { detail: said }];
  for (const shape of SHAPES) assertEquals(messageIn(shape), said);
  for (const none of [null, undefined, 1, [], {}, { error: null }, { error: { error: { error: said } } }]) {
    assertEquals(messageIn(none), "");
  }
});

Deno.test("a sentence for a person says what to do", () => {
  const error = new OpenAI.APIError(401, { message: "no" }, undefined, new Headers());
  assertStringIncludes(failure(error, VENDOR, 0).message, "Check OPENAI_API_KEY");
});

/** Every row of what the SDKs throw, and what may help then: the same model again, another model, and does it count against it. */
const REMEDIES: [what: string, error: unknown, again: boolean, other: boolean, breaks: boolean][] = [
  ["429", new OpenAI.RateLimitError(429, {}, "", new Headers()), true, true, true],
  ["429 of Anthropic", new Anthropic.RateLimitError(429, {}, "", new Headers()), true, true, true],
  [
    "429, account used up",
    new OpenAI.RateLimitError(429, { code: "insufficient_quota" }, "", new Headers()),
    false,
    true,
    true,
  ],
  ["500", new OpenAI.InternalServerError(500, {}, "", new Headers()), true, true, true],
  ["502 with a page", new OpenAI.InternalServerError(502, {}, "<html>", new Headers()), true, true, true],
  ["529", new Anthropic.InternalServerError(529, {}, "", new Headers()), true, true, true],
  ["400", new Anthropic.BadRequestError(400, {}, "", new Headers()), false, true, false],
  ["401", new OpenAI.AuthenticationError(401, {}, "", new Headers()), false, true, true],
  ["408", new OpenAI.APIError(408, {}, "", new Headers()), true, true, true],
  ["409", new OpenAI.ConflictError(409, {}, "", new Headers()), true, true, true],
  ["no headers in time", new OpenAI.APIConnectionTimeoutError(), true, true, true],
  [
    "reset before headers",
    new OpenAI.APIConnectionError({ cause: new TypeError("reset") }),
    true,
    true,
    true,
  ],
  [
    "an overloaded event",
    new Anthropic.APIError(undefined, { type: "overloaded_error" }, undefined, new Headers()),
    true,
    true,
    true,
  ],
  ["cut in mid-body", new TypeError("error reading a body from connection"), true, true, true],
  ["an event that is no JSON", new SyntaxError("Unexpected token"), false, true, true],
  ["the end before its end", new AppError("provider_truncated", "Cut off."), true, true, true],
  ["a stall", new AppError("timeout_idle", "Silence."), true, true, true],
  ["no first byte", new AppError("timeout_first_byte", "Silence."), true, true, true],
  ["too long in all", new AppError("timeout_total", "Too long."), false, false, false],
  ["a refusal", new AppError("provider_refused", "No."), false, false, false],
  ["no word", new AppError("provider_empty", "Nothing."), true, true, false],
  ["a full context", new AppError("context_full", "Too long."), false, true, false],
  ["a model that is gone", new AppError("unknown_model", "Gone."), false, true, false],
  ["a fault of ours", new Error("undefined is not a function"), false, false, false],
];

for (const [what, error, again, other, breaks] of REMEDIES) {
  Deno.test(`what helps after ${what}`, () => {
    assertEquals(recourse(failure(error, VENDOR, 0)), { again, other, breaks });
  });
}

Deno.test("a provider that says whether to try again, and when, is believed", () => {
  const said = (headers: Record<string, string>) =>
    recourse(failure(new OpenAI.RateLimitError(429, {}, "", new Headers(headers)), VENDOR, 0));
  assertEquals(said({ "x-should-retry": "false", "retry-after": "7" }), {
    again: false,
    other: true,
    breaks: true,
    afterMs: 7_000,
  });
  assertEquals(said({ "retry-after-ms": "1500" }).afterMs, 1_500);
  assertEquals(said({ "retry-after": "1e9" }).afterMs, 60_000);
});
