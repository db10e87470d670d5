// Reads that are wanted at the same moment go to KV as one. Each sees the store as it is after it was asked.
import type { Clock } from "../core/time.ts";
import { Gathering } from "./gathering.ts";
import { GET_MANY_MAX } from "./limits.ts";
import type { Versioned } from "./store.ts";

interface Member {
  key: Deno.KvKey;
  resolve: (found: Versioned<unknown>) => void;
  reject: (error: unknown) => void;
}

export class GroupRead {
  readonly #gathering: Gathering<Member>;

  /** `getMany` takes `GET_MANY_MAX` keys at most. */
  constructor(
    getMany: (keys: readonly Deno.KvKey[]) => Promise<readonly Versioned<unknown>[]>,
    clock: Clock,
  ) {
    this.#gathering = new Gathering<Member>({
      isFull: (waiting) => waiting.length >= GET_MANY_MAX,
      divide: (waiting) => ({ group: waiting.slice(0, GET_MANY_MAX), left: waiting.slice(GET_MANY_MAX) }),
      async send(group) {
        try {
          const found = await getMany(group.map(({ key }) => key));
          group.forEach(({ resolve }, i) => resolve(found[i]!));
        } catch (error) {
          for (const { reject } of group) reject(error);
        }
      },
    }, clock);
  }

  get(key: Deno.KvKey): Promise<Versioned<unknown>> {
    return new Promise((resolve, reject) => this.#gathering.join({ key, resolve, reject }));
  }
}
