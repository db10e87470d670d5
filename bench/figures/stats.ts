// What a list of numbers says.

/** The value that a share `p` of the sorted samples stays at or below, by nearest rank. */
export function percentile(sorted: ArrayLike<number>, p: number): number {
  if (sorted.length === 0) throw new RangeError("No samples, hence no percentile");
  return sorted[Math.max(0, Math.ceil(sorted.length * p) - 1)]!;
}

export interface Spread {
  count: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

export function spread(samples: ArrayLike<number>): Spread {
  const sorted = Float64Array.from(samples).sort();
  return {
    count: sorted.length,
    p50: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    p99: percentile(sorted, 0.99),
    max: percentile(sorted, 1),
  };
}

/** One figure of several runs. */
export interface Runs {
  median: number;
  min: number;
  max: number;
}

export function runs(values: readonly number[]): Runs {
  const sorted = values.toSorted((a, b) => a - b);
  // With an even number of runs the middle is between two.
  const median = (percentile(sorted, 0.5) + sorted[Math.floor(sorted.length / 2)]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

/** Samples that come one by one, many of them. */
export class Samples {
  #values = new Float64Array(1024);
  #length = 0;

  add(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(2 * this.#length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  get values(): Float64Array {
    return this.#values.subarray(0, this.#length);
  }
}
