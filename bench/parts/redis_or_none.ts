// The library over Redis can be measured only where there is a Redis.
import type { Bench } from "../bench.ts";
import { redis } from "../targets/baselines.ts";
import { hasRedis } from "../targets/redis_server.ts";
import type { Target } from "../targets/target.ts";

/** The chosen targets, and what is to be said when Redis is not among them. */
export async function redisOrNone(
  bench: Bench,
  targets: (redis: Target[]) => Target[],
): Promise<{ targets: Target[]; note: string }> {
  const chosen = bench.chosen(targets([redis]));
  if (!chosen.includes(redis) || await hasRedis()) return { targets: chosen, note: "" };
  return {
    targets: bench.chosen(targets([])),
    note: `\n\n${redis.name} is left out: there is no \`redis-server\` on the PATH.`,
  };
}
