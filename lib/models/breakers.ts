// The circuit breakers of all models, shared by all processes through the store: what one finds out spares the others.
//   B1  An ordinary answer reads one key, with others, and writes none.
//   B2  A store that is away stops no answer: without it a breaker counts as closed.
import { type AppError, causes } from "../core/errors.ts";
import type { Clock } from "../core/time.ts";
import { BREAKER_TTL_MS, breakerKey, breakerPrefix } from "../kv/keys.ts";
import { remove, set, type Store, type Write } from "../kv/store.ts";
import type { Logger } from "../observe/log.ts";
import { type Because, type Breaker, failed, probing, verdict } from "../resilience/breaker.ts";

/** Another process changed it in between: whoever loses so often leaves it to the others. */
const TRIES_MAX = 5;
/** Models that are named at once. */
const LISTED_MAX = 200;

/** Leave to ask a model. `known`: a breaker is stored, so that an answer is worth a write. */
export type Leave = { go: true; known: boolean } | { go: false; until: number; because: Because };

/** A breaker that is not closed, as an operator sees it. */
export interface OpenBreaker {
  model: string;
  state: "open" | "probing";
  until: number;
}

export interface BreakersDeps {
  store: Store;
  clock: Clock;
  logger: Logger;
}

export class Breakers {
  readonly #deps: BreakersDeps;

  constructor(deps: BreakersDeps) {
    this.#deps = deps;
  }

  /** Whether `model` (`provider/model`) may be asked now. Of several who ask when its time is over, one may. */
  async ask(model: string): Promise<Leave> {
    const { store, clock } = this.#deps;
    try {
      for (let tries = 1; tries <= TRIES_MAX; tries++) {
        const { value, versionstamp } = await store.get(breakerKey(model));
        const found = verdict(value, clock.now());
        if (found.do === "refuse") return { go: false, until: found.until, because: found.because };
        if (found.do === "ask" || value === null) return { go: true, known: value !== null };
        if (await this.#put(model, versionstamp, probing(value, clock.now()))) {
          return { go: true, known: true };
        }
      }
    } catch (error) {
      this.#away(model, error);
    }
    return { go: true, known: true };
  }

  /** A call of `model` failed in a way that others would meet, too. Returns whether nobody may ask it now. */
  async failed(model: string, { code, message }: AppError): Promise<boolean> {
    const after = await this.#change(
      model,
      (breaker) => failed(breaker, { code, detail: message }, this.#deps.clock.now()),
    );
    return after !== null && after.state !== "closed";
  }

  /** `model` answered, to somebody with this leave. */
  async succeeded(model: string, leave: Leave): Promise<void> {
    if (leave.go && !leave.known) return;
    await this.#change(model, () => null);
  }

  /** Those that are not closed. @throws what the store throws */
  async open(): Promise<OpenBreaker[]> {
    const now = this.#deps.clock.now();
    const rows = await this.#deps.store.list<Breaker>({ prefix: breakerPrefix() }, { limit: LISTED_MAX });
    return rows.flatMap(({ key, value }) =>
      value.state === "closed" || verdict(value, now).do !== "refuse"
        ? []
        : [{ model: String(key.at(-1)), state: value.state, until: value.until }]
    );
  }

  /** What is stored then; null for nothing, and where it could not be stored. */
  async #change(
    model: string,
    next: (breaker: Breaker | null) => Breaker | null,
  ): Promise<Breaker | null> {
    try {
      for (let tries = 1; tries <= TRIES_MAX; tries++) {
        const { value, versionstamp } = await this.#deps.store.get(breakerKey(model));
        const after = next(value);
        if (after === null && value === null) return null;
        if (await this.#put(model, versionstamp, after)) return after;
      }
    } catch (error) {
      this.#away(model, error);
    }
    return null;
  }

  async #put(model: string, versionstamp: string | null, breaker: Breaker | null): Promise<boolean> {
    const key = breakerKey(model);
    const write: Write = breaker === null ? remove(key) : set(key, breaker, BREAKER_TTL_MS);
    return await this.#deps.store.commit({ checks: [{ key, versionstamp }], writes: [write] }) !== null;
  }

  #away(model: string, error: unknown): void {
    this.#deps.logger.log("warn", "breaker_unknown", { model, cause: causes(error) });
  }
}
