// Usage, preferences, prompts and ratings, as a browser asks for them.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { UsageReport } from "../../../lib/protocol/api.ts";
import type { StreamEvent } from "../../../lib/protocol/event.ts";
import type { Message } from "../../../lib/protocol/message.ts";
import { NO_PREFERENCES } from "../../../lib/protocol/preferences.ts";
import { Api } from "../../support/api.ts";
import { startApp, type TestApp } from "../../support/app.ts";
import { follow } from "../../support/follow.ts";
import { assertHeaders, assertProblem } from "./expect.ts";

/** A person, and an answer of theirs. */
async function answered(app: TestApp): Promise<{ api: Api; id: string; answer: Message }> {
  const api = await Api.session(app.url);
  const { id } = await api.create();
  const { reply } = await api.send(id, { text: "count to 5" });
  return { api, id, answer: await api.finished(id, reply.messageId) };
}

async function ok<T>(response: Response): Promise<T> {
  assertEquals(response.status, 200);
  assertHeaders(response);
  return await response.json();
}

Deno.test("GET /api/usage: the totals are those of the person's answers, and of nobody else's", async () => {
  await using app = await startApp();
  const { api, id, answer } = await answered(app);
  const { usage } = answer;
  const { days } = await ok<UsageReport>(await api.request("GET", "/api/usage"));
  assertEquals(days.map(({ models }) => models), [[{
    model: "demo/tour",
    attempts: 1,
    inputTokens: usage!.inputTokens,
    cachedInputTokens: 0,
    outputTokens: usage!.outputTokens,
    reasoningTokens: 0,
    microUsd: 0,
    unpriced: 0,
  }]]);
  const [{ day }] = days as [UsageReport["days"][number]];
  assertEquals(await ok(await api.request("GET", `/api/usage?from=${day}&to=${day}`)), { days });
  assertEquals(await ok(await api.request("GET", "/api/usage?from=2020-01-01&to=2020-01-31")), { days: [] });
  assertEquals((await api.read(id)).conversation.spent, { microUsd: 0, unpriced: 0 });
  const stranger = await Api.session(app.url);
  assertEquals(await ok(await stranger.request("GET", "/api/usage")), { days: [] });
});

Deno.test("GET /api/usage: what is wrong with its days is said", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  for (
    const [query, said] of [
      ["from=x", "`from` must be a day, such as 2026-11-25."],
      ["to=2026-02-31", "`to` must be a day"],
      ["from=&to=", "`from` and `to` must be a day"],
      ["from=2026-03-01&to=2026-02-01", "2026-03-01 is after 2026-02-01"],
      ["from=2020-01-01&to=2026-01-01", "Ask for 92 at most"],
    ] as const
  ) {
    const { detail } = await assertProblem(await api.request("GET", `/api/usage?${query}`), "invalid");
    assertStringIncludes(detail, said);
  }
  await assertProblem(await fetch(`${app.url}/api/usage`), "unauthenticated");
});

Deno.test("/api/preferences: patched, read, refused with a name, and told to every tab in its own commit", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const events = follow(`${app.url}/api/events?topics=user`, api.token);
  const next = async (type: StreamEvent["type"]) => {
    for (;;) {
      const { value } = await events.next();
      if (value === undefined) throw new Error("The stream ended");
      if (value.type === type) return value.data as Record<string, unknown>;
    }
  };
  assertEquals((await next("user_snapshot")).preferences, NO_PREFERENCES);
  assertEquals(await ok(await api.request("GET", "/api/preferences")), NO_PREFERENCES);
  const preset = {
    name: " Translator ",
    systemPrompt: "Translate.",
    params: { temperature: 0 },
    model: "demo/tour",
  };
  const wanted = { instructions: "I am a nurse.", presets: [{ ...preset, name: "Translator" }] };
  const body = { instructions: "I am a nurse.", presets: [preset] };
  assertEquals(await ok(await api.request("PATCH", "/api/preferences", body)), wanted);
  assertEquals((await next("preferences")).preferences, wanted);
  assertEquals(await ok(await api.request("GET", "/api/preferences")), wanted);
  for (
    const [patch, name] of [
      [{}, "must change something"],
      [{ instructions: "x".repeat(4_001) }, "instructions"],
      [{ presets: Array(21).fill(preset) }, "presets"],
      [{ presets: [{ ...preset, name: "  " }] }, "presets.0.name"],
      [{ presets: [{ ...preset, name: "x".repeat(61) }] }, "presets.0.name"],
      [{ presets: [{ ...preset, systemPrompt: "x".repeat(2_001) }] }, "presets.0.systemPrompt"],
      [{ presets: [{ ...preset, params: { temperature: 3 } }] }, "presets.0.params.temperature"],
      [{ presets: [{ name: "a", systemPrompt: "" }] }, "presets.0.params"],
    ] as const
  ) {
    const { detail } = await assertProblem(await api.request("PATCH", "/api/preferences", patch), "invalid");
    assertStringIncludes(detail, name);
  }
  assertEquals(await ok(await api.request("GET", "/api/preferences")), wanted);
  const stranger = await Api.session(app.url);
  assertEquals(await ok(await stranger.request("GET", "/api/preferences")), NO_PREFERENCES);
  assertEquals((await app.program.services.page(api.userId, null)).preferences, wanted);
  await events.return();
});

