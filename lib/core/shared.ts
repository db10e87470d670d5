// Equal calls that come together, made once.
//   O1  A call is answered by one that began after it was asked for, never by one that was already under way: what it
//       is told is no older than its question.

interface Call<V> {
  /** Resolves when it has been answered, in whatever way. */
  ended: Promise<void>;
  /** What those share who came while it was under way. */
  next: Promise<V> | null;
}

export class Shared<V> {
  readonly #calls = new Map<string, Call<V>>();

  /** Keys with a call under way. */
  get size(): number {
    return this.#calls.size;
  }

  /**
   * What `make` answers, now or when the call for `key` that is under way has ended. Those who come meanwhile share one:
   * of a thousand that come at once, two are made.
   */
  get(key: string, make: () => Promise<V>): Promise<V> {
    const call = this.#calls.get(key);
    if (call === undefined) return this.#begin(key, make);
    return call.next ??= call.ended.then(() => this.#begin(key, make));
  }

  #begin(key: string, make: () => Promise<V>): Promise<V> {
    const made = make();
    const end = () => {
      if (call.next === null) this.#calls.delete(key);
    };
    const call: Call<V> = { ended: made.then(end, end), next: null };
    this.#calls.set(key, call);
    return made;
  }
}
