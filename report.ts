// `deno task report`: how the variants of PROMPT_VARIANTS compare, from the answers in the store. Reads, and writes nothing.
import { everyMessage } from "./lib/chat/messages.ts";
import { type Config, ConfigError, configFromEnv } from "./lib/config.ts";
import { openKv } from "./lib/kv/open.ts";
import { Store } from "./lib/kv/store.ts";
import { Metrics } from "./lib/observe/metrics.ts";
import { Experiment, tableOf } from "./lib/usage/experiment.ts";

function configOrExit(): Config {
  try {
    return configFromEnv();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}

/** Opening a file that is not there would make one. */
async function exists({ kvPath, sharedFile }: Config): Promise<boolean> {
  if (!sharedFile || kvPath === undefined) return true;
  return await Deno.stat(kvPath).then(({ isFile }) => isFile, () => false);
}

const config = configOrExit();
if (!await exists(config)) {
  console.error(`There is no store at ${config.kvPath}. Set KV_PATH to that of the server.`);
  Deno.exit(1);
}
using kv = await openKv(config.kvPath);
const experiment = new Experiment(config.variants.map(({ name }) => name));
for await (const { message, order } of everyMessage(new Store(kv, new Metrics()))) {
  experiment.add(message, order);
}
console.log(tableOf(experiment.result()).trimEnd());
