// The words of an answer, and what stands between them.
import { choice, chunk, event } from "../support/fake_provider/wire_formats.ts";
import { contract, each, ends } from "./contract.ts";
import { bytes, end, eof, ping, raw, say, seen, start } from "./steps.ts";

contract([
  {
    what: "M1: an answer is its text, byte for byte, and one end",
    wire: [say("Good", " day", "\r\n\n", "data: [DONE]", "\u2028", "</script>", "\0", "é", "🚀"), end()],
    out: ends("Good day\r\n\ndata: [DONE]\u2028</script>\0é🚀"),
  },
  {
    what: "the provider that closes by itself after its last event has ended",
    wire: [say("All"), end(), eof],
    out: ends("All"),
  },
  {
    what: "A3: a surrogate pair split between two deltas arrives whole",
    wire: [say("a\ud83d", "\ude80", "\ud83d", "\ude80b"), end()],
    out: ends("a🚀🚀b"),
  },
  {
    what: "a character whose bytes arrive apart is whole",
    by: "notes",
    // A comment marks what has been read; no format minds one within an event's lines.
    wire: each({
      openai: [
        start,
        ...apart(
          'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"',
          '"}',
        ),
      ],
      anthropic: [
        start,
        ...apart(
          'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"',
          '"}}',
        ),
      ],
      compatible: [start, ...apart('data: {"choices":[{"index":0,"delta":{"content":"', '"}}]}')],
    }),
    out: ends("é"),
  },
  {
    what: "pings and comments say nothing",
    wire: [ping, say("Good"), ping, raw(": a comment\n\n", ":\n\n"), say(" day"), ping, end()],
    out: ends("Good day"),
  },
  {
    what: "an event of a kind that nobody knows yet says nothing",
    wire: each({
      openai: [
        say("Good"),
        raw(event("response.brand_new.delta", { delta: "no" }), event("brand_new", { text: "no" })),
        say(" day"),
        end(),
      ],
      anthropic: [
        say("Good"),
        raw(
          event("brand_new", { delta: { type: "text_delta", text: "no" } }),
          event("content_block_start", { index: 7, content_block: { type: "brand_new", text: "no" } }),
          event("content_block_delta", { index: 7, delta: { type: "brand_new_delta", text: "no" } }),
          event("content_block_stop", { index: 7 }),
        ),
        say(" day"),
        end(),
      ],
      compatible: [
        say("Good"),
        raw(
          event("brand_new", { text: "no" }),
          chunk({ choices: [], brand_new: "no" }),
          choice({ brand_new: "no", tool_calls: null, audio: { transcript: "no" } }),
        ),
        say(" day"),
        end(),
      ],
    }),
    out: ends("Good day"),
  },
  {
    what: "an event that is JSON and no object says nothing",
    wire: [
      say("Good"),
      raw(...["null", "7", '"text"', "[]", "true"].map((json) => `data: ${json}\n\n`)),
      say(" day"),
      end(),
    ],
    out: ends("Good day"),
  },
  {
    what: "an event that lacks what it should have says nothing",
    wire: each({
      openai: [
        say("Good"),
        raw(
          event("response.output_text.delta", {}),
          event("response.output_text.delta", { delta: null }),
          event("response.output_text.delta", { delta: { text: "no" } }),
          event("response.reasoning_summary_text.delta", {}),
          event("response.reasoning_summary_part.added", {}),
          event("response.refusal.delta", {}),
          event("response.in_progress", {}),
          event("response.in_progress", { response: null }),
          event("response.in_progress", { response: {} }),
        ),
        say(" day"),
        end(),
      ],
      anthropic: [
        raw(event("message_start", {}), event("message_start", { message: null })),
        say("Good"),
        raw(
          event("content_block_delta", { index: 0 }),
          event("content_block_delta", { index: 0, delta: null }),
          event("content_block_delta", { index: 0, delta: { type: "text_delta" } }),
          event("content_block_delta", { index: 0, delta: { type: "thinking_delta", thinking: null } }),
          event("message_delta", {}),
          event("message_delta", { delta: null, usage: null }),
        ),
        say(" day"),
        end(),
      ],
      compatible: [
        say("Good"),
        raw(
          chunk({}),
          chunk({ choices: null }),
          chunk({ choices: [] }),
          chunk({ choices: [null] }),
          chunk({ choices: [{}] }),
          choice(null),
          choice({ content: null, reasoning_content: 7, refusal: {} }),
          chunk({ choices: [], usage: null }),
        ),
        say(" day"),
        end(),
      ],
    }),
    out: ends("Good day"),
  },
]);

/** The bytes of é in two pieces, of which the second leaves when the first has been read. */
function apart(before: string, after: string) {
  return [
    raw(`: mark\n${before}`),
    bytes(0xc3),
    seen("mark"),
    seen("\ufffd"), // how half a character reads
    bytes(0xa9),
    raw(`${after}\n\n`),
    end(),
  ];
}
