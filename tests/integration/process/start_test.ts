// `deno task start` on a clean checkout: one command, and there is a chat.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { textOf } from "../../../lib/protocol/message.ts";
import { Api } from "../../support/api.ts";
import { countTo } from "../../support/count.ts";
import { join, ROOT } from "../../support/paths.ts";
import { allGone, descendants, isAlive } from "../../support/processes.ts";
import { type LogLine, machineEnv } from "../../support/server.ts";

/** "First answer on screen within 60 s of the first command" on a warm npm cache. */
const ANSWER_MS_MAX = 60_000;
/** What a clean checkout does not have. */
const MADE_HERE = new Set([".git", "_fresh", "data", "node_modules"]);

Deno.test("`deno task start` on a clean checkout builds, serves and answers; the second start builds nothing", async () => {
  const checkout = await Deno.makeTempDir({ prefix: "throughline-checkout-" });
  try {
    await copy(ROOT, checkout);
    const startedAt = performance.now();
    await withStart(checkout, async (url, said) => {
      const api = await Api.session(url);
      const page = await (await fetch(url, { headers: { cookie: api.cookie } })).text();
      assertStringIncludes(page, 'id="composer"');
      const conversation = await api.create();
      const { reply } = await api.send(conversation.id, { text: "count to 5" });
      assertEquals(textOf(await api.finished(conversation.id, reply.messageId)), countTo(5));
      const answeredMs = performance.now() - startedAt;
      console.log(`from the command to an answer: ${answeredMs.toFixed(0)} ms`);
      assert(answeredMs < ANSWER_MS_MAX);
      assertStringIncludes(said(), "Built in");
    });
    await withStart(checkout, (_url, said) => {
      assert(!said().includes("Built in"), "the second start built again");
      return Promise.resolve();
    });
  } finally {
    await Deno.remove(checkout, { recursive: true });
  }
});

/** Runs the task until `run` is done, then ends it as Ctrl+C would, with all that it started. */
async function withStart(
  cwd: string,
  run: (url: string, said: () => string) => Promise<void>,
): Promise<void> {
  const task = new Deno.Command(Deno.execPath(), {
    args: ["task", "start"],
    cwd,
    clearEnv: true,
    env: { ...machineEnv(), PORT: "0", HOST: "127.0.0.1", NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const listening = Promise.withResolvers<string>();
  let text = "";
  const late = setTimeout(
    () => listening.reject(new Error(`Not listening after ${ANSWER_MS_MAX} ms:\n${text}`)),
    ANSWER_MS_MAX,
  );
  const reading = (async () => {
    for await (const chunk of task.stdout.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const line = text.split("\n").find((line) => line.includes(`"listening"`) && line.endsWith("}"));
      if (line !== undefined) listening.resolve(String((JSON.parse(line) as LogLine).url).replace(/\/$/, ""));
    }
    listening.reject(new Error(`The task ended before it listened:\n${text}`));
  })();
  try {
    await run(await listening.promise, () => text);
  } finally {
    clearTimeout(late);
    const family = descendants(task.pid);
    // The server is the innermost; when it goes, the task that waits for it ends by itself.
    for (const pid of family.filter(isAlive)) Deno.kill(pid, "SIGINT");
    await task.status;
    await reading;
    await allGone(family);
  }
}

async function copy(from: string, to: string): Promise<void> {
  for await (const entry of Deno.readDir(from)) {
    if (MADE_HERE.has(entry.name)) continue;
    if (entry.isDirectory) {
      await Deno.mkdir(join(to, entry.name));
      await copy(join(from, entry.name), join(to, entry.name));
    } else if (entry.isFile) {
      await Deno.copyFile(join(from, entry.name), join(to, entry.name));
    }
  }
}
