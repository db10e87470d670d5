// The app in this process, over real HTTP: no build on disk, no process to wait for.
//   A1  It has a store, a port and a log of its own, and reads nothing of the machine it runs on.
//   A2  It drains when it is disposed of, as the real one does; whatever is left open fails the test.
import { Builder } from "fresh/dev";
import { createElement } from "preact";
import { ErrorPage } from "../../components/ErrorPage.tsx";
import { appConfig, buildOptions } from "../../fresh.config.ts";
import { buildApp, type Parts, type Program, program } from "../../lib/app.ts";
import { readConfig } from "../../lib/config.ts";
import { openKv } from "../../lib/kv/open.ts";
import { jsonLogger } from "../../lib/observe/log.ts";
import type { LogLine } from "./server.ts";

export interface AppOptions extends Partial<Pick<Parts, "clock" | "random" | "newId" | "fetch">> {
  /** Added to the harness's own environment. */
  env?: Record<string, string>;
}

export interface TestApp extends AsyncDisposable {
  /** Where it listens, without a slash at the end. */
  url: string;
  program: Program;
  kv: Deno.Kv;
  /** The log so far, in raw lines and as objects. */
  text(): string;
  lines(): LogLine[];
  /** One request without a socket, for what a socket on this machine cannot say, such as https. */
  handle(request: Request): Promise<Response>;
  metric(name: string): Promise<number>;
  /** Drains the program, once; its socket answers until the app is disposed of. */
  drain(): Promise<void>;
}

/** The islands, bundled once for all tests of a file. */
let built: ReturnType<typeof build> | undefined;
const build = () => new Builder(buildOptions).build({ mode: "production", snapshot: "memory" });

/** Serves on a free port. The demo answers as fast as it can; nothing sweeps unless `program.start()` is called. */
export async function startApp({ env = {}, ...parts }: AppOptions = {}): Promise<TestApp> {
  const apply = await (built ??= build());
  const config = readConfig({
    HOST: "127.0.0.1",
    PORT: "0",
    KV_PATH: ":memory:",
    LOG_LEVEL: "debug",
    DEMO_TOKENS_PER_SECOND: "10000",
    // A further call of the provider, for the tests that mean it.
    TITLES: "off",
    ...env,
  });
  const said: string[] = [];
  const kv = await openKv(config.kvPath);
  const running = program({
    config,
    kv,
    logger: jsonLogger(config.logLevel, (line) => said.push(line)),
    ...parts,
  });
  const app = buildApp(running, appConfig, (problem) => createElement(ErrorPage, problem));
  apply(app);
  const handler = app.handler();
  const closing = new AbortController();
  const server = Deno.serve({
    hostname: config.host,
    port: config.port,
    signal: closing.signal,
    onListen: () => {},
  }, handler);
  const url = `http://127.0.0.1:${server.addr.port}`;
  let drained: Promise<void> | undefined;
  const drain = () => drained ??= running.drain();
  return {
    url,
    program: running,
    kv,
    text: () => said.join("\n"),
    lines: () => said.map((line): LogLine => JSON.parse(line)),
    handle: (request) => handler(request),
    async metric(name) {
      const text = await (await fetch(`${url}/metrics`)).text();
      const value = new RegExp(`^${name} (-?\\d+)$`, "m").exec(text)?.[1];
      if (value === undefined) throw new Error(`There is no metric ${name} in\n${text}`);
      return Number(value);
    },
    drain,
    async [Symbol.asyncDispose]() {
      await drain();
      // Not `shutdown()`: on Deno 2.5 it may wait for ever for a connection that has just become idle.
      closing.abort();
      await server.finished;
    },
  };
}
