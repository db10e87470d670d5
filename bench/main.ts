// Every figure that this project promises, measured against freshly started servers (README.md says how).
//   deno task bench            everything
//   deno task bench --quick    a smoke of the bench itself; its figures mean little
// Ends with 1 when a byte was missing, repeated or wrong.
import type { Bench, Part } from "./bench.ts";
import { Provider } from "./generator/provider.ts";
import { type Options, optionsFrom, type PartName, PARTS } from "./options.ts";
import { catchUp } from "./parts/catch_up.ts";
import { cost } from "./parts/cost.ts";
import { fanOut } from "./parts/fan_out.ts";
import { firstToken } from "./parts/first_token.ts";
import { idle } from "./parts/idle.ts";
import { load } from "./parts/load.ts";
import { page } from "./parts/page.ts";
import { storeSize } from "./parts/store_size.ts";
import { throughput } from "./parts/throughput.ts";

const RUN: Record<PartName, Part> = {
  load,
  throughput,
  "fan-out": fanOut,
  idle,
  "first-token": firstToken,
  "catch-up": catchUp,
  page,
  "store-size": storeSize,
  cost,
};

async function main(options: Options): Promise<void> {
  await using provider = Provider.start();
  const bench: Bench = {
    provider,
    options,
    chosen: (targets) =>
      options.targets.length === 0
        ? [...targets]
        : targets.filter(({ name }) =>
          options.targets.some((wanted) => name.toLowerCase().startsWith(wanted.toLowerCase()))
        ),
    progress: (text) => console.error(`${new Date().toISOString().slice(11, 19)} ${text} …`),
  };
  console.log(
    `Deno ${Deno.version.deno}, ${Deno.build.target}, ${navigator.hardwareConcurrency} cores, load average ${
      Deno.loadavg()[0]!.toFixed(1)
    }\n`,
  );
  for (const part of PARTS.filter((part) => options.only.includes(part))) {
    const { title, text } = await RUN[part](bench);
    console.log(`## ${title}\n\n${text}\n`);
  }
}

if (import.meta.main) {
  await main(optionsFrom(Deno.args));
}
