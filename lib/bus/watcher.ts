// Wake-ups: who wants to know that a key changed. Shared by everyone in the process who watches the same key.
//   W1  A wake-up is a hint. It may be lost, doubled, early or coalesced; whoever is woken reads what is there.
//   W2  A slow poll makes up for what watch does not deliver: on one SQLite file it never crosses processes.
//   W3  What this process has committed itself is told from there, at once. While it goes on committing, neither watch
//       nor poll reads the key: if somebody else writes it, the next commit here fails, reads it, and tells of it.
//   W4  On a file the poll reads one short list, of who has committed (`Pulse`), and the keys only when others have.
import { Alarms } from "../core/alarms.ts";
import type { Clock } from "../core/time.ts";
import { causes } from "../core/errors.ts";
import type { Key, Store, Versioned } from "../kv/store.ts";
import type { Logger } from "../observe/log.ts";

export type OnState<V> = (state: Versioned<V>) => void;

/** Watches keys; `dispose` what it returns to stop. */
export interface Watch {
  watch<V>(key: Key<V>, onState: OnState<V>): Disposable;
}

/** Says that a commit to `key` begins here; what it returns is called when it has ended, with what it has put there. */
export type Writing = <V>(key: Key<V>) => (state: Versioned<V> | null) => void;

/** Whether others have committed since it was last asked. */
export interface Pulse {
  beaten(): Promise<boolean>;
}

/**
 * A key that this process has committed to within this time is not read for news. A delivery costs 0.1 ms of CPU, as much
 * as a commit; and whoever else writes the key meanwhile is seen this much later at the most.
 */
const OWN_MS = 250;
/** Pause before a broken watch is opened again. The poll carries its followers meanwhile. */
const REOPEN_MS = 500;

interface Watched {
  key: Key<unknown>;
  listeners: Set<OnState<unknown>>;
  /** What the listeners were told last; undefined before the first delivery. */
  seen: Versioned<unknown> | undefined;
  /** Commits to it that are under way here, and when the last one ended. */
  writing: number;
  wroteAt: number;
  /** Others have committed since it was last read. */
  stale: boolean;
  /** Ends the wait until this process no longer commits to it. */
  wake: () => void;
  stop: AbortController;
}

export interface WatcherDeps {
  store: Store;
  clock: Clock;
  logger: Logger;
  pollMs: number;
  /** Where there is none, each poll reads all keys. */
  pulse?: Pulse;
}

export class Watcher implements Watch {
  readonly #watched = new Map<string, Watched>();
  readonly #deps: WatcherDeps;
  readonly #alarms: Alarms;
  #polling: AbortController | null = null;

  constructor(deps: WatcherDeps) {
    this.#deps = deps;
    this.#alarms = new Alarms(deps.clock);
  }

