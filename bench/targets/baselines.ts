// What Throughline is compared with: no server at all, relays that keep nothing, and what people would write first.
import type { Answer } from "../generator/answer.ts";
import { completions, type NewDialect, numbered } from "../generator/dialects.ts";
import { addressOf, request, Wire } from "../generator/http.ts";
import type { Provider } from "../generator/provider.ts";
import { join } from "../../tests/support/paths.ts";
import { type ServerProcess, startProcess } from "./process.ts";
import { startRedis } from "./redis_server.ts";
import type { Generation, Running, Target } from "./target.ts";

/** Provider and reader, and nothing between them: the floor of what can be measured here. */
export const direct: Target = {
  name: "direct",
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
  return { answer, streams: [stream], start: null, followedLater: false };
}

/** A commit for each token, a watch for each follower. */
export const oneCommit: Target = {
  name: "one commit per token",
  async start(provider) {
    const folder = await Deno.makeTempDir({ prefix: "throughline-bench-" });
    const server = await startServer("one_commit.ts", provider, [join(folder, "kv.db")]);
    return keeper(server, [], false, () => Deno.remove(folder, { recursive: true }));
  },
};

/** `resumable-stream`, its followers resumed. Only where there is a `redis-server`. */
export const redis: Target = {
  name: "resumable-stream over Redis",
  async start(provider) {
    const store = await startRedis();
    const server = await startServer("redis.ts", provider, [store.url]);
    return keeper(server, [store.pid], true, () => store[Symbol.asyncDispose]());
  },
};

/** A server where `POST /<id>` with the question begins an answer, and `GET /<id>` follows it. */
function keeper(
  server: ServerProcess,
  more: readonly number[],
  followedLater: boolean,
  dispose: () => PromiseLike<void>,
): Running {
  const address = addressOf(server.url);
  const stream = ({ index }: Answer) => ({
    address,
    request: request("GET", `/${index}`),
    dialect: numbered,
  });
  return {
    pids: [server.pid, ...more],
    generations: (answers, followers) =>
      Promise.resolve(answers.map((answer) => ({
        answer,
        streams: Array.from({ length: followers }, () => stream(answer)),
        followedLater,
        start: async () => {
          using wire = await Wire.connect(address);
          const { status } = await wire.exchange(request("POST", `/${answer.index}`, {}, answer.question));
          if (status !== 202) throw new Error(`Beginning an answer was answered with ${status}`);
        },
      }))),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await dispose();
    },
  };
}

function startServer(file: string, provider: Provider, args: readonly string[] = []) {
  return startProcess(Deno.execPath(), ["run", "-A", `bench/servers/${file}`, provider.url, ...args]);
}
