// What a model thinks before it speaks, and between its words.
import { choice, event } from "../support/fake_provider/wire_formats.ts";
import { absent, contract, each, ends, fails, stops } from "./contract.ts";
import { cancel, end, ping, raw, say, start, think, thought } from "./steps.ts";

contract([
  {
    what: "thoughts are told apart from the answer",
    wire: [think("Hmm, ", "well."), ping, say("Yes."), end()],
    out: ends("Yes.", { reasoning: "Hmm, well." }),
  },
  {
    what: "thoughts between the words stay apart from them",
    wire: [think("a"), say("1"), think("b"), say("2"), end()],
    out: ends("12", { reasoning: "ab" }),
  },
  {
    what: "a surrogate pair split between two thoughts arrives whole, whatever is said between them",
    wire: [think("a\ud83d"), say("x"), think("\ude80b"), end()],
    out: ends("x", { reasoning: "a🚀b" }),
  },
  {
    what: "every form that thoughts have is understood",
    wire: each({
      openai: [
        start,
        raw(
          event("response.reasoning_summary_part.added", { summary_index: 0 }),
          event("response.reasoning_summary_text.delta", { summary_index: 0, delta: "One" }),
          event("response.reasoning_summary_part.added", { summary_index: 1 }),
          event("response.reasoning_summary_text.delta", { summary_index: 1, delta: "two," }),
          event("response.reasoning_text.delta", { content_index: 0, delta: " three" }),
        ),
        say("Yes."),
        end(),
      ],
      anthropic: [
        start,
        raw(
          event("content_block_start", {
            index: 0,
            content_block: { type: "redacted_thinking", data: "c2VjcmV0" },
          }),
          event("content_block_stop", { index: 0 }),
          event("content_block_start", {
            index: 1,
            content_block: { type: "thinking", thinking: "", signature: "" },
          }),
          event("content_block_delta", {
            index: 1,
            delta: { type: "thinking_delta", thinking: "One\n\ntwo, three" },
          }),
          event("content_block_delta", {
            index: 1,
            delta: { type: "signature_delta", signature: "c2lnbmVk" },
          }),
          event("content_block_stop", { index: 1 }),
        ),
        say("Yes."),
        end(),
      ],
      compatible: [
        raw(
          choice({ reasoning: "One" }),
          choice({ reasoning_content: "\n\ntwo,", content: null }),
          choice({ reasoning_content: "", reasoning: " three", content: "" }), // some send both
        ),
        say("Yes."),
        end(),
      ],
    }),
    out: ends("Yes.", { reasoning: "One\n\ntwo, three" }),
  },
  {
    what: "thoughts that a compatible server leaves in the text are none elsewhere",
    wire: [say("\n<th", "ink>\nHmm", ", well.</", "think>", "\n\n", "Yes", " <think>."), end()],
    out: each({
      compatible: ends("Yes <think>.", { reasoning: "Hmm, well." }),
      others: ends("\n<think>\nHmm, well.</think>\n\nYes <think>."),
    }),
  },
  {
    what: "T3: thoughts in the text that are never closed are thoughts to their end",
    wire: [say("<think>Hmm, </thi"), end()],
    out: each({
      compatible: fails("provider_empty", { retry: true, reasoning: "Hmm, </thi" }),
      others: ends("<think>Hmm, </thi"),
    }),
  },
  {
    what: "T3: thoughts in the text that were cut for their length are thoughts to their end",
    wire: [say("<think>Hmm, <"), end("length")],
    out: each({
      compatible: ends("", { reason: "length", reasoning: "Hmm, <" }),
      others: ends("<think>Hmm, <", { reason: "length" }),
    }),
  },
  {
    what: "a stop among thoughts in the text leaves them thoughts",
    wire: each({
      compatible: [say("<think>Hmm", ","), thought("Hmm,"), cancel],
      others: absent("their thoughts are never in the text"),
    }),
    out: stops("", { reasoning: "Hmm," }),
  },
  {
    what: "what may become a tag, and does not, is not lost at the end",
    wire: [say(" <thin"), end()],
    out: ends(" <thin"),
  },
]);
