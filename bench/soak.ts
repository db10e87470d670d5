// Hours under load: does anything grow that should not?
//   deno run -A bench/soak.ts --minutes 60 --generations 100
// Each generation is an answer of twenty seconds in a conversation of its own, followed to its end and checked to the
// byte; when it ends the next begins. Ends with 1 when a byte was wrong; whether memory is flat is told, not enforced.
import { residentMiB } from "./figures/cpu.ts";
import { runs as runsOf, Samples, spread } from "./figures/stats.ts";
import { table } from "./figures/table.ts";
import { type Arrivals, Follower } from "./generator/follower.ts";
import { Provider } from "./generator/provider.ts";
import { machine } from "./results.ts";
import { follow, newConversation, type RunningApp, startApp } from "./targets/throughline.ts";
import type { Api } from "../tests/support/api.ts";

const PACE = { tokens: 600, perSecond: 30 };
/** Samples of the whole time: one a minute in an hour. */
const SAMPLES = 60;
/** Generations of one person: a person may have 100 streams. */
const PER_SESSION = 50;
/** Answers begin spread over their length, so that as many end in each second. */
const SPREAD_MS = PACE.tokens / PACE.perSecond * 1_000;
/** The last third is flat when its median is at most this many times that of the middle third. */
const FLAT_MAX = 1.1;

interface Sample {
  atS: number;
  residentMiB: number;
  /** Null: the server does not tell. */
  heapMiB: number | null;
  kvMiB: number;
  streams: number;
  topics: number;
  p99Ms: number;
  answers: number;
}

interface Plan {
  minutes: number;
  generations: number;
}

async function soak({ minutes, generations }: Plan): Promise<void> {
  await using provider = Provider.start();
  await using app = await startApp(provider, { name: "soak", env: {} });
  const people: Api[] = [];
  for (let i = 0; i < Math.ceil(generations / PER_SESSION); i++) people.push(await app.session());
  const untilMs = performance.now() + minutes * 60_000;
  let latencies = new Samples();
  let answers = 0;
  const arrivals: Arrivals = { arrived: (sentMs, nowMs) => latencies.add(nowMs - sentMs) };
  const generation = async (i: number) => {
    await sleep(Math.min(i / generations * SPREAD_MS, minutes * 60_000 / 3));
    while (performance.now() < untilMs) {
      await one(app, provider, people[Math.floor(i / PER_SESSION)]!, arrivals);
      answers++;
    }
  };
  const all = Promise.all(Array.from({ length: generations }, (_, i) => generation(i)));
  all.catch(() => {}); // raced with below
  const samples: Sample[] = [];
  const beganMs = performance.now();
  for (let i = 1; i <= SAMPLES; i++) {
    await Promise.race([sleep(beganMs + i * minutes * 60_000 / SAMPLES - performance.now()), all]);
    const window = latencies;
    latencies = new Samples();
    samples.push(await sampled(app, (performance.now() - beganMs) / 1_000, window, answers));
    console.error(`${i} of ${SAMPLES}: ${samples.at(-1)!.residentMiB.toFixed(0)} MiB, ${answers} answers …`);
  }
  await all;
  console.log(
    `${minutes} minutes at ${generations} generations of ${PACE.perSecond} tokens/s. ${machine()}.\n`,
  );
  console.log(`${sampleTable(samples)}\n`);
  console.log(flatTable(samples));
}

/** One answer, from its conversation to its last byte. */
async function one(app: RunningApp, provider: Provider, api: Api, arrivals: Arrivals): Promise<void> {
  const { id } = await newConversation(api);
  const { cursor } = await api.read(id);
  const answer = provider.answer(PACE);
  using follower = new Follower(follow(app.url, api, id, cursor), answer, arrivals);
  await follower.opened;
  await api.send(id, { text: answer.question });
  await follower.done;
  provider.forget([answer]);
}

