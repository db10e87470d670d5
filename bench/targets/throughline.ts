// The app, as a process with a KV file of its own.
import type { Answer } from "../generator/answer.ts";
import { app } from "../generator/dialects.ts";
import { addressOf, request, Wire } from "../generator/http.ts";
import type { Stream } from "../generator/follower.ts";
import type { Provider } from "../generator/provider.ts";
import { Api } from "../../tests/support/api.ts";
import { join } from "../../tests/support/paths.ts";
import { build } from "../../tests/support/server.ts";
import { each } from "./each.ts";
import { startProcess } from "./process.ts";
import type { Generation, Running, Target } from "./target.ts";

/** Conversations of one person, unless said: a person may have 100 streams at a time. */
const PER_SESSION = 50;
/** Requests at once while a level is prepared. */
const AT_ONCE = 16;

export interface AppOptions {
  name: string;
  env: Record<string, string>;
  /** A file that is there already, and stays. */
  kvPath?: string;
}

/** A running app, with what parts of the bench ask of it beyond generations. */
export interface RunningApp extends Running {
  url: string;
  kvPath: string;
  /** A person. */
  session(): Promise<Api>;
  /** New conversations, spread over new people. */
  conversations(count: number, perSession?: number): Promise<{ api: Api; id: string; cursor: number }[]>;
  /** Its metrics by name, each summed over its labels. */
  metrics(): Promise<Map<string, number>>;
}

export function throughline(flushMs: number, name = `Throughline, FLUSH_MS=${flushMs}`): Target {
  return target({ name, env: { FLUSH_MS: String(flushMs) } });
}

/** Several workers in one process, on two cores or more. */
export const throughlineParallel: Target = target({
  name: "Throughline, PARALLEL=1",
  env: { FLUSH_MS: "0", PARALLEL: "1" },
});

function target(options: AppOptions): Target {
  return {
    name: options.name,
    start: (provider) => startApp(provider, options),
  };
}

export async function startApp(provider: Provider, { env, kvPath }: AppOptions): Promise<RunningApp> {
  await build();
  const folder = kvPath === undefined ? await Deno.makeTempDir({ prefix: "throughline-bench-" }) : null;
  const path = kvPath ?? join(folder!, "kv.db");
  const server = await startProcess(Deno.execPath(), ["run", "-A", "main.ts"], {
    HOST: "127.0.0.1",
    PORT: "0",
    KV_PATH: path,
    COMPATIBLE_BASE_URL: provider.url,
    COMPATIBLE_MODELS: "bench",
    DEFAULT_MODEL: "compatible/bench",
    ...env,
  });
  const address = addressOf(server.url);
  const conversations = async (count: number, perSession = PER_SESSION) => {
    const people = await each(Math.ceil(count / perSession), AT_ONCE, () => Api.session(server.url));
    return await each(count, AT_ONCE, async (i) => {
      const api = people[Math.floor(i / perSession)]!;
      const { id } = await newConversation(api);
      return { api, id, cursor: (await api.read(id)).cursor };
    });
  };
  return {
    url: server.url,
    kvPath: path,
    pids: [server.pid],
    session: () => Api.session(server.url),
    conversations,
    async generations(answers, followers) {
      const own = await conversations(answers.length);
      return answers.map((answer, i): Generation => {
        const { api, id, cursor } = own[i]!;
        return {
          answer,
          streams: Array.from({ length: followers }, () => follow(server.url, api, id, cursor)),
          followedLater: false,
          start: () => send(address, api, id, answer),
        };
      });
    },
    async metrics() {
      const values = new Map<string, number>();
      for (const line of (await (await fetch(`${server.url}/metrics`)).text()).split("\n")) {
        const [, name, value] = /^(\w+)(?:\{.*\})? (\S+)$/.exec(line) ?? [];
        if (name !== undefined) values.set(name, (values.get(name) ?? 0) + Number(value));
      }
      return values;
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      if (folder !== null) await Deno.remove(folder, { recursive: true });
    },
  };
}

/** A conversation that has its title already, so that no title is asked of the provider. */
export function newConversation(api: Api) {
  return api.create({ model: "compatible/bench", title: "Bench" });
}

/** The events of a conversation from `cursor` on; null: a snapshot, and what comes after it. */
export function follow(url: string, api: Api, conversation: string, cursor: number | null): Stream {
  const after = cursor === null ? "" : `?after=${cursor}`;
  return {
    address: addressOf(url),
    request: request("GET", `/api/conversations/${conversation}/events${after}`, bearer(api)),
    dialect: app(cursor ?? 0),
  };
}

async function send(address: ReturnType<typeof addressOf>, api: Api, id: string, { question }: Answer) {
  using wire = await Wire.connect(address);
  const { status, body } = await wire.exchange(sending(api, id, question));
  if (status !== 202) {
    throw new Error(`Sending was answered with ${status} ${new TextDecoder().decode(body)}`);
  }
}

/** The request that sends a message. */
export function sending(api: Api, conversation: string, text: string): Uint8Array {
  return request("POST", `/api/conversations/${conversation}/messages`, bearer(api), { text });
}

function bearer({ token }: Api): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}
