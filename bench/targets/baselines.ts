// What Throughline is compared with: no server at all, relays that keep nothing, and what people would write first.
import type { Answer } from "../generator/answer.ts";
import { completions, type NewDialect, numbered } from "../generator/dialects.ts";
import { addressOf, request, Wire } from "../generator/http.ts";
import type { Provider } from "../generator/provider.ts";
import { startProcess } from "./process.ts";
import type { Generation, Running, Target } from "./target.ts";

/** Provider and reader, and nothing between them: the floor of what can be measured here. */
export const direct: Target = {
  name: "direct",
  stores: "–",
  single: true,
  start: (provider) =>
    Promise.resolve({
      pids: [],
      generations: (answers) =>
        Promise.resolve(
          answers.map((answer) => asked(answer, `${provider.url}/chat/completions`, completions)),
        ),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
};

export const bareRelay = relay("bare relay", "bare_relay.ts", completions);
export const parsingRelay = relay("parsing relay", "parsing_relay.ts", numbered);

/** A server whose response to the question is the answer's stream. */
function relay(name: string, file: string, dialect: NewDialect): Target {
  return {
    name,
    stores: "no",
    single: true,
    async start(provider) {
      const server = await startServer(file, provider);
      return {
        pids: [server.pid],
        generations: (answers) =>
          Promise.resolve(answers.map((answer) => asked(answer, server.url, dialect))),
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
  };
}

/** A generation whose only follower asks for it. */
function asked(answer: Answer, url: string, dialect: NewDialect): Generation {
  const body = { model: "bench", stream: true, messages: [{ role: "user", content: answer.question }] };
  const stream = {
    address: addressOf(url),
    request: request("POST", new URL(url).pathname, {}, body),
    dialect,
  };
  return { answer, streams: [stream], start: null };
}

/** A server of this bench: `POST /<id>` with the question begins an answer, `GET /<id>` follows it. */
export async function startKeeper(
  file: string,
  provider: Provider,
  more: { args?: string[]; pids?: number[]; dispose?: () => Promise<void> } = {},
): Promise<Running> {
  const server = await startServer(file, provider, more.args);
  const address = addressOf(server.url);
  return {
    pids: [server.pid, ...more.pids ?? []],
    generations: (answers, followers) =>
      Promise.resolve(answers.map((answer) => ({
        answer,
        streams: Array.from({ length: followers }, () => ({
          address,
          request: request("GET", `/${answer.index}`),
          dialect: numbered,
        })),
        start: async () => {
          using wire = await Wire.connect(address);
          const { status } = await wire.exchange(request("POST", `/${answer.index}`, {}, answer.question));
          if (status !== 202) throw new Error(`Starting an answer was answered with ${status}`);
        },
      }))),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await more.dispose?.();
    },
  };
}

function startServer(file: string, provider: Provider, args: readonly string[] = []) {
  return startProcess(Deno.execPath(), ["run", "-A", `bench/servers/${file}`, provider.url, ...args]);
}
