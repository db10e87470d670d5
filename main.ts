// The program: reads the environment once, opens KV, builds the app, serves, and drains when it is told to stop.
//   `deno run -A main.ts` serves what `dev.ts build` built. `deno serve _fresh/server.js`, as on Deno Deploy, imports
//   `app` from here and serves it itself. With `PARALLEL=1` this only starts `deno serve --parallel parallel.ts`, and
//   each worker of that does the same.
import { createElement } from "preact";
import { ErrorPage } from "./components/ErrorPage.tsx";
import { appConfig } from "./fresh.config.ts";
import { buildApp, program } from "./lib/app.ts";
import { type Config, ConfigError, configFromEnv } from "./lib/config.ts";
import { causes } from "./lib/core/errors.ts";
import { randomId } from "./lib/core/ids.ts";
import { systemClock } from "./lib/core/time.ts";
import { openKv } from "./lib/kv/open.ts";
import { jsonLogger, type Logger } from "./lib/observe/log.ts";
import { supervise } from "./lib/parallel/supervisor.ts";
import { inTurn } from "./lib/parallel/turns.ts";
import { type Channel, Workers } from "./lib/parallel/workers.ts";

/** A stopped instance has 5 s. Whatever is not done by then is left to the next process. */
const EXIT_MS_MAX = 4_500;
/** Requests of milliseconds are all that is left then; Deno 2.5 may wait for ever on a connection that has become idle. */
const CLOSE_MS_MAX = 250;

const config = configOrExit();
// Nothing is opened here then: each worker evaluates this module for itself, and is a program of its own.
if (import.meta.main && config.parallel) Deno.exit(await serveInParallel());

/** Which of the workers of this process this is; the log says it. */
const worker = randomId().slice(0, 8);
const logger = config.parallel ? workerLogger() : jsonLogger(config.logLevel, (line) => console.log(line));
const running = program({
  config,
  kv: await openKv(config.kvPath),
  logger,
  // A KV server takes the commits of all at once.
  ...(config.parallel && !/^https?:/.test(config.kvPath ?? "") ? { inTurn } : {}),
});

export const app = buildApp(running, appConfig, (problem) => createElement(ErrorPage, problem));

// A rejection that nobody awaits would end the process, and every answer in it. It is a defect all the same.
globalThis.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  logger.log("error", "unhandled_rejection", { cause: causes(event.reason) });
});

let server: { shutdown(): Promise<void> } | null = null;
let draining = false;

/** Who serves the app, so that a drain can close it. */
export function servedBy(by: { shutdown(): Promise<void> }): void {
  server = by;
}

/** Flushes, hands leases back, says goodbye and exits, with the other workers of this process if there are any. */
export function drain(why: string): void {
  if (draining) return;
  draining = true;
  logger.log("info", "signal", { signal: why });
  workers?.drain(why);
  setTimeout(() => exit("drain_timeout"), EXIT_MS_MAX);
  drained().catch((error) => {
    logger.log("error", "drain_failed", { cause: causes(error) });
    Deno.exit(1);
  });
}

async function drained(): Promise<never> {
  // New connections are refused at once; those that are open finish while the jobs are handed back.
  const closed = server?.shutdown();
  await running.drain(() =>
    Promise.race([closed, new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS_MAX))])
  );
  if (workers === null) exit("drained");
  logger.log("info", "drained");
  await workers.allDrained();
  Deno.exit(0);
}

function exit(event: string): never {
  logger.log("info", event);
  Deno.exit(0);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => drain(signal));

/** Null unless this is one of several. It joins the others when it hears signals, as they may count on. */
export const workers = config.parallel
  ? new Workers({
    channel: new BroadcastChannel("workers") as Channel,
    clock: systemClock,
    name: worker,
    counts: () => running.services.metrics.text(),
    onDrain: drain,
  })
  : null;

running.start();

if (config.parallel) {
  // Deno 2.5 would go on without a worker that has failed, and without what it had begun.
  globalThis.addEventListener("error", (event) => {
    logger.log("error", "worker_failed", { cause: causes(event.error) });
    Deno.exit(1);
  });
} else {
  // Deno Deploy stops an instance that has no requests; this wakes one, so that what it left is brought to an end (P4).
  // Workers are on a machine that does not sleep, and each of their sweeps looks every second.
  Deno.cron("take over what dead processes left", "* * * * *", () => running.sweep.run());
}

if (import.meta.main) void serve();

async function serve(): Promise<void> {
  const { host: hostname, port } = config;
  const handler = await builtHandler();
  try {
    servedBy(Deno.serve({ hostname, port, onListen }, handler));
  } catch (error) {
    console.error(whyNotServing(error, config));
    Deno.exit(1);
  }
}

/** The exit code of the workers' process. */
async function serveInParallel(): Promise<number> {
  const { host, port } = config;
  try {
    // `deno serve` would not say what to do about a port that is taken.
    Deno.listen({ hostname: host, port }).close();
    return await supervise({ module: new URL("./parallel.ts", import.meta.url), host, port });
  } catch (error) {
    console.error(whyNotServing(error, config));
    return 1;
  }
}

/** What `dev.ts build` made of `app`. */
export async function builtHandler(): Promise<Deno.ServeHandler> {
  try {
    const built: { default: { fetch: Deno.ServeHandler } } = await import(
      new URL("./_fresh/server.js", import.meta.url).href
    );
    return built.default.fetch;
  } catch (error) {
    console.error(whyNotServing(error, config));
    Deno.exit(1);
  }
}

/** `deno serve` puts the worker's name before what the console says, and a line would not be JSON any more. */
function workerLogger(): Logger {
  const encoder = new TextEncoder();
  const { log } = jsonLogger(config.logLevel, (line) => {
    try {
      let bytes = encoder.encode(line + "\n");
      while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
    } catch {
      // As with the console: a log that nobody reads any more is no reason to fail.
    }
  });
  return { log: (level, event, fields) => log(level, event, { worker, ...fields }) };
}

export function onListen(address: Deno.Addr): void {
  if (!("hostname" in address)) return; // We listen on the network alone.
  const { hostname, port } = address;
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
