// Random numbers that can be repeated: a test prints its seed, and `SEED=<n>` runs it again.

export interface Random {
  readonly seed: number;
  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number;
}

/** From `SEED`, or a new one, which is printed so that a failure can be repeated. */
export function seeded(name: string): Random {
  const seed = Number(Deno.env.get("SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
  console.log(`${name}: SEED=${seed}`);
  // A linear congruential generator (Numerical Recipes): even enough to choose where to cut.
  let state = seed >>> 0;
  return {
    seed,
    between(min, max) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return min + Math.floor(state / 2 ** 32 * (max - min + 1));
    },
  };
}
