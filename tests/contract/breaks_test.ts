// A stream that begins well and breaks.
import type { ErrorCode } from "@/lib/core/errors.ts";
import { choice, event } from "../support/fake_provider/wire_formats.ts";
import { absent, contract, each, ends, fails, type Outcome, WORDS } from "./contract.ts";
import { cut, end, eof, flood, heard, raw, reset, say, start, trouble } from "./steps.ts";

/** What OpenAI goes on writing is read on: nothing was lost but a connection. */
const READ_ON = { asked: ["answer", "rest"] } as const;

/** What nobody can read, OpenAI is to write no further. */
function unreadable(code: ErrorCode, text?: Outcome["text"]) {
  return each({
    others: fails(code, { retry: false, text }),
    background: fails(code, { retry: false, text, asked: ["answer", "cancel"] }),
  });
}

contract([
  {
    what: "M1: a clean end of the body without the terminal event is no end",
    wire: each({ others: [say("Half"), eof], background: [say("Half"), eof, say(" done"), end()] }),
    out: each({
      others: fails("provider_truncated", { retry: true, text: "Half" }),
      background: ends("Half done", READ_ON),
    }),
  },
  {
    what: "M1: a clean end of the body before the first word is no end",
    wire: each({ others: [start, eof], background: [start, eof, say("All"), end()] }),
    out: each({ others: fails("provider_truncated", { retry: true }), background: ends("All", READ_ON) }),
  },
  {
    what: "M1: a stream without one event is no answer",
    wire: [raw(": hello\n\n"), eof],
    out: fails("provider_truncated", { retry: true }),
  },
  {
    what: "a connection cut in mid-body was cut off",
    wire: each({ others: [say("Half"), cut], background: [say("Half"), cut, say(" done"), end()] }),
    out: each({
      others: fails("provider_truncated", { retry: true, text: "Half" }),
      background: ends("Half done", READ_ON),
    }),
  },
  {
    what: "a connection cut before the first word was cut off",
    wire: each({ others: [start, cut], background: [start, cut, say("All"), end()] }),
    out: each({ others: fails("provider_truncated", { retry: true }), background: ends("All", READ_ON) }),
  },
  {
    what: "A4: a connection that breaks before its answer fails was cut off",
    wire: each({
      background: [say("Half"), cut, trouble("server_error")],
      others: absent("nothing is read on"),
    }),
    out: fails("provider_truncated", { retry: true, text: "Half", ...READ_ON }),
  },
  {
    what: "a connection cut before the headers never was",
    wire: [cut],
    out: fails("provider_unreachable", { retry: true, says: /127\.0\.0\.1:\d+.*_BASE_URL/ }),
  },
  {
    what: "a TCP reset in mid-body was cut off",
    by: "relay",
    wire: each({
      others: [say("Half"), heard("Half"), reset],
      background: [say("Half"), heard("Half"), reset, say(" done"), end()],
    }),
    out: each({
      others: fails("provider_truncated", { retry: true, text: "Half" }),
      background: ends("Half done", READ_ON),
    }),
  },
  {
    what: "a TCP reset before the headers is a provider that cannot be reached",
    by: "relay",
    wire: [reset],
    out: fails("provider_unreachable", { retry: true }),
  },
  {
    what: "`[DONE]` without a terminal event proves nothing",
    wire: each({
      others: [say("Half"), raw("data: [DONE]\n\n")],
      background: [say("Half"), raw("data: [DONE]\n\n"), say(" done"), end()],
    }),
    out: each({
      others: fails("provider_truncated", { retry: true, text: "Half" }),
      background: ends("Half done", READ_ON),
    }),
  },
  {
    what: "an event that is not JSON is no answer, and the words before it stay",
    wire: [say("Half"), raw(`event: message_delta\ndata: {"type": "message_delta", "de\n\n`), end()],
    out: unreadable("provider_protocol", "Half"),
  },
  {
    what: "a page in place of an event is no answer",
    wire: [start, raw(`data: <html><body>The page says so</body></html>\n\n`)],
    out: unreadable("provider_protocol"),
  },
  {
    what: "a line without an end is refused before it fills the memory",
    wire: [say("Half"), raw("data: "), flood("y".repeat(1024 * 1024), 12)],
    out: unreadable("answer_too_long", "Half"),
  },
  {
    what: "a million deltas of one character are refused before they fill the memory",
    wire: each({
      openai: [start, flood(event("response.output_text.delta", { delta: "x" }).repeat(1000), 1000)],
      anthropic: [
        start,
        flood(
          event("content_block_delta", { index: 0, delta: { type: "text_delta", text: "x" } }).repeat(1000),
          1000,
        ),
      ],
      compatible: [start, flood(choice({ content: "x" }).repeat(1000), 1000)],
    }),
    out: unreadable("answer_too_long", /^x{100000,900000}$/),
  },
]);

