// The whole of it over HTTP: a server whose models say how large their windows are, and refuse what is larger.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { SUMMARISE } from "@/lib/context/transcript.ts";
import type { ContextUse, UsageReport } from "@/lib/protocol/api.ts";
import { Api } from "../../support/api.ts";
import { startApp } from "../../support/app.ts";
import { type Exchange, startFakeProvider } from "../../support/fake_provider/mod.ts";

const WINDOW = 4_096;

interface ChatBody {
  messages: { role: string; content: string }[];
}

/** Answers, summarises by the sentences to be remembered, and refuses what has more than a token for 3.5 characters. */
function answering(asked: ChatBody[]): (exchange: Exchange) => Promise<void> {
  return async (exchange) => {
    if (exchange.path.endsWith("/models")) {
      const data = [{ id: "tiny", object: "model", max_model_len: WINDOW }];
      return await exchange.respond(200, {}, JSON.stringify({ object: "list", data }));
    }
    const body = exchange.body as ChatBody;
    const said = body.messages.map(({ content }) => content).join("\n");
    const tokens = Math.ceil(said.length / 3.5);
    if (tokens > WINDOW) {
      return await exchange.refuse(400, "context_length_exceeded", `${tokens} > ${WINDOW}`);
    }
    asked.push(body);
    const summarises = body.messages[0]!.content === SUMMARISE;
    exchange.usage({ fresh: tokens, output: 20 });
    await exchange.send(
      summarises ? [...new Set(said.match(/Remember[^.]*\./g))].join(" ") : "Yes, of course.",
    );
    await exchange.end();
  };
}

Deno.test("a conversation outgrows its model's window over HTTP: answered throughout, summarised, shown and paid for", async () => {
  const asked: ChatBody[] = [];
  await using fake = startFakeProvider({ models: null, auto: answering(asked) });
  await using app = await startApp({
    env: { COMPATIBLE_BASE_URL: fake.baseURL("chat"), DEFAULT_MODEL: "compatible/tiny" },
  });
  const api = await Api.session(app.url);
  const { id, model } = await api.create();
  assertEquals(model, "compatible/tiny");
  const isSummarised = ({ messages: [first] }: ChatBody) => first!.content.includes("<summary>");
  let turns = 0;
  while (!asked.some(isSummarised)) {
    const text = `Turn ${++turns}. Remember the number ${turns}. ${"and so on ".repeat(90)}`;
    const { reply } = await api.send(id, { text });
    const answer = await api.finished(id, reply.messageId);
    assertEquals([answer.status, answer.error], ["complete", undefined], `turn ${turns}`);
    assert(turns < 40, "no message was sent with a summary");
  }
  const { messages: [system] } = asked.find(isSummarised)!;
  assertEquals(system!.role, "system");
  assertStringIncludes(system!.content, "<summary>\nRemember the number 1.");
  const { summaries } = await api.read(id);
  assertStringIncludes(summaries![0]!.text, "Remember the number 1.");
  const used = await (await api.request("GET", `/api/conversations/${id}/context`)).json() as ContextUse;
  assertEquals([used.windowTokens, used.budgetTokens], [WINDOW, WINDOW * 3 / 4]);
  assert(used.omitted > 0 && used.usedTokens < WINDOW, JSON.stringify(used));
  const { days } = await (await api.request("GET", "/api/usage")).json() as UsageReport;
  const attempts = days.flatMap(({ models }) => models).reduce((sum, { attempts }) => sum + attempts, 0);
  assert(attempts > turns && attempts <= asked.length, "the summaries are entered, too");
});
