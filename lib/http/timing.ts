// How long the stages of one request took, for its `server-timing` header.
//   D1  It says names of stages and milliseconds: no ids, no sizes, nothing of what people wrote.

/** Who it is from; what was read and done for it; a page's HTML; its encoding. */
export type Stage = "session" | "work" | "render" | "compress";

export class Timing {
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #stages: { stage: Stage; startedAt: number }[] = [];

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#startedAt = now();
  }

  /** Milliseconds since the request came. */
  get ms(): number {
    return this.#now() - this.#startedAt;
  }

  /** Ends the stage before, and begins this one. A request has a handful. */
  begin(stage: Stage): void {
    this.#stages.push({ stage, startedAt: this.#now() });
  }

  /** The header's value as of now: the stages in their order, the last one still going, and the whole. */
  header(): string {
    const now = this.#now();
    const entries = this.#stages.map(({ stage, startedAt }, i) =>
      entry(stage, (this.#stages[i + 1]?.startedAt ?? now) - startedAt)
    );
    return [...entries, entry("total", now - this.#startedAt)].join(", ");
  }
}

function entry(name: string, ms: number): string {
  return `${name};dur=${ms.toFixed(1)}`;
}
