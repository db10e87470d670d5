// What a person has here, in their own hands: as one file, and gone.
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { RemovedAll, UsageReport } from "../../../lib/protocol/api.ts";
import type { Snapshot } from "../../../lib/protocol/event.ts";
import type { Preferences } from "../../../lib/protocol/preferences.ts";
import { Api } from "../../support/api.ts";
import { startApp, type TestApp } from "../../support/app.ts";
import { assertHeaders, assertProblem } from "./expect.ts";

type Whole = Omit<Snapshot, "cursor"> & { prompts: Record<string, string> };

interface Export {
  format: string;
  exportedAt: string;
  preferences: Preferences;
  usage: UsageReport["days"];
  conversations: Whole[];
  trash: Whole[];
}

async function answered(api: Api, id: string, text: string): Promise<string> {
  const { reply } = await api.send(id, { text });
  await api.finished(id, reply.messageId);
  return reply.messageId;
}

async function exported(api: Api): Promise<Export> {
  const response = await api.request("GET", "/api/export");
  assertEquals(response.status, 200);
  return await response.json() as Export;
}

Deno.test("G5: GET /api/export has every conversation with all branches, what is in the trash, usage and preferences", async () => {
  await using app = await startApp();
  const [api, stranger] = [await Api.session(app.url), await Api.session(app.url)];
  const secret = await stranger.create({ title: "a stranger's" });
  await answered(stranger, secret.id, "nobody else may read this");
  await api.request("PATCH", "/api/preferences", { instructions: "Be brief." }).then((r) => r.body?.cancel());

  const branched = await api.create({
    title: "branched",
    systemPrompt: "You count.",
    params: { effort: "low" },
  });
  const first = await answered(api, branched.id, "count to 3");
  const { reply } = await api.regenerate(branched.id, { messageId: first });
  await api.finished(branched.id, reply.messageId);
  await api.create({ title: "empty" });
  const thrown = await api.create({ title: "thrown away" });
  await answered(api, thrown.id, "count to 2");
  await (await api.request("DELETE", `/api/conversations/${thrown.id}`)).body?.cancel();

  const response = await api.request("GET", "/api/export", undefined, { "accept-encoding": "gzip, br" });
  assertHeaders(response);
  assertEquals(response.headers.get("content-encoding"), null);
  assertMatch(
    response.headers.get("content-disposition") ?? "",
    /^attachment; filename="throughline-\d{4}-\d\d-\d\d\.json"$/,
  );
  assertEquals(response.headers.get("cache-control"), "no-store, no-transform");
  const text = await response.text();
  const all = JSON.parse(text) as Export;
  assertEquals(all.format, "throughline-export/1");
  assert(Number.isFinite(Date.parse(all.exportedAt)));
  assertEquals(all.preferences.instructions, "Be brief.");
  assertEquals(all.conversations.map(({ conversation }) => conversation.title).toSorted(), [
    "branched",
    "empty",
  ]);
  assertEquals(all.trash.map(({ conversation }) => conversation.title), ["thrown away"]);
  assertEquals(all.trash[0]!.messages.length, 2);
  assert(!text.includes("nobody else may read this") && !text.includes(secret.id));

  const { conversation, messages, prompts } = all.conversations.find((one) =>
    one.conversation.id === branched.id
  )!;
  assertEquals(conversation.params, { effort: "low" });
  const { cursor: _, ...read } = await api.read(branched.id);
  assertEquals({ conversation, messages }, read);
  const answers = messages.filter(({ role }) => role === "assistant");
  assertEquals(answers.map(({ parentId }) => parentId), [messages[0]!.id, messages[0]!.id]);
  for (const { usage, asked } of answers) {
    assert(usage !== undefined, "what it took is there");
    assertMatch(prompts[asked!.promptId!] ?? "", /^Be brief\.\s+You count\.$/);
  }
  const used = all.usage.flatMap(({ models }) => models).reduce((sum, { attempts }) => sum + attempts, 0);
  assertEquals(used, 3);
});