  /** Calls `onState` with the key's state now, and after each change that is seen. */
  watch<V>(key: Key<V>, onState: OnState<V>): Disposable {
    const name = nameOf(key);
    const listener = onState as OnState<unknown>;
    let watched = this.#watched.get(name);
    if (watched === undefined) {
      watched = {
        key,
        listeners: new Set(),
        seen: undefined,
        writing: 0,
        wroteAt: -Infinity,
        stale: true,
        wake: () => {},
        stop: new AbortController(),
      };
      this.#watched.set(name, watched);
      void this.#run(watched);
      this.#startPolling();
    }
    watched.listeners.add(listener);
    const it = watched;
    // Who joins others is told what they know: neither watch nor poll will tell it again.
    queueMicrotask(() => {
      if (it.seen !== undefined && it.listeners.has(listener)) listener(it.seen);
    });
    return {
      [Symbol.dispose]: () => {
        it.listeners.delete(listener);
        if (it.listeners.size > 0 || this.#watched.get(name) !== it) return;
        this.#watched.delete(name);
        it.stop.abort();
        it.wake();
        if (this.#watched.size === 0) this.#stopPolling();
      },
    };
  }

  /** See `Writing` (W3). */
  writing<V>(key: Key<V>): (state: Versioned<V> | null) => void {
    const watched = this.#watched.get(nameOf(key));
    if (watched === undefined) return () => {};
    watched.writing++;
    return (state) => {
      watched.writing--;
      watched.wroteAt = this.#deps.clock.now();
      if (state !== null && !watched.stop.signal.aborted) tell(watched, state);
    };
  }

  /** Number of keys watched now. */
  get size(): number {
    return this.#watched.size;
  }

  async #run(watched: Watched): Promise<void> {
    const { store, clock, logger } = this.#deps;
    const { signal } = watched.stop;
    while (!signal.aborted) {
      try {
        await this.#read(watched, store.watch(watched.key).getReader());
      } catch (error) {
        if (!signal.aborted) logger.log("warn", "watch_broke", { cause: causes(error) });
      }
      await clock.sleep(REOPEN_MS, signal);
    }
  }

  /** Tells what the watch delivers, until it ends or nobody listens any more. */
  async #read(
    watched: Watched,
    reader: ReadableStreamDefaultReader<[Versioned<unknown>]>,
  ): Promise<void> {
    const { signal } = watched.stop;
    // A cancelled read ends with `done`; a stream that broke already has nothing to cancel.
    const cancel = () => void reader.cancel().catch(() => {});
    signal.addEventListener("abort", cancel, { once: true });
    try {
      for (;;) {
        await this.#quiet(watched);
        if (signal.aborted) return;
        const { done, value } = await reader.read();
        if (done || signal.aborted) return;
        tell(watched, value[0]);
      }
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  }

  /** Waits while this process goes on committing to the key. */
  async #quiet(watched: Watched): Promise<void> {
    const { clock } = this.#deps;
    const { signal } = watched.stop;
    while (!signal.aborted && isOwn(watched, clock.now())) {
      await new Promise<void>((resolve) => {
        const alarm = { dueAt: 0, heapIndex: -1, ring: () => resolve() };
        watched.wake = () => {
          this.#alarms.clear(alarm);
          resolve();
        };
        this.#alarms.set(alarm, clock.now() + OWN_MS);
      });
    }
  }

  #startPolling(): void {
    if (this.#polling !== null) return;
    const polling = new AbortController();
    this.#polling = polling;
    void this.#poll(polling.signal);
  }

  #stopPolling(): void {
    this.#polling?.abort();
    this.#polling = null;
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const { store, clock, logger, pollMs, pulse = ALWAYS } = this.#deps;
    for (;;) {
      await clock.sleep(pollMs, signal);
      if (signal.aborted) return;
      try {
        if (await pulse.beaten()) { for (const watched of this.#watched.values()) watched.stale = true; }
        const now = clock.now();
        const due = [...this.#watched.values()].filter((watched) => watched.stale && !isOwn(watched, now));
        const states = await store.getEach(due.map(({ key }) => key));
        due.forEach((watched, i) => {
          watched.stale = false;
          if (!watched.stop.signal.aborted) tell(watched, states[i]!);
        });
      } catch (error) {
        logger.log("warn", "poll_failed", { cause: causes(error) });
      }
    }
  }
}

/** For a store whose watch crosses processes: each poll takes it that others have committed. */
const ALWAYS: Pulse = { beaten: () => Promise.resolve(true) };

/** Whether this process commits to the key, or did a moment ago. A clock that was set back is no reason to wait. */
function isOwn({ writing, wroteAt }: Watched, now: number): boolean {
  return writing > 0 || (wroteAt <= now && now < wroteAt + OWN_MS);
}

function nameOf(key: Deno.KvKey): string {
  return JSON.stringify(key);
}

/** Tells the listeners of a state they have not been told. Versionstamps grow, so an older one is a late delivery. */
function tell(watched: Watched, state: Versioned<unknown>): void {
  const seen = watched.seen?.versionstamp;
  if (state.versionstamp === seen) return;
  if (typeof seen === "string" && state.versionstamp !== null && state.versionstamp < seen) return;
  watched.seen = state;
  for (const listener of [...watched.listeners]) listener(state);
}