Deno.test("M13: GET …/prompts/:promptId says what an old answer was asked with, to its owner alone", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const { id } = await api.create({ systemPrompt: "Be kind." });
  const { reply } = await api.send(id, { text: "count to 3" });
  const { promptId } = (await api.finished(id, reply.messageId)).asked!;
  await api.patch(id, { systemPrompt: "Be brief." });
  const path = `/api/conversations/${id}/prompts/${promptId}`;
  assertEquals(await ok(await api.request("GET", path)), { text: "Be kind." });
  await assertProblem(await api.request("GET", path.replace(promptId!, "0".repeat(32))), "not_found");
  await assertProblem(await (await Api.session(app.url)).request("GET", path), "not_found");
  assertEquals((await api.list("?q=kind")).conversations, [], "a prompt is not searched");
  assert(!JSON.stringify((await api.read(id)).messages).includes("Be kind."), "a prompt is no message");
});

Deno.test("R15: PUT …/rating: an answer is rated, and a follower sees it", async () => {
  await using app = await startApp();
  const { api, id, answer } = await answered(app);
  const path = `/api/conversations/${id}/messages/${answer.id}/rating`;
  const rated = await ok<Message>(
    await api.request("PUT", path, { rating: "down", reason: " It is wrong. " }),
  );
  assertEquals(rated, { ...answer, rating: "down", ratingReason: "It is wrong." });
  assertEquals((await api.read(id)).messages.at(-1), rated);
  const { messages } = await api.followUntil(id, ({ messages }) => messages.at(-1)?.rating === "down");
  assertEquals(messages.at(-1), rated);
  assertEquals(await ok(await api.request("PUT", path, { rating: "up", reason: " " })), {
    ...answer,
    rating: "up",
  });
  assertEquals(await ok(await api.request("PUT", path, { rating: null })), answer);
  for (
    const body of [{}, { rating: "sideways" }, { rating: null, reason: "x" }, {
      rating: "up",
      reason: "x".repeat(1_001),
    }]
  ) {
    await assertProblem(await api.request("PUT", path, body), "invalid");
  }
  await assertProblem(
    await api.request("PUT", path.replace(answer.id, answer.parentId!), { rating: "up" }),
    "invalid",
  );
});

Deno.test("PROMPT_VARIANTS: each conversation keeps its variant, which its answers and /metrics name", async () => {
  const file = await Deno.makeTempFile({ suffix: ".json" });
  const variants = [
    { name: "plain", weight: 1, systemPrompt: "" },
    { name: 'so "brief"', weight: 1, systemPrompt: "Answer in one sentence." },
  ];
  await Deno.writeTextFile(file, JSON.stringify({ variants }));
  try {
    await using app = await startApp({ env: { PROMPT_VARIANTS: file } });
    const api = await Api.session(app.url);
    const counts = new Map<string, number>();
    for (let n = 0; n < 12; n++) {
      const { id } = await api.create();
      const named = new Set<string | undefined>();
      for (const text of ["count to 2", "count to 3"]) {
        const { reply } = await api.send(id, { text });
        named.add((await api.finished(id, reply.messageId)).asked?.variant);
      }
      assertEquals(named.size, 1);
      const [name] = [...named];
      counts.set(name!, (counts.get(name!) ?? 0) + 2);
    }
    assert([...counts.keys()].every((name) => variants.some((variant) => variant.name === name)));
    for (const [name, count] of counts) {
      const variant = name.replaceAll('"', '\\\\"');
      assertEquals(
        await app.metric(`throughline_answers_total\\{variant="${variant}",outcome="complete"\\}`),
        count,
      );
    }
    const page = await (await api.request("GET", "/api/conversations")).text();
    assert(!page.includes("one sentence"), "the operator's words reached a client");
  } finally {
    await Deno.remove(file);
  }
});
