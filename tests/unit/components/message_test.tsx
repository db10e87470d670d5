import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { renderToString } from "preact-render-to-string";
import { Message, type MessageActions } from "@/components/Message.tsx";
import { Drafts } from "@/lib/client/drafts.ts";
import { Editing } from "@/lib/client/editing.ts";
import { signal } from "@preact/signals";
import { DEFAULTS } from "@/lib/protocol/device.ts";
import { Outgoing } from "@/components/Outgoing.tsx";
import type { Message as MessageData } from "@/lib/protocol/message.ts";
import { id, message, model, text } from "../client/sample.ts";

const ACTIONS: MessageActions = {
  regenerate() {},
  regenerateWith() {},
  goOn() {},
  choose() {},
  editing: new Editing(new Drafts(null), () => null),
  sendInstead: () => null,
  answers: { revise: () => Promise.resolve() },
  device: { settings: signal(DEFAULTS) },
  busy: signal(false),
  rate: () => Promise.resolve(true),
  prompt: () => Promise.resolve(""),
  unloaded() {},
};
const MODELS = [
  model(),
  model({ id: "openai/sol", provider: "openai", name: "GPT-6.1 Sol" }),
  model({ id: "anthropic/sonnet", provider: "anthropic", name: "Claude Sonnet 5.5" }),
];
const html = (data: MessageData, versions = [data.id], stopping = false, last = true) =>
  renderToString(
    <Message
      message={data}
      versions={versions}
      models={MODELS}
      last={last}
      here={null}
      stopping={stopping}
      actions={ACTIONS}
    />,
  );

Deno.test("an answer of which nothing is here yet thinks, and says when it is being stopped", () => {
  assertStringIncludes(html(message()), "Thinking…");
  assertStringIncludes(html(message(), [id(10)], true), "Stopping…");
});

Deno.test("a message tells its role, status and attempt to whoever looks at the page", () => {
  const rendered = html(message({ status: "complete", attempt: 2, parts: text("Hi") }));
  assertStringIncludes(rendered, `data-message-id="${id(10)}" data-role="assistant" data-status="complete"`);
  assertStringIncludes(rendered, 'data-attempt="2"');
  assertStringIncludes(rendered, "Restarted after an interruption");
});

Deno.test("T7: a failed answer keeps its text, says why, names its request and offers another try", () => {
  const error = { code: "provider_overloaded" as const, detail: "The provider is busy.", requestId: "req-1" };
  const rendered = html(message({ status: "failed", parts: text("The first half"), error }));
  for (const part of ["The first half", "The provider is busy.", "req-1", 'data-action="retry"', "Failed"]) {
    assertStringIncludes(rendered, part);
  }
});

Deno.test("T7, P8: an error is named in words, with the code for programs, and Retry and Continue where there are words", () => {
  const error = {
    code: "provider_overloaded" as const,
    detail: "Try again in a moment.",
    requestId: "req-1",
    providerRequestId: "req_theirs",
  };
  const failed = message({ status: "failed", parts: text("The first half"), error });
  const rendered = html(failed);
  const parts = [
    "The provider is overloaded",
    "req_theirs",
    'data-code="provider_overloaded"',
    'data-action="retry"',
    'data-action="continue"',
  ];
  for (const part of parts) assertStringIncludes(rendered, part);
  assert(
    !html({ ...failed, parts: [] }).includes('data-action="continue"'),
    "there is nothing to go on from",
  );
  assert(!html(failed, [id(10)], false, false).includes('data-action="continue"'), "more was said after it");
  const full = { ...failed, error: { ...error, code: "answer_too_long" as const } };
  assert(!html(full).includes('data-action="continue"'), "there is no room for more of it");
});

Deno.test("T11: an answer that was cut off says so and can go on; one that is whole cannot", () => {
  const cut = message({ status: "complete", stopReason: "length", parts: text("The first half") });
  assertStringIncludes(html(cut), "The answer reached its longest length.");
  assertStringIncludes(html(cut), 'data-action="continue"');
  assertStringIncludes(html(message({ status: "cancelled", parts: text("x") })), "The answer was stopped.");
  const whole = [
    message({ status: "complete", parts: text("x") }),
    message({ status: "complete", stopReason: "content_filter", parts: text("x") }),
    message({ status: "cancelled" }),
    message({ parts: text("x") }),
    message({ role: "user", status: "complete", parts: text("x") }),
  ];
  for (const one of whole) assert(!html(one).includes('data-action="continue"'), html(one));
});

Deno.test("U1, R14: a finished answer tells its model, tokens, cost and times, and a stopped one that it was stopped", () => {
  const usage = { inputTokens: 1_200, outputTokens: 34 };
  const timings = { firstTokenMs: 400, totalMs: 2_345 };
  const rendered = html(
    message({ status: "complete", model: "openai/sol", usage, costMicroUsd: 4_213, timings }),
  );
  for (const fact of ["GPT-6.1 Sol", "1,200 in", "34 out", "$0.0042", "0.4 s to first token", "2.3 s"]) {
    assertStringIncludes(rendered, fact);
  }
  assertStringIncludes(html(message({ status: "cancelled" })), "Stopped");
});

