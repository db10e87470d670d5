// Summaries and the meter over HTTP: a person's own words, and how full the window is.
import { assert, assertEquals } from "@std/assert";
import type { ContextUse } from "../../../lib/protocol/api.ts";
import { type Summary, SUMMARY_CHARS_MAX } from "../../../lib/protocol/summary.ts";
import { Api } from "../../support/api.ts";
import { startApp, type TestApp } from "../../support/app.ts";
import { assertProblem } from "./expect.ts";

async function answered(app: TestApp) {
  const api = await Api.session(app.url);
  const { id } = await api.create();
  const { message, reply } = await api.send(id, { text: "count to 3" });
  await api.finished(id, reply.messageId);
  return { api, id, question: message.id, answer: reply.messageId };
}

Deno.test("PUT /api/conversations/:id/summaries/:messageId: told to whoever follows, and as often as it changes", async () => {
  await using app = await startApp();
  const { api, id, answer, question } = await answered(app);
  const path = `/api/conversations/${id}/summaries/${answer}`;
  const { cursor } = await api.read(id);
  const put = async (text: string): Promise<Summary> => {
    const response = await api.request("PUT", path, { text });
    assertEquals(response.status, 200);
    return await response.json();
  };
  const summary = await put("It counted to three.");
  assertEquals([summary.throughId, summary.text, summary.by], [answer, "It counted to three.", "person"]);
  assertEquals(await put("It counted to three."), summary);
  const second = await put("数えた。");
  const told = await api.followUntil(id, ({ summaries }) => summaries?.[0]?.text === second.text);
  assertEquals(told.cursor, cursor + 2);
  assertEquals((await api.read(id)).summaries, [second]);
  await assertProblem(await api.request("PUT", path, { text: " " }), "invalid");
  await assertProblem(await api.request("PUT", path, { text: "x".repeat(SUMMARY_CHARS_MAX + 1) }), "invalid");
  await assertProblem(await api.request("PUT", path, {}), "invalid");
  await assertProblem(await api.request("PUT", path.replace(answer, question), { text: "x" }), "invalid");
  assertEquals((await put("x".repeat(SUMMARY_CHARS_MAX))).text.length, SUMMARY_CHARS_MAX);
  assertEquals((await put("漢".repeat(SUMMARY_CHARS_MAX))).text.length, SUMMARY_CHARS_MAX);
});

Deno.test("GET /api/conversations/:id/context: by the last answer's count, or by an estimate of another model", async () => {
  await using app = await startApp();
  const { api, id, answer } = await answered(app);
  const use = async (query = ""): Promise<ContextUse> => {
    const response = await api.request("GET", `/api/conversations/${id}/context${query}`);
    assertEquals(response.status, 200);
    return await response.json();
  };
  const { usage } = (await api.read(id)).messages.find((message) => message.id === answer)!;
  assertEquals(await use(), {
    model: "demo/tour",
    usedTokens: usage!.inputTokens + usage!.outputTokens,
    exact: true,
    budgetTokens: null,
    windowTokens: null,
    omitted: 0,
  });
  const unknown = await api.request("GET", `/api/conversations/${id}/context?model=demo/none`);
  await assertProblem(unknown, "unknown_model");
  const { id: empty } = await api.create();
  const nothing = await api.request("GET", `/api/conversations/${empty}/context`);
  const { usedTokens, exact } = await nothing.json() as ContextUse;
  assert(!exact && usedTokens < 10);
});
