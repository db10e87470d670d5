// How long a token takes from the provider to a follower, and what it costs, against a relay that keeps nothing.
//   deno task bench            the whole table, about five minutes
//   deno task bench --quick    a smoke of the bench itself, about half a minute; its figures mean little
// Provider, load generator and followers share this process and its clock; each server is a process of its own.
import { crash, SHORT, SMOKE } from "./crash.ts";
import { type Level, measure, type Measured } from "./load.ts";
import { startProvider } from "./provider.ts";
import { measureRequests } from "./requests.ts";
import { addedTable, NOT_MEASURED, requestTable, tokenTable } from "./table.ts";
import { startApp, startRelay } from "./targets.ts";

/** Twelve seconds an answer at 50 tokens a second, of which two warm the code up. */
const FULL = { generations: [1, 10, 50], tokens: 600, warmupTokens: 100, runs: 40 };
const QUICK = { generations: [1, 10], tokens: 60, warmupTokens: 10, runs: 5 };

if (import.meta.main) {
  const quick = Deno.args.includes("--quick");
  const plan = quick ? QUICK : FULL;
  const levels: Level[] = plan.generations.map((generations) => ({ ...plan, generations }));
  const measured: Measured[] = [];
  await using provider = startProvider();

  await using relay = await startRelay(provider);
  await using app = await startApp(provider, 0);
  await using calm = await startApp(provider, 50);
  const loadBefore = Deno.loadavg()[0]!;
  // Targets take turns at each level, so that a machine that slows down slows them all.
  for (const level of levels) {
    for (const target of [relay, app, calm]) {
      console.error(`${target.name}: ${level.generations} generations …`);
      measured.push(await measure(target, provider, level));
    }
  }
  const requests = await measureRequests(app, provider, plan.runs);

  console.log(
    `Deno ${Deno.version.deno}, ${Deno.build.target}, ${navigator.hardwareConcurrency} cores, ` +
      `load average ${loadBefore.toFixed(1)} before and ${Deno.loadavg()[0]!.toFixed(1)} after\n`,
  );
  console.log(`From the provider's send to a follower's receipt\n\n${tokenTable(measured)}\n`);
  console.log(`What the app adds to the bare relay\n\n${addedTable(measured, relay.name)}\n`);
  console.log(`Single requests, one at a time\n\n${requestTable(requests)}\n`);
  const sound = await crash(quick ? SMOKE : SHORT);
  console.log(NOT_MEASURED);
  if (!sound) Deno.exitCode = 1;
}