Deno.test("G5: an export is made as it is read, and one that breaks off is no JSON", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  for (const title of ["one", "two", "three"]) await api.create({ title });
  const pieces: string[] = [];
  const making = app.program.services.exported(api.userId);
  for (let i = 0; i < 3; i++) pieces.push((await making.next()).value as string);
  // The first is made. Those that are not yet are as they will be when they are.
  const [second] = (await api.list()).conversations.filter(({ title }) => title === "two");
  await api.patch(second!.id, { title: "two, renamed" });
  const third = (await api.list()).conversations.find(({ title }) => title === "three")!;
  await (await api.request("DELETE", `/api/conversations/${third.id}`)).body?.cancel();
  for await (const piece of making) pieces.push(piece);
  const all = JSON.parse(pieces.join("")) as Export;
  assertEquals(all.conversations.map(({ conversation }) => conversation.title), ["one", "two, renamed"]);
  assertEquals(all.trash.map(({ conversation }) => conversation.title), ["three"]);

  // A record that cannot be read stands for a store that fails in the middle.
  const last = await api.create({ title: "four" });
  await app.kv.set(["message", last.id, crypto.randomUUID()], {});
  await breaksOff(app, api);
  assert(app.lines().some(({ event }) => event === "download_failed"));
});

async function breaksOff(app: TestApp, api: Api): Promise<void> {
  const cookie = { headers: { authorization: `Bearer ${api.token}` } };
  await assertRejects(async () => {
    const response = await fetch(`${app.url}/api/export`, cookie);
    JSON.parse(await response.text());
  });
}

Deno.test("G5: an export whose reader goes away ends, and lets go of its place", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  for (let i = 0; i < 20; i++) await api.create({ title: "x".repeat(200), systemPrompt: "y".repeat(16_000) });
  const response = await api.request("GET", "/api/export");
  assertEquals(app.program.services.streams.size, 1);
  const reader = response.body!.getReader();
  await reader.read();
  await reader.cancel();
  while (app.program.services.streams.size > 0) await new Promise((turn) => setTimeout(turn, 5));
  assertEquals((await exported(api)).conversations.length, 20);
  while (app.program.services.streams.size > 0) await new Promise((turn) => setTimeout(turn, 5));
});

Deno.test("G5: GET /api/export needs a session, and other methods are refused", async () => {
  await using app = await startApp();
  await assertProblem(await fetch(`${app.url}/api/export`), "unauthenticated");
  const api = await Api.session(app.url);
  await assertProblem(await api.request("POST", "/api/export", {}), "method_not_allowed");
  const { conversations, trash, usage } = await exported(api);
  assertEquals([conversations, trash, usage], [[], [], []]);
});

Deno.test("G5: DELETE /api/conversations puts all of a person's into the trash, a hundred a call, and nobody else's", async () => {
  await using app = await startApp();
  const [api, stranger] = [await Api.session(app.url), await Api.session(app.url)];
  await stranger.create({ title: "stays" });
  const made = 103;
  for (let i = 0; i < made; i++) await api.create({ title: `chat ${i}` });
  const remove = async (): Promise<RemovedAll> => {
    const response = await api.request("DELETE", "/api/conversations");
    assertEquals(response.status, 200);
    return await response.json() as RemovedAll;
  };
  assertEquals(await remove(), { removed: 100, left: true });
  // Twice at once, as by a double click: each is deleted once.
  const [one, other] = await Promise.all([remove(), remove()]);
  assertEquals([one.removed + other.removed, one.left, other.left], [3, false, false]);
  assertEquals((await api.list()).conversations, []);
  assertEquals((await stranger.list()).conversations.length, 1);
  assertEquals((await exported(api)).trash.length, made);
  await assertProblem(await fetch(`${app.url}/api/conversations`, { method: "DELETE" }), "unauthenticated");
});
