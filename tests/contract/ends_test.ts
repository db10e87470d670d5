// Why an answer ends.
import { event } from "../support/fake_provider/wire_formats.ts";
import { absent, contract, each, ends, fails, WORDS } from "./contract.ts";
import { end, raw, say, think } from "./steps.ts";

contract([
  {
    what: `"length" is an end with its reason`,
    wire: [say("Half"), end("length")],
    out: ends("Half", { reason: "length" }),
  },
  {
    what: `"length" before the first word is no empty answer`,
    wire: [think("Hmm"), end("length")],
    out: ends("", { reason: "length", reasoning: "Hmm" }),
  },
  {
    what: "a full context is an end for its length",
    wire: [say("Half"), end("context")],
    out: ends("Half", { reason: "length" }),
  },
  {
    what: "a content filter is an end with its reason",
    wire: each({
      others: [say("Half"), end("content_filter")],
      anthropic: absent("it has only the refusal"),
    }),
    out: ends("Half", { reason: "content_filter" }),
  },
  {
    what: "a content filter before the first word is no empty answer",
    wire: each({ others: [end("content_filter")], anthropic: absent("it has only the refusal") }),
    out: ends("", { reason: "content_filter" }),
  },
  {
    what: "a stop sequence is an end like any other",
    wire: each({ others: [say("All"), end("stop_sequence")], openai: absent("it has no stop sequences") }),
    out: ends("All"),
  },
  {
    what: "a reason that nobody knows yet is the model's own",
    wire: each({
      others: [say("All"), end("novel")],
      openai: absent("it says why only of what is unfinished"),
    }),
    out: ends("All"),
  },
  {
    what: "an answer left unfinished for a reason that nobody knows yet was cut off",
    wire: each({ openai: [say("Half"), end("novel")], others: absent("they call nothing unfinished") }),
    out: fails("provider_truncated", { retry: true, text: "Half", says: /tea_time/ }),
  },
  {
    what: "a refusal says that the model declined, with what it said of it",
    wire: [say("Well"), end("refusal")],
    out: each({
      others: fails("provider_refused", {
        retry: false,
        text: "Well",
        says: /declined to answer: I cannot help/,
      }),
      anthropic: fails("provider_refused", {
        retry: false,
        text: "Well",
        says: /declined to answer\. Ask in/,
      }),
    }),
  },
  {
    what: "a refusal that explains itself is told with its explanation",
    wire: each({
      anthropic: [
        say("Well"),
        raw(
          event("message_delta", { delta: { stop_reason: "refusal", stop_details: { explanation: WORDS } } }),
          event("message_stop", {}),
        ),
      ],
      others: absent("the model's own words explain it"),
    }),
    out: fails("provider_refused", {
      retry: false,
      text: "Well",
      says: /declined to answer: Because of this\./,
    }),
  },
  {
    what: "a refusal before the first word is one too",
    wire: [end("refusal")],
    out: fails("provider_refused", { retry: false }),
  },
  {
    what: "a pause in the middle of an answer was cut off",
    wire: [say("Half"), end("pause")],
    out: fails("provider_truncated", { retry: true, text: "Half" }),
  },
  {
    what: "a call for a tool that nobody offered is no answer",
    wire: each({
      others: [say("Well"), end("tool")],
      openai: absent("a call is an item of its own, which says nothing"),
    }),
    out: fails("provider_protocol", { retry: false, text: "Well" }),
  },
  {
    what: "an end without a word is an empty answer",
    wire: [end()],
    out: fails("provider_empty", { retry: true }),
  },
  {
    what: "an end without a word is an empty answer, whatever was thought",
    wire: [think("Hmm."), end()],
    out: fails("provider_empty", { retry: true, reasoning: "Hmm." }),
  },
]);