async function sampled(app: RunningApp, atS: number, latencies: Samples, answers: number): Promise<Sample> {
  const metrics = await app.metrics();
  const heap = [...metrics].find(([name]) => /heap_(used_)?bytes/.test(name))?.[1];
  return {
    atS,
    residentMiB: residentMiB(app.pids) ?? NaN,
    heapMiB: heap === undefined ? null : heap / 1024 ** 2,
    kvMiB: await bytesOf([app.kvPath, `${app.kvPath}-wal`]) / 1024 ** 2,
    streams: metrics.get("throughline_streams_open") ?? NaN,
    topics: metrics.get("throughline_topics_watched") ?? NaN,
    p99Ms: latencies.values.length === 0 ? NaN : spread(latencies.values).p99,
    answers,
  };
}

async function bytesOf(paths: readonly string[]): Promise<number> {
  let sum = 0;
  for (const path of paths) {
    try {
      sum += (await Deno.stat(path)).size;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // the journal comes and goes
    }
  }
  return sum;
}

function sampleTable(samples: readonly Sample[]): string {
  return table(
    ["s", "RSS MiB", "V8 heap MiB", "KV files MiB", "streams", "topics", "p99 ms", "answers"],
    samples.map(({ atS, residentMiB, heapMiB, kvMiB, streams, topics, p99Ms, answers }) => [
      atS.toFixed(0),
      residentMiB.toFixed(0),
      heapMiB?.toFixed(0) ?? "not told",
      kvMiB.toFixed(1),
      String(streams),
      String(topics),
      p99Ms.toFixed(1),
      String(answers),
    ]),
  );
}

/** Each figure's median in the last third of the time beside that in the middle third. */
function flatTable(samples: readonly Sample[]): string {
  const third = Math.floor(samples.length / 3);
  const middle = samples.slice(third, 2 * third);
  const last = samples.slice(2 * third);
  const row = (name: string, figure: (one: Sample, i: number, of: readonly Sample[]) => number) => {
    const [before, after] = [middle, last].map((some) => {
      const values = some.map(figure).filter((value) => !Number.isNaN(value));
      return values.length === 0 ? null : runsOf(values).median;
    });
    if (before == null || after == null) return [name, "–", "–", "not told"];
    const flat = after <= before * FLAT_MAX;
    return [name, before.toFixed(2), after.toFixed(2), flat ? "flat" : `grows by ${growth(before, after)}`];
  };
  return `${
    table(["median of", "middle third", "last third", `flat: at most ${FLAT_MAX} times`], [
      row("RSS MiB", ({ residentMiB }) => residentMiB),
      row("V8 heap MiB", ({ heapMiB }) => heapMiB ?? NaN),
      row("streams", ({ streams }) => streams),
      row("topics", ({ topics }) => topics),
      row("p99 ms", ({ p99Ms }) => p99Ms),
      // What is answered is kept, so the store grows: by as much for each answer, early and late.
      row("KV KiB added per answer", perAnswer),
    ])
  }`;
}

/** KiB that the store has grown by since the first sample of this third, for each answer that ended since. */
function perAnswer({ kvMiB, answers }: Sample, _i: number, third: readonly Sample[]): number {
  const ended = answers - third[0]!.answers;
  return ended === 0 ? NaN : (kvMiB - third[0]!.kvMiB) * 1024 / ended;
}

function growth(before: number, after: number): string {
  return `${((after / before - 1) * 100).toFixed(0)} %`;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}

function planFrom(args: readonly string[]): Plan {
  const plan: Plan = { minutes: 60, generations: 100 };
  for (let i = 0; i < args.length; i += 2) {
    const value = Number(args[i + 1]);
    const name = args[i]!.slice(2);
    if ((name !== "minutes" && name !== "generations") || !Number.isInteger(value) || value < 1) {
      throw new Error(`Use --minutes and --generations, each with a whole number, not "${args[i]}"`);
    }
    plan[name] = value;
  }
  return plan;
}

if (import.meta.main) {
  await soak(planFrom(Deno.args));
  Deno.exit(0);
}
