// Many answers at once, each with one follower; how late is each token?
import { cpuSeconds } from "./cpu.ts";
import type { BenchProvider } from "./provider.ts";
import { arrivals } from "./readers.ts";
import { type Spread, spread } from "./stats.ts";
import type { Target } from "./targets.ts";

export interface Level {
  generations: number;
  /** Tokens of each answer, the first `warmupTokens` of which are not measured. */
  tokens: number;
  warmupTokens: number;
}

export interface Measured {
  target: string;
  level: Level;
  latencyMs: Spread;
  /** CPU seconds of the server for 100,000 tokens; null where it cannot be read. */
  cpuPer100k: number | null;
  /** KV write units for 1,000 tokens; null for a target without storage. */
  unitsPer1k: number | null;
}

/** Runs one level to its end. Every token of every answer must arrive, once and in order. */
export async function measure(target: Target, provider: BenchProvider, level: Level): Promise<Measured> {
  const cpuBefore = cpuSeconds(target.pid);
  const unitsBefore = await target.writeUnits();
  const late = await Promise.all(Array.from({ length: level.generations }, async (_, i) => {
    const key = `${target.name.replaceAll(/\W+/g, "-")}-${level.generations}-${i}`;
    const arrivedMs = await arrivals(await target.start(key, level.tokens), level.tokens, target.textIn);
    const { atMs } = provider.sent(key);
    return arrivedMs.map((at, token) => at - atMs[token]!).slice(level.warmupTokens);
  }));
  const tokens = level.generations * level.tokens;
  const cpuAfter = cpuSeconds(target.pid);
  const unitsAfter = await target.writeUnits();
  return {
    target: target.name,
    level,
    latencyMs: spread(late.flat()),
    cpuPer100k: cpuBefore === null || cpuAfter === null ? null : (cpuAfter - cpuBefore) / tokens * 100_000,
    unitsPer1k: unitsBefore === null || unitsAfter === null
      ? null
      : (unitsAfter - unitsBefore) / tokens * 1_000,
  };
}
