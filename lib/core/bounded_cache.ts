// What was made once and may be asked for again, up to a weight in all; what was not asked for longest goes first.
//   A value must follow from its key alone: whoever asks next may be somebody else.

export class BoundedCache<K, V> {
  /** In the order in which they were last asked for: a Map keeps that of insertion. */
  readonly #kept = new Map<K, { value: V; weight: number }>();
  readonly #weightMax: number;
  #weight = 0;

  constructor(weightMax: number) {
    this.#weightMax = weightMax;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** The weight of all that is kept; never above the bound. */
  get weight(): number {
    return this.#weight;
  }

  get(key: K): V | undefined {
    const found = this.#kept.get(key);
    if (found === undefined) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, found);
    return found.value;
  }

  /** Keeps `value`, unless it alone outweighs the bound. */
  put(key: K, value: V, weight: number): void {
    this.remove(key);
    if (weight > this.#weightMax) return;
    this.#kept.set(key, { value, weight });
    this.#weight += weight;
    for (const oldest of this.#kept.keys()) {
      if (this.#weight <= this.#weightMax) return;
      this.remove(oldest);
    }
  }

  remove(key: K): void {
    this.#weight -= this.#kept.get(key)?.weight ?? 0;
    this.#kept.delete(key);
  }
}
