// `deno task chaos --seeds 10000` runs so many seeds on two workers; `--from <n>` begins there; `--seed <n>` shows the run
// of one. Ends with 1 when a promise was broken.
import { check } from "./checker.ts";
import { shown } from "./history.ts";
import type { Broken } from "./seeds.ts";
import { simulate } from "./simulate.ts";

/** More would only wait for each other on the machines that this runs on. */
const WORKERS = 2;
/** Seeds that a worker is given at once. */
const BATCH = 100;

/** What a worker is asked, and what it answers. */
export interface Batch {
  from: number;
  to: number;
}

function argument(name: string): number | null {
  const at = Deno.args.indexOf(`--${name}`);
  if (at < 0) return null;
  const value = Number(Deno.args[at + 1]);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  console.error(`--${name} must be followed by a whole number from 1`);
  Deno.exit(2);
}

async function replay(seed: number): Promise<number> {
  const moments = await simulate(seed);
  const amiss = check(moments);
  console.log(shown(moments));
  console.log(
    amiss.length === 0 ? `seed ${seed}: every promise was kept` : `seed ${seed}:\n  ${amiss.join("\n  ")}`,
  );
  return amiss.length;
}

/** The worker's answer to one batch. */
function ask(worker: Worker, batch: Batch): Promise<Broken[]> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`A worker died: ${event.message}`));
    };
    worker.postMessage(batch);
  });
}

async function explore(from: number, seeds: number): Promise<number> {
  const startedMs = performance.now();
  const last = from + seeds - 1;
  let next = from;
  let done = 0;
  let broken = 0;
  const work = async () => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    try {
      while (next <= last) {
        const batch = { from: next, to: Math.min(last, next + BATCH - 1) };
        next = batch.to + 1;
        for (const { seed, amiss } of await ask(worker, batch)) {
          broken++;
          console.log(`seed ${seed}:\n  ${amiss.join("\n  ")}`);
        }
        done += batch.to - batch.from + 1;
        if (done % 1_000 < BATCH) console.log(`${done} of ${seeds} seeds, ${broken} broken`);
      }
    } finally {
      worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  console.log(`${done} seeds from ${from} in ${seconds} s: ${broken === 0 ? "clean" : `${broken} broken`}`);
  return broken;
}

if (import.meta.main) {
  const seed = argument("seed");
  const broken = seed === null
    ? await explore(argument("from") ?? 1, argument("seeds") ?? 1_000)
    : await replay(seed);
  Deno.exit(broken === 0 ? 0 : 1);
}
