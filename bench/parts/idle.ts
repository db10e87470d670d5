// Followers who wait: what each of them costs in memory, beside what the platform takes for a stream that does nothing.
import type { Bench, Section } from "../bench.ts";
import { residentMiB } from "../figures/cpu.ts";
import { linePlot } from "../figures/plot.ts";
import { table } from "../figures/table.ts";
import { IdleCrowd, type Visit } from "../generator/crowd.ts";
import { addressOf, request } from "../generator/http.ts";
import { startProcess } from "../targets/process.ts";
import { follow, startApp } from "../targets/throughline.ts";

const STEPS = [0, 1_000, 2_500, 5_000, 10_000];
const PER_CONVERSATION = 10;
/** A person may have 100 streams. */
const CONVERSATIONS_PER_SESSION = 10;
/** Memory is read when garbage has had the time to go. */
const SETTLE_MS = 4_000;
/** Deno Deploy's limit for a process. */
const LIMIT_MIB = 512;

interface Step {
  followers: number;
  residentMiB: number;
}

export async function idle({ provider, options, progress }: Bench): Promise<Section> {
  const steps = options.quick ? [0, 100] : STEPS;
  const settleMs = options.quick ? 300 : SETTLE_MS;
  const most = steps.at(-1)!;
  const results: { name: string; steps: Step[]; refused: string }[] = [];
  {
    await using server = await startProcess(Deno.execPath(), ["run", "-A", "bench/servers/idle_sse.ts"]);
    const visit = { address: addressOf(server.url), request: request("GET", "/") };
    progress(`${most} idle followers: a bare handler`);
    results.push({
      name: "bare `Deno.serve` handler",
      ...await fill([server.pid], steps, new Array<Visit>(most).fill(visit), settleMs),
    });
  }
  {
    await using app = await startApp(provider, { name: "Throughline", env: {} });
    progress(`${most} idle followers: Throughline`);
    const conversations = await app.conversations(
      Math.ceil(most / PER_CONVERSATION),
      CONVERSATIONS_PER_SESSION,
    );
    // One follower of every conversation, then a second one of each, and so on.
    const visits = Array.from({ length: most }, (_, i) => {
      const { api, id, cursor } = conversations[i % conversations.length]!;
      return follow(app.url, api, id, cursor);
    });
    results.push({ name: "Throughline", ...await fill(app.pids, steps, visits, settleMs) });
  }
  return {
    title: `Idle followers: ${most.toLocaleString("en")} of ${
      (most / PER_CONVERSATION).toLocaleString("en")
    } conversations`,
    text: [
      table(
        ["server", "followers", "RSS MiB", "KiB for each follower", "refused"],
        results.flatMap(({ name, steps, refused }) =>
          steps.map(({ followers, residentMiB }, i) => [
            name,
            followers.toLocaleString("en"),
            residentMiB.toFixed(0),
            i === 0 ? "–" : ((residentMiB - steps[0]!.residentMiB) * 1024 / followers).toFixed(1),
            i === steps.length - 1 ? refused : "",
          ])
        ),
      ),
      `The limit on Deno Deploy is ${LIMIT_MIB} MiB. Memory of Throughline at 0 followers is that after it has made ` +
      "the conversations.",
    ].join("\n\n"),
    plots: [{
      file: "memory.svg",
      svg: linePlot({
        title: "Memory against idle followers",
        x: { label: "followers" },
        y: { label: "RSS, MiB" },
        series: results.map(({ name, steps }) => ({
          name: name.replaceAll("`", ""),
          points: steps.map(({ followers, residentMiB }) => [followers, residentMiB]),
        })),
      }),
    }],
  };
}

/** Lets followers come up to each step, and reads the server's memory there. */
async function fill(
  pids: readonly number[],
  steps: readonly number[],
  visits: readonly Visit[],
  settleMs: number,
): Promise<{ steps: Step[]; refused: string }> {
  using crowd = new IdleCrowd();
  const reached: Step[] = [];
  let tried = 0;
  for (const step of steps) {
    await crowd.add(visits.slice(tried, step));
    tried = step;
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    reached.push({ followers: crowd.size, residentMiB: residentMiB(pids) ?? NaN });
  }
  const refused = [...crowd.refused].map(([status, times]) => `${times.toLocaleString("en")} with ${status}`);
  return { steps: reached, refused: refused.join(", ") || "none" };
}
