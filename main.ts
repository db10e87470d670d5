// The program: reads the environment once, opens KV, builds the app, serves, and drains when it is told to stop.
//   `deno run -A main.ts` serves what `dev.ts build` built. `deno serve _fresh/server.js`, as on Deno Deploy, imports
//   `app` from here and serves it itself.
import { createElement } from "preact";
import { ErrorPage } from "./components/ErrorPage.tsx";
import { appConfig } from "./fresh.config.ts";
import { buildApp, program } from "./lib/app.ts";
import { type Config, ConfigError, configFromEnv } from "./lib/config.ts";
import { causes } from "./lib/core/errors.ts";
import { openKv } from "./lib/kv/open.ts";
import { jsonLogger } from "./lib/observe/log.ts";

/** A stopped instance has 5 s. Whatever is not done by then is left to the next process. */
const EXIT_MS_MAX = 4_500;
/** After the drain nobody is owed an answer; Deno 2.5 may wait for ever on a connection that has just become idle. */
const CLOSE_MS_MAX = 250;

const config = configOrExit();
const logger = jsonLogger(config.logLevel, (line) => console.log(line));
const running = program({ config, kv: await openKv(config.kvPath), logger });

export const app = buildApp(running, appConfig, (problem) => createElement(ErrorPage, problem));

// A rejection that nobody awaits would end the process, and every answer in it. It is a defect all the same.
globalThis.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  logger.log("error", "unhandled_rejection", { cause: causes(event.reason) });
});

let server: Deno.HttpServer | null = null;
let draining = false;

async function drain(signal: string): Promise<void> {
  if (draining) return;
  draining = true;
  logger.log("info", "signal", { signal });
  setTimeout(() => exit("drain_timeout"), EXIT_MS_MAX);
  // New connections are refused at once; those that are open finish while the jobs are handed back.
  const closed = server?.shutdown();
  await running.drain();
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, CLOSE_MS_MAX))]);
  exit("drained");
}

function exit(event: string): never {
  logger.log("info", event);
  Deno.exit(0);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => {
    drain(signal).catch((error) => {
      logger.log("error", "drain_failed", { cause: causes(error) });
      Deno.exit(1);
    });
  });
}

running.start();

// Deno Deploy stops an instance that has no requests; this wakes one, so that what it left is brought to an end (P4).
Deno.cron("take over what dead processes left", "* * * * *", () => running.sweep.run());

if (import.meta.main) void serve();

async function serve(): Promise<void> {
  const { host: hostname, port } = config;
  try {
    const built: { default: { fetch: Deno.ServeHandler } } = await import(
      new URL("./_fresh/server.js", import.meta.url).href
    );
    server = Deno.serve({ hostname, port, onListen }, built.default.fetch);
  } catch (error) {
    console.error(whyNotServing(error, config));
    Deno.exit(1);
  }
}

function onListen({ hostname, port }: Deno.NetAddr): void {
  const url = `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}/`;
  logger.log("info", "listening", { url });
  if (Deno.stdout.isTerminal()) console.log(`\n  Throughline is at ${url}\n`);
}

function whyNotServing(error: unknown, { host, port }: Config): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return `Port ${port} of ${host} is taken, perhaps by another Throughline. Choose another: PORT=${
      port + 1
    }.`;
  }
  if (error instanceof TypeError && error.message.includes("_fresh")) {
    return `Nothing is built yet. Run \`deno task build\` first, or \`deno task start\`. (${error.message})`;
  }
  return `Cannot serve: ${causes(error)}`;
}

function configOrExit(): Config {
  try {
    return configFromEnv();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}
