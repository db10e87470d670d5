/// <reference lib="deno.worker" />
// Runs batches of seeds for `main.ts`.
import type { Batch } from "./main.ts";
import { brokenSeeds } from "./seeds.ts";

self.onmessage = async ({ data }: MessageEvent<Batch>) => {
  self.postMessage(await brokenSeeds(data.from, data.to, { max: Infinity }));
};