contract(([
  ["overloaded_error", "provider_overloaded", true],
  ["rate_limit_exceeded", "provider_rate_limit", true],
  ["server_error", "provider_failed", true],
  ["insufficient_quota", "provider_rate_limit", false],
  ["authentication_error", "provider_auth", false],
  ["context_length_exceeded", "provider_rejected", false],
  ["invalid_prompt", "provider_rejected", false],
  ["content_policy_violation", "provider_refused", false],
  ["vector_store_timeout", "provider_failed", true],
] as const).flatMap(([type, code, retry]) => [
  {
    what: `the event "${type}" after a word`,
    wire: [say("Half"), trouble(type)],
    out: fails(code, { retry, text: "Half" }),
  },
  {
    what: `the event "${type}" before the first word`,
    wire: [start, trouble(type)],
    out: fails(code, { retry }),
  },
]));

contract([
  {
    what: "an error in another of the vendor's forms is one too",
    wire: each({
      openai: [
        say("Half"),
        raw(event("error", { code: "rate_limit_exceeded", message: WORDS, param: null, sequence_number: 9 })),
        trouble("server_error"), // as OpenAI sends it: the first tells
      ],
      anthropic: [
        say("Half"),
        raw(`event: error\ndata: ${JSON.stringify({ type: "rate_limit_error", message: WORDS })}\n\n`),
      ],
      compatible: [
        say("Half"),
        raw(`event: error\ndata: ${JSON.stringify({ code: "rate_limit_exceeded", message: WORDS })}\n\n`),
      ],
    }),
    out: fails("provider_rate_limit", { retry: true, text: "Half" }),
  },
  {
    what: "an error whose members are not what they should be is one too",
    wire: each({
      openai: [
        say("Half"),
        raw(event("response.failed", { response: { error: { code: 7, message: { no: "text" } } } })),
      ],
      anthropic: [say("Half"), raw(event("error", { error: { type: 7, message: { no: "text" } } }))],
      compatible: [
        say("Half"),
        raw(`data: ${JSON.stringify({ error: { code: 7, message: { no: "text" } } })}\n\n`),
      ],
    }),
    out: fails("provider_failed", { retry: true, text: "Half" }),
  },
  {
    what: "an error without a member is one too",
    wire: each({
      openai: [say("Half"), raw(event("response.failed", {}))],
      anthropic: [say("Half"), raw(event("error", {}))],
      compatible: [say("Half"), raw(`event: error\ndata: {}\n\n`)],
    }),
    out: fails("provider_failed", { retry: true, text: "Half" }),
  },
  {
    what: "an error that is only a sentence is one too",
    wire: each({
      compatible: [say("Half"), raw(`data: ${JSON.stringify({ error: WORDS })}\n\n`)],
      others: absent("their errors have members"),
    }),
    out: fails("provider_failed", { retry: true, text: "Half" }),
  },
  {
    what: "an error beside a choice, as OpenRouter sends it, is one too",
    wire: each({
      compatible: [
        say("Half"),
        raw(
          choice({ content: "" }, "error").replace(
            /^data: \{/,
            `data: {"error":{"code":502,"message":"gone"},`,
          ),
        ),
      ],
      others: absent("they have no choices"),
    }),
    out: fails("provider_failed", { retry: true, text: "Half" }),
  },
]);
