// What an answer costs, in tokens of one meaning.
import { choice, chunk, event } from "../support/fake_provider/wire_formats.ts";
import { absent, contract, each, ends, fails } from "./contract.ts";
import { costs, end, eof, raw, say } from "./steps.ts";

const COUNTED = { inputTokens: 1210, outputTokens: 50, cachedInputTokens: 1000, reasoningTokens: 30 };

contract([
  {
    what: "usage is the vendor's count",
    wire: [costs({ fresh: 7, output: 5 }), say("x"), end()],
    out: ends("x", { usage: { inputTokens: 7, outputTokens: 5 } }),
  },
  {
    what: "the input includes what was cached, whether the vendor counts it in or beside",
    wire: [costs({ fresh: 10, cached: 1000, written: 200, output: 50, reasoning: 30 }), say("x"), end()],
    out: ends("x", { usage: { ...COUNTED, cacheWriteTokens: 200 } }),
  },
  {
    what: "what a vendor does not count is left out, and is not 0",
    wire: [costs({ fresh: 210, cached: 1000, output: 50, reasoning: 30 }), say("x"), end()],
    out: ends("x", { usage: COUNTED }),
  },
  {
    what: "counts that are none are not counted",
    wire: each({
      openai: [
        say("x"),
        raw(event("response.completed", {
          response: {
            id: "resp_1",
            usage: { input_tokens: -1, output_tokens: "5", input_tokens_details: null },
          },
        })),
      ],
      anthropic: [
        say("x"),
        raw(event("message_delta", {
          delta: { stop_reason: "end_turn" },
          usage: { input_tokens: -1, output_tokens: "5", cache_read_input_tokens: NaN },
        })),
        end(),
      ],
      compatible: [
        say("x"),
        raw(
          choice({}, "stop"),
          chunk({
            choices: [],
            usage: { prompt_tokens: -1, completion_tokens: "5", prompt_tokens_details: null },
          }),
          "data: [DONE]\n\n",
        ),
      ],
    }),
    out: each({
      others: ends("x", { usage: { inputTokens: 0, outputTokens: 0 } }),
      anthropic: ends("x", { usage: { inputTokens: 0, outputTokens: 20 } }),
    }),
  },
  {
    what: "an answer without a count is an answer",
    wire: each({
      openai: [say("x"), raw(event("response.completed", { response: { id: "resp_1" } }))],
      anthropic: absent("its count opens the answer"),
      compatible: [raw(choice({ content: "x" }, "stop"), "data: [DONE]\n\n")],
    }),
    out: ends("x", { usage: null }),
  },
  {
    what: "a terminal event that lacks all it should have is an end",
    wire: each({
      openai: [say("x"), raw(event("response.completed", {}))],
      anthropic: [
        raw(
          event("content_block_delta", { delta: { type: "text_delta", text: "x" } }),
          event("message_stop", {}),
        ),
      ],
      compatible: [raw(choice({ content: "x" }, "stop")), eof],
    }),
    out: ends("x", { usage: null }),
  },
  {
    what: "what an answer cost is told however it ends",
    wire: [costs({ fresh: 7, output: 5 }), say("Half"), end("refusal")],
    out: fails("provider_refused", {
      retry: false,
      text: "Half",
      usage: { inputTokens: 7, outputTokens: 5 },
    }),
  },
]);
