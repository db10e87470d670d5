// Targets that take turns at each level: A B C, A B C, so that a machine that slows down slows them all.
import type { Bench } from "../bench.ts";
import type { Row } from "../figures/levels.ts";
import { type Figures, type Load, type Measured, run } from "../generator/load.ts";
import type { Running, Target } from "../targets/target.ts";

/** A target whose p99 has passed this is not asked for more. */
export const P99_MS_MAX = 250;

/** Every target at every level, each `runs` times. Servers live through all levels, unless one overloads them. */
export async function sideBySide(
  { provider, progress }: Bench,
  targets: readonly Target[],
  loads: readonly Load[],
  runs: number,
  p99MsMax: number = P99_MS_MAX,
): Promise<Row[]> {
  const rows: Row[] = [];
  const running = new Map<Target, Running>();
  const spent = new Set<Target>();
  try {
    for (const load of loads) {
      const level = targets.map((target): Row => ({ target: target.name, load, measured: [] }));
      for (let i = 0; i < runs; i++) {
        for (const [k, target] of targets.entries()) {
          if (spent.has(target)) continue;
          progress(
            `${load.generations} generations at ${load.perSecond} tokens/s, ${load.followers} followers, run ${
              i + 1
            }: ${target.name}`,
          );
          const server = running.get(target) ?? await target.start(provider);
          running.set(target, server);
          const measured: Measured = await run(server, provider, load);
          level[k]!.measured.push(measured);
          if (carried(measured)) continue;
          // What it still has to do would be in the figures of those that come after.
          await server[Symbol.asyncDispose]();
          running.delete(target);
          spent.add(target);
        }
      }
      for (const [k, target] of targets.entries()) {
        const { measured } = level[k]!;
        if (!carriedAll(measured, p99MsMax)) spent.add(target);
      }
      rows.push(...level);
    }
  } finally {
    for (const server of running.values()) await server[Symbol.asyncDispose]();
  }
  return rows;
}

/** Whether the target had done all that it was given. */
function carried(measured: Measured): measured is Figures {
  return "latencyMs" in measured && measured.finished;
}

/** Whether the target carried the level in every run, with a tail below the bound. */
export function carriedAll(measured: readonly Measured[], p99MsMax: number = P99_MS_MAX): boolean {
  return measured.length > 0 && measured.every((one) => carried(one) && one.latencyMs.p99 <= p99MsMax);
}