Deno.test("P7: an answer of another model says which, for whom and why, with the provider's own words", () => {
  const fallback = {
    from: "openai/sol",
    code: "provider_overloaded" as const,
    detail: "OpenAI answered with status 503.",
  };
  const rendered = html(
    message({ status: "complete", model: "anthropic/sonnet", fallback, parts: text("Hi") }),
  );
  assertStringIncludes(rendered, "Answered by Claude Sonnet 5.5, since GPT-6.1 Sol is overloaded");
  assertStringIncludes(rendered, "OpenAI answered with status 503.");
});

Deno.test("T3: an answer that waits says for what and for which try, until its first word is there", () => {
  const waiting = {
    until: Date.now() + 7_000,
    code: "provider_rate_limit" as const,
    detail: "OpenAI is limiting requests.",
    tried: 1,
    triesMax: 3,
  };
  // A server has another clock than the browser that will count: it names no seconds.
  assertStringIncludes(html(message({ waiting })), "OpenAI is limiting requests. Trying again soon (2 of 3)");
  assertStringIncludes(html(message({ waiting }), [id(10)], true), "Stopping…");
  assert(!html(message({ waiting, parts: text("Hi") })).includes("limiting"));
});

Deno.test("R15: the thumb that was given is pressed, and only that", () => {
  const pressed = (rating?: "up" | "down") =>
    html(message({ status: "complete", rating })).match(/aria-pressed="(true|false)"/g);
  assertEquals(pressed(), ['aria-pressed="false"', 'aria-pressed="false"']);
  assertEquals(pressed("up"), ['aria-pressed="true"', 'aria-pressed="false"']);
  assertEquals(pressed("down"), ['aria-pressed="false"', 'aria-pressed="true"']);
});

Deno.test("R10: thoughts are open while they come and closed when the answer has begun", () => {
  const reasoning = { type: "reasoning" as const, text: "Hm." };
  const thinking = html(message({ parts: [reasoning] }));
  assert(/<details[^>]* open[^>]*data-growing="true"[^>]*><summary><span>Thinking…/.test(thinking), thinking);
  const answering = html(message({ parts: [reasoning, ...text("So:")] }));
  assert(!/<details class="reasoning" open/.test(answering));
  assertStringIncludes(answering, "Thoughts");
});

Deno.test("a person's words are shown as they were typed", () => {
  const rendered = html(
    message({ role: "user", status: "complete", parts: text("<b>**not bold**</b>\n  kept") }),
  );
  assertStringIncludes(rendered, "&lt;b>**not bold**&lt;/b>\n  kept");
});

Deno.test("versions can be leafed through, to the ends", () => {
  const rendered = html(message({ status: "complete" }), [id(8), id(10)]);
  assertStringIncludes(rendered, "2/2");
  assert(/data-action="version-forth" disabled/.test(rendered));
  assert(!/data-action="version-back" disabled/.test(rendered));
});

Deno.test("a tool call shows what was asked and what came back", () => {
  const rendered = html(message({
    status: "complete",
    parts: [
      { type: "tool_call", callId: "c1", name: "add", args: '{"a":1}' },
      { type: "tool_result", callId: "c1", ok: false, output: "no such number" },
    ],
  }));
  for (const part of ["add", "&quot;a&quot;: 1", "no such number", 'data-tool-state="failed"']) {
    assertStringIncludes(rendered, part);
  }
  assertEquals(rendered.match(/no such number/g)?.length, 1);
});

Deno.test("R11: a tool call is shown in each of its states, whatever its arguments are", () => {
  const call = (args: string) => ({ type: "tool_call" as const, callId: "c1", name: "add", args });
  const state = (status: MessageData["status"], ...parts: MessageData["parts"]) =>
    /data-tool-state="(\w+)"/.exec(html(message({ status, parts })))?.[1];
  const result = (ok: boolean) => ({ type: "tool_result" as const, callId: "c1", ok, output: "3" });
  for (const half of ["", "{", '{"a', '{"a": [1, "', "\\", "no JSON"]) {
    assertEquals(state("streaming", call(half)), "writing", half);
  }
  assertEquals(state("streaming", call('{"a":1}')), "running");
  assertEquals(state("streaming", call("{}"), result(true)), "done");
  assertEquals(state("complete", call("{}"), result(false)), "failed");
  assertEquals(state("cancelled", call('{"a')), "stopped");
  const long = html(
    message({ status: "complete", parts: [call("{}"), { ...result(true), output: "x".repeat(10_021) }] }),
  );
  assertStringIncludes(long, "and 21 characters more");
});

Deno.test("T2: a message that could not be sent keeps its text and offers Retry and Edit", () => {
  const pending = {
    id: id(5),
    conversationId: id(1),
    text: "My words",
    model: "m",
    sentAt: 0,
    state: "failed",
  } as const;
  const error = { code: "network", detail: "The server could not be reached.", requestId: "req-2" } as const;
  const actions = { resend() {}, edit() {}, startOver() {}, unloaded() {} };
  const rendered = renderToString(<Outgoing pending={{ ...pending, error }} actions={actions} />);
  for (const part of ["My words", "could not be reached", "req-2", "Retry", "Edit", 'data-status="failed"']) {
    assertStringIncludes(rendered, part);
  }
});
