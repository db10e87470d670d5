// Every figure that this project promises, measured against freshly started servers (README.md says how).
//   deno task bench            everything
//   deno task bench --quick    a smoke of the bench itself; its figures mean little
// Ends with 1 when a byte was missing, repeated or wrong.
import type { Bench, Part, Section } from "./bench.ts";
import { Provider } from "./generator/provider.ts";
import { type Options, optionsFrom, type PartName, PARTS } from "./options.ts";
import { catchUp } from "./parts/catch_up.ts";
import { cost } from "./parts/cost.ts";
import { crashProof } from "./parts/crash.ts";
import { fanOut } from "./parts/fan_out.ts";
import { feel } from "./parts/feel.ts";
import { firstToken } from "./parts/first_token.ts";
import { idle } from "./parts/idle.ts";
import { load } from "./parts/load.ts";
import { page } from "./parts/page.ts";
import { rendering } from "./parts/rendering.ts";
import { search } from "./parts/search.ts";
import { storeSize } from "./parts/store_size.ts";
import { throughput } from "./parts/throughput.ts";
import { provenance, save, sectionText } from "./results.ts";

const RUN: Record<PartName, Part> = {
  load,
  throughput,
  "fan-out": fanOut,
  idle,
  "first-token": firstToken,
  "catch-up": catchUp,
  page,
  rendering,
  feel,
  search,
  "store-size": storeSize,
  cost,
  crash: crashProof,
};

/** Whether every part ended, and every byte was as it should be. */
async function main(options: Options): Promise<boolean> {
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
  const measured = new Map<PartName, { section: Section; from: string }>();
  let sound = true;
  for (const part of PARTS.filter((part) => options.only.includes(part))) {
    const loadBefore = Deno.loadavg()[0]!;
    try {
      const section = await RUN[part](bench);
      const from = provenance(loadBefore);
      console.log(`${sectionText({ ...section, plots: [] }, from)}\n`);
      measured.set(part, { section, from });
      sound &&= section.broken !== true;
    } catch (error) {
      // The others are worth their time; a part that failed is not saved, and fails the bench.
      console.error(`${part} failed:`, error);
      sound = false;
    }
  }
  if (options.save) await save(measured);
  return sound;
}

if (import.meta.main) {
  Deno.exit(await main(optionsFrom(Deno.args)) ? 0 : 1);
}
