// What to measure, and how long: the arguments of `deno task bench`.

/** In the order in which they run. */
export const PARTS = [
  "load",
  "throughput",
  "fan-out",
  "idle",
  "first-token",
  "catch-up",
  "page",
  "rendering",
  "feel",
  "search",
  "store-size",
  "cost",
  "crash",
] as const;
export type PartName = typeof PARTS[number];

export interface Options {
  /** A smoke of the bench itself; its figures mean little. */
  quick: boolean;
  /** Write RESULTS.md and the plots. */
  save: boolean;
  /** The server has `PARALLEL=1`; measure it too. */
  parallel: boolean;
  only: readonly PartName[];
  /** Beginnings of targets' names, such as `direct` or `Throughline`; empty: all. */
  targets: readonly string[];
  /** In place of the plan's own. */
  levels: readonly number[] | null;
  runs: number | null;
  perSecond: number | null;
  windowMs: number | null;
}

export const USAGE = `deno task bench [options]
  --quick               each part once and short: whether the bench works, under a minute
  --only load,fan-out   these parts alone: ${PARTS.join(", ")}
  --targets direct,t    only targets whose names begin so, whatever the case
  --levels 10,50        generations (load, throughput)
  --rate 30             tokens a second of each generation (load)
  --runs 3              how often each figure is measured
  --seconds 6           length of a measured window
  --parallel            measure PARALLEL=1 as well
  --save                write bench/RESULTS.md and the plots; with --only, those parts of it`;

/** @throws Error that says what is wrong */
export function optionsFrom(args: readonly string[]): Options {
  const options: Options = {
    quick: false,
    save: false,
    parallel: false,
    only: PARTS,
    targets: [],
    levels: null,
    runs: null,
    perSecond: null,
    windowMs: null,
  };
  for (let i = 0; i < args.length; i++) {
    const name = args[i]!;
    const value = () => args[++i] ?? fault(`${name} wants a value`);
    const number = () => numberIn(value());
    if (name === "--quick") options.quick = true;
    else if (name === "--save") options.save = true;
    else if (name === "--parallel") options.parallel = true;
    else if (name === "--only") options.only = value().split(",").map(partIn);
    else if (name === "--targets") options.targets = value().split(",");
    else if (name === "--levels") options.levels = value().split(",").map(numberIn);
    else if (name === "--runs") options.runs = number();
    else if (name === "--rate") options.perSecond = number();
    else if (name === "--seconds") options.windowMs = number() * 1_000;
    else fault(`There is no ${name}`);
  }
  if (options.quick && options.save) fault("The figures of --quick are not worth saving");
  return options;
}

function partIn(text: string): PartName {
  return PARTS.find((part) => part === text) ?? fault(`There is no part "${text}"`);
}

function numberIn(text: string): number {
  return /^\d+$/.test(text) && Number(text) > 0
    ? Number(text)
    : fault(`"${text}" is no whole number above 0`);
}

function fault(why: string): never {
  throw new Error(`${why}.\n\n${USAGE}`);
}
