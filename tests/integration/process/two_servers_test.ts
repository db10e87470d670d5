// Two servers from one checkout, started at once, as two people on one machine would.
import { assertEquals } from "@std/assert";
import { join, ROOT } from "../../support/paths.ts";
import { textOf } from "../../../lib/protocol/message.ts";
import { Api } from "../../support/api.ts";
import { countTo } from "../../support/count.ts";
import { AppServer, build } from "../../support/server.ts";

Deno.test("two servers from one checkout serve side by side, each its own people", async () => {
  const [one, other] = await Promise.all([start(), start()]);
  await using _one = one;
  await using _other = other;
  const answers = await Promise.all([one, other].map(async (server) => {
    const api = await Api.session(server.url);
    const page = await fetch(`${server.url}/`, { headers: { cookie: api.cookie } });
    assertEquals(page.status, 200);
    await assertScriptsLoad(server.url, await page.text());
    const conversation = await api.create({ model: "demo/tour" });
    const { reply } = await api.send(conversation.id, { text: "count to 50" });
    const answer = await api.finished(conversation.id, reply.messageId);
    assertEquals((await api.list()).conversations.length, 1);
    return textOf(answer);
  }));
  assertEquals(answers, [countTo(50), countTo(50)]);
});

Deno.test("a build with nothing changed leaves every built file as it was", async () => {
  await build();
  const before = builtFiles(join(ROOT, "_fresh"));
  await build();
  assertEquals(before.size > 0, true);
  assertEquals(builtFiles(join(ROOT, "_fresh")), before);
});

function start(): Promise<AppServer> {
  return AppServer.start({ env: { DEMO_TOKENS_PER_SECOND: "500" } });
}

async function assertScriptsLoad(url: string, html: string): Promise<void> {
  const scripts = Array.from(html.matchAll(/["'](\/[^"']+\.js)["']/g), (match) => match[1]!);
  assertEquals(scripts.length > 0, true);
  for (const script of new Set(scripts)) {
    const response = await fetch(url + script);
    assertEquals([script, response.status], [script, 200]);
    await response.body?.cancel();
  }
}

/** Path → time of the last change, for every file below `folder`. */
function builtFiles(folder: string, files = new Map<string, number>()): Map<string, number> {
  for (const entry of Deno.readDirSync(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) builtFiles(path, files);
    else files.set(path, Deno.statSync(path).mtime?.getTime() ?? 0);
  }
  return files;
}
