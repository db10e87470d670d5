// One process's way to the store, in the shape of a KV: calls take time, fail, or lose their answers; wake-ups too.
import type { Check, Selector, Write } from "@/lib/kv/store.ts";
import type { Disk, Row } from "./disk.ts";
import type { World } from "./world.ts";
import type { Actor } from "./timeline.ts";
import type { Variant } from "./variant.ts";

/** Of a quick call, the way there and the way back. */
const WAY_MS_MAX = 4;
/** A wake-up's way, and that of one which comes late. */
const WAKE_MS_MAX = 10;
const WAKE_LATE_MS_MAX = 800;

/** What a network says when it takes an answer with it. */
class StoreAway extends Error {
  override readonly name = "StoreAway";
}

export class Link {
  readonly #world: World;
  readonly #disk: Disk;
  readonly #actor: Actor;
  readonly #name: string;
  readonly #variant: Variant;

  constructor(world: World, actor: Actor, name: string, variant: Variant) {
    this.#world = world;
    this.#disk = world.disk;
    this.#actor = actor;
    this.#name = name;
    this.#variant = variant;
  }

  /** As the program takes it: it calls no more of a KV than this. */
  asKv(): Deno.Kv {
    const kv: Pick<Deno.Kv, "get" | "getMany" | "list" | "atomic" | "watch" | "close"> = {
      get: ((key: Deno.KvKey) => this.#call(async () => (await this.#getMany([key]))[0])) as Deno.Kv["get"],
      getMany: ((keys: readonly Deno.KvKey[]) => this.#call(() => this.#getMany(keys))) as Deno.Kv["getMany"],
      list:
        ((selector: Selector, options: Deno.KvListOptions) =>
          this.#rows(selector, options)) as unknown as Deno.Kv["list"],
      atomic: (() => this.#atomic()) as unknown as Deno.Kv["atomic"],
      watch: ((keys: readonly Deno.KvKey[]) => this.#watch(keys)) as unknown as Deno.Kv["watch"],
      close: () => {},
    };
    return kv as Deno.Kv;
  }

  /** A call's way to the store and back. What a process sent before it died may still arrive. */
  #call<T>(take: () => Promise<T>): Promise<T> {
    const { timeline, random, history } = this.#world;
    const { fail, lose, slow, slowMsMax } = this.#world.weather;
    const way = () => random.chance(slow) ? random.between(0, slowMsMax) : random.between(0, WAY_MS_MAX);
    const fault = random.chance(fail) ? "fails" : random.chance(lose) ? "loses its answer" : null;
    return new Promise((resolve, reject) => {
      timeline.after(way(), null, async () => {
        if (this.#actor.state === "dead" && random.chance(0.5)) return;
        let answer: () => void;
        if (fault === "fails" || this.#world.storeIsAway) {
          answer = () => reject(new StoreAway("The store is away"));
        } else {
          try {
            const taken = await take();
            answer = fault === null
              ? () => resolve(taken)
              : () => reject(new StoreAway("The answer was lost"));
          } catch (error) {
            answer = () => reject(error);
          }
        }
        if (fault !== null) history.add({ what: "fault", by: this.#name, fault });
        timeline.after(way(), this.#actor, answer);
      });
    });
  }

  async #getMany(keys: readonly Deno.KvKey[]): Promise<Row[]> {
    const rows = await this.#disk.getMany(keys);
    const { hides } = this.#variant;
    return hides === undefined
      ? rows
      : rows.map((row) => hides(row.key) ? { key: row.key, value: null, versionstamp: null } : row);
  }

  async *#rows(selector: Selector, options: Deno.KvListOptions): AsyncGenerator<Deno.KvEntry<unknown>> {
    const changed = this.#variant.selector?.(selector) ?? selector;
    yield* await this.#call(() => this.#disk.list(changed, options));
  }

  #atomic() {
    let checks: Check[] = [];
    let writes: Write[] = [];
    const operation = {
      check: (check: Check) => (checks.push(check), operation),
      set: (key: Deno.KvKey, value: unknown, options?: { expireIn?: number }) => {
        const expiry = options?.expireIn === undefined ? {} : { expireInMs: options.expireIn };
        writes.push({ key, value: structuredClone(value), ...expiry });
        return operation;
      },
      delete: (key: Deno.KvKey) => (writes.push({ key, value: undefined }), operation),
      commit: () => {
        if (this.#variant.transaction !== undefined) {
          ({ checks, writes } = this.#variant.transaction({ checks, writes }));
        }
        return this.#call(async () => {
          const versionstamp = await this.#disk.commit(this.#name, checks, writes);
          return versionstamp === null ? { ok: false } : { ok: true, versionstamp };
        });
      },
    };
    return operation;
  }

  #watch(keys: readonly Deno.KvKey[]): ReadableStream<Row[]> {
    const { timeline, random } = this.#world;
    const names = keys.map((key) => JSON.stringify(key));
    let controller: ReadableStreamDefaultController<Row[]>;
    let isOpen = true;
    const close = () => {
      isOpen = false;
      this.#disk.watchers.delete(onWrite);
    };
    const wake = (afterMs: number) =>
      void timeline.after(afterMs, null, async () => {
        if (!isOpen || this.#actor.state === "dead") return;
        const rows = await this.#getMany(keys);
        const breaks = random.chance(this.#world.weather.watchBreaks);
        timeline.after(random.between(0, WAY_MS_MAX), this.#actor, () => {
          if (!isOpen) return;
          if (!breaks) return controller.enqueue(rows);
          close();
          controller.error(new StoreAway("The watch broke"));
        });
      });
    const onWrite = (written: ReadonlySet<string>) => {
      const { wakeLost, wakeTwice, wakeEarly } = this.#world.weather;
      if (!names.some((name) => written.has(name))) {
        if (wakeEarly > 0 && random.chance(wakeEarly)) wake(0);
        return;
      }
      if (random.chance(wakeLost)) return;
      wake(random.between(0, WAKE_MS_MAX));
      if (random.chance(wakeTwice)) wake(random.between(0, WAKE_LATE_MS_MAX));
    };
    return new ReadableStream({
      start: (own) => {
        controller = own;
        this.#disk.watchers.add(onWrite);
        wake(0);
      },
      cancel: close,
    });
  }
}
