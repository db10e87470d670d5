import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { renderToString } from "preact-render-to-string";
import { Message, type MessageActions } from "@/components/Message.tsx";
import { Outgoing } from "@/components/Outgoing.tsx";
import type { Message as MessageData } from "@/lib/protocol/message.ts";
import { id, message, text } from "../client/sample.ts";

const ACTIONS: MessageActions = { regenerate() {}, choose() {} };
const html = (data: MessageData, versions = [data.id], stopping = false) =>
  renderToString(<Message message={data} versions={versions} stopping={stopping} actions={ACTIONS} />);

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

Deno.test("a finished answer tells what it cost, and a stopped one that it was stopped", () => {
  const usage = { inputTokens: 1_200, outputTokens: 34 };
  const done = { status: "complete" as const, model: "demo/tour", usage, timings: { totalMs: 2_345 } };
  const rendered = html(message(done));
  for (const fact of ["demo/tour", "1,234 tokens", "2.3 s"]) assertStringIncludes(rendered, fact);
  assertStringIncludes(html(message({ status: "cancelled" })), "Stopped");
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
  for (const part of ["add", "{&quot;a&quot;:1}", "no such number", 'data-tool-state="failed"']) {
    assertStringIncludes(rendered, part);
  }
  assertEquals(rendered.match(/no such number/g)?.length, 1);
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
  const actions = { resend() {}, edit() {} };
  const rendered = renderToString(<Outgoing pending={{ ...pending, error }} actions={actions} />);
  for (const part of ["My words", "could not be reached", "req-2", "Retry", "Edit", 'data-status="failed"']) {
    assertStringIncludes(rendered, part);
  }
});
