// `deno task report`, over the file of a server that has run.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { openKv } from "../../../lib/kv/open.ts";
import { Api } from "../../support/api.ts";
import { startApp } from "../../support/app.ts";
import { everythingIn } from "../../support/kv.ts";
import { join, ROOT } from "../../support/paths.ts";

async function report(env: Record<string, string>): Promise<{ code: number; out: string; err: string }> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", join(ROOT, "report.ts")],
    cwd: ROOT,
    env: { KV_PATH: "", PROMPT_VARIANTS: "", LOG_LEVEL: "", ...env },
  });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

async function everything(path: string): Promise<string> {
  using kv = await openKv(path);
  return await everythingIn(kv);
}

Deno.test("D11: the report compares the variants by the answers in the store, and writes nothing into it", async () => {
  const folder = await Deno.makeTempDir();
  const env = { KV_PATH: `${folder}/kv.db`, PROMPT_VARIANTS: `${folder}/variants.json` };
  const names = ["plain", "brief"];
  const variants = names.map((name) => ({ name, weight: 1, systemPrompt: name }));
  await Deno.writeTextFile(env.PROMPT_VARIANTS, JSON.stringify({ variants }));
  try {
    const expected = new Map(
      names.map((name) => [name, { answers: 0, tokens: [] as number[], up: 0, regenerated: 0 }]),
    );
    {
      await using app = await startApp({ env });
      const api = await Api.session(app.url);
      for (let n = 0; n < 12; n++) {
        const { id } = await api.create();
        const { reply } = await api.send(id, { text: `count to ${n + 1}` });
        const answer = await api.finished(id, reply.messageId);
        const of = expected.get(answer.asked!.variant!)!;
        of.answers++;
        of.tokens.push(answer.usage!.outputTokens);
        if (n % 3 === 0) {
          await api.request("PUT", `/api/conversations/${id}/messages/${answer.id}/rating`, { rating: "up" })
            .then((response) => response.body?.cancel());
          of.up++;
        }
        if (n % 4 === 0) {
          const again = await api.regenerate(id, { messageId: answer.id });
          const other = await api.finished(id, again.reply.messageId);
          of.answers++;
          of.tokens.push(other.usage!.outputTokens);
          of.regenerated++;
        }
      }
    }
    const before = await everything(env.KV_PATH);
    const { code, out, err } = await report(env);
    assertEquals([code, err], [0, ""]);
    const rows = out.trimEnd().split("\n").map((line) => line.split(/ {2,}/).map((cell) => cell.trim()));
    const [head, ...lines] = rows;
    assertEquals(lines.map(([name]) => name), ["brief", "plain"]);
    for (const line of lines) {
      const cell = (name: string) => line[head!.indexOf(name)];
      const { answers, tokens, up, regenerated } = expected.get(line[0]!)!;
      assertEquals(
        [cell("answers"), cell("up"), cell("regenerated"), cell("stopped"), cell("failed"), cell("down")],
        [answers, up, regenerated, 0, 0, 0].map(String),
      );
      if (tokens.length === 0) continue;
      const mean = tokens.reduce((sum, each) => sum + each, 0) / tokens.length;
      assert(Math.abs(Number(cell("tokens mean")) - mean) <= 0.5, `${cell("tokens mean")} is not ${mean}`);
    }
    assertEquals(await everything(env.KV_PATH), before);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("D11: the report makes no store where there is none, and says what is wrong with the environment", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const KV_PATH = `${folder}/none.db`;
    const none = await report({ KV_PATH });
    assertEquals([none.code, none.out], [1, ""]);
    assertStringIncludes(none.err, `There is no store at ${KV_PATH}`);
    assertEquals(await Array.fromAsync(Deno.readDir(folder)), []);
    const wrong = await report({ KV_PATH, PROMPT_VARIANTS: `${folder}/none.json` });
    assertEquals([wrong.code, wrong.out], [1, ""]);
    assertStringIncludes(wrong.err, "PROMPT_VARIANTS must be the path of a file");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
