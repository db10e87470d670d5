// What is measured: the app, and the bare relay, each as a process of its own.
import { Api } from "../tests/support/api.ts";
import { ROOT } from "../tests/support/paths.ts";
import { AppServer } from "../tests/support/server.ts";
import { type BenchProvider, question } from "./provider.ts";
import { fromApp, fromRelay } from "./readers.ts";

export interface Target extends AsyncDisposable {
  name: string;
  pid: number;
  textIn: (line: string) => string;
  /** Starts one answer and returns the stream of one follower of it. */
  start(key: string, tokens: number): Promise<Response>;
  /** KV write units so far; null for a target without storage. */
  writeUnits(): Promise<number | null>;
}

export interface AppTarget extends Target {
  api: Api;
}

/** The app with one model, the bench's provider. */
export async function startApp(provider: BenchProvider, flushMs: number): Promise<AppTarget> {
  const server = await AppServer.start({
    env: {
      COMPATIBLE_BASE_URL: provider.url,
      COMPATIBLE_MODELS: "bench",
      DEFAULT_MODEL: "compatible/bench",
      FLUSH_MS: String(flushMs),
    },
  });
  const api = await Api.session(server.url);
  return {
    name: `Throughline, FLUSH_MS=${flushMs}`,
    pid: server.pid,
    textIn: fromApp,
    api,
    async start(key, tokens) {
      const conversation = await newConversation(api);
      const { cursor } = await api.read(conversation);
      const stream = await fetch(`${api.url}/api/conversations/${conversation}/events?after=${cursor}`, {
        headers: { authorization: `Bearer ${api.token}` },
      });
      await api.send(conversation, { text: question(key, tokens) });
      return stream;
    },
    writeUnits: () => counter(api.url, "throughline_kv_write_units_total"),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A conversation that has its title already, so that no title is asked of the provider. */
export async function newConversation(api: Api): Promise<string> {
  return (await api.create({ model: "compatible/bench", title: "Bench" })).id;
}

/** A relay with no storage: the least that any server between provider and reader can cost. */
export async function startRelay(provider: BenchProvider): Promise<Target> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "bench/relay.ts", provider.url],
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value: url } = await reader.read();
  if (url === undefined) throw new Error("The relay ended before it listened");
  return {
    name: "bare relay",
    pid: process.pid,
    textIn: fromRelay,
    start: (key, tokens) =>
      fetch(url.trim(), { method: "POST", body: JSON.stringify({ text: question(key, tokens) }) }),
    writeUnits: () => Promise.resolve(null),
    async [Symbol.asyncDispose]() {
      process.kill("SIGKILL");
      await process.status;
      await reader.cancel();
    },
  };
}

/** The value of a counter in Prometheus text, summed over its labels. */
async function counter(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  if (lines.length === 0) throw new Error(`/metrics does not have ${name}`);
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}
