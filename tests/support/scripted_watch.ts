// A watch whose wake-ups the test gives: none, many, late or early. What KV's own promises, and less.
import type { OnState, Watch } from "@/lib/bus/watcher.ts";
import type { Key, Versioned } from "@/lib/kv/store.ts";

export class ScriptedWatch implements Watch {
  readonly #listeners = new Map<string, Set<OnState<unknown>>>();
  /** Watches opened, of all keys and ever. */
  opened = 0;

  watch<V>(key: Key<V>, onState: OnState<V>): Disposable {
    this.opened++;
    const name = JSON.stringify(key);
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(onState as OnState<unknown>);
    return { [Symbol.dispose]: () => void listeners.delete(onState as OnState<unknown>) };
  }

  /** Watches of `key` that are open. */
  watching(key: Key<unknown>): number {
    return this.#listeners.get(JSON.stringify(key))?.size ?? 0;
  }

  /** Tells whoever watches `key` of a state, be it true or not. */
  tell<V>(key: Key<V>, state: Versioned<V>): void {
    for (const listener of [...this.#listeners.get(JSON.stringify(key)) ?? []]) listener(state);
  }
}
