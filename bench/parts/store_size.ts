// Whether a full store is slower than an empty one.
import type { Bench, Section } from "../bench.ts";
import { latencyTable } from "../figures/levels.ts";
import { spread } from "../figures/stats.ts";
import { table } from "../figures/table.ts";
import { addressOf, Wire } from "../generator/http.ts";
import { join } from "../../tests/support/paths.ts";
import { newConversation, type RunningApp, sending, startApp } from "../targets/throughline.ts";
import type { Target } from "../targets/target.ts";
import { sideBySide } from "./side_by_side.ts";

const KEYS = 1_000_000;
/** KV takes so many writes in one commit. */
const KEYS_PER_COMMIT = 1_000;
/** Unmeasured: the first ones pay for compiling. */
const WARMUP = 20;
const GENERATIONS = 10;

export async function storeSize(bench: Bench): Promise<Section> {
  const { provider, options, progress } = bench;
  const keys = options.quick ? 10_000 : KEYS;
  const folder = await Deno.makeTempDir({ prefix: "throughline-bench-" });
  try {
    const stores = [
      { name: "empty store", kvPath: join(folder, "empty.db"), keys: 0 },
      { name: `${keys.toLocaleString("en")} keys`, kvPath: join(folder, "full.db"), keys },
    ];
    for (const { kvPath, keys } of stores) {
      if (keys > 0) progress(`writing ${keys} keys`);
      await fill(kvPath, keys);
    }
    const posts = await postTimes(bench, stores);
    const targets = stores.map(({ name, kvPath }): Target => ({
      name,
      start: (provider) => startApp(provider, { name, kvPath, env: { FLUSH_MS: "0" } }),
    }));
    const load = {
      generations: GENERATIONS,
      perSecond: 30,
      followers: 1,
      warmupMs: options.quick ? 300 : 2_000,
      windowMs: options.windowMs ?? (options.quick ? 700 : 6_000),
    };
    const rows = await sideBySide(
      { ...bench, provider },
      targets,
      [load],
      options.runs ?? (options.quick ? 1 : 3),
    );
    return { title: "Store size", text: `${posts}\n\n${latencyTable(rows)}` };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Small keys under a prefix that the app does not look at. */
async function fill(path: string, keys: number): Promise<void> {
  using kv = await Deno.openKv(path);
  for (let from = 0; from < keys; from += KEYS_PER_COMMIT) {
    const commit = kv.atomic();
    for (let i = from; i < Math.min(keys, from + KEYS_PER_COMMIT); i++) commit.set(["bench-filling", i], i);
    await commit.commit();
  }
}

/** From sending a message until it is accepted, which is one commit, one at a time. */
async function postTimes(
  { provider, options }: Bench,
  stores: readonly { name: string; kvPath: string }[],
): Promise<string> {
  const runs = options.quick ? 5 : 200;
  const warmup = options.quick ? 2 : WARMUP;
  const apps: { name: string; app: RunningApp; times: number[]; bytes: number }[] = [];
  try {
    for (const { name, kvPath } of stores) {
      const { size } = await Deno.stat(kvPath);
      apps.push({ name, app: await startApp(provider, { name, kvPath, env: {} }), times: [], bytes: size });
    }
    for (let i = 0; i < warmup + runs; i++) {
      for (const { app, times } of apps) {
        const ms = await postOnce(app, provider.asking("Yes."));
        if (i >= warmup) times.push(ms);
      }
    }
  } finally {
    for (const { app } of apps) await app[Symbol.asyncDispose]();
  }
  return table(
    ["store", "file MiB", "POST a message until it is accepted, p50 ms", "p99 ms", "runs"],
    apps.map(({ name, times, bytes }) => {
      const { p50, p99, count } = spread(times);
      return [name, (bytes / 1024 / 1024).toFixed(0), p50.toFixed(2), p99.toFixed(2), String(count)];
    }),
  );
}

async function postOnce(app: RunningApp, text: string): Promise<number> {
  const api = await app.session();
  const { id } = await newConversation(api);
  using wire = await Wire.connect(addressOf(app.url));
  const bytes = sending(api, id, text);
  const beganMs = performance.now();
  const { status, body } = await wire.exchange(bytes);
  const ms = performance.now() - beganMs;
  if (status !== 202) throw new Error(`Sending was answered with ${status}`);
  const { reply } = JSON.parse(new TextDecoder().decode(body)) as { reply: { messageId: string } };
  await api.finished(id, reply.messageId);
  return ms;
}
