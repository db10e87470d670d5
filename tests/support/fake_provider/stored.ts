// A background response as the vendor keeps it: it goes on being written, whoever listens.

/** Between two events of an answer; a follower of a response that is written no more would wait for ever. */
const FOLLOW_MS_MAX = 30_000;

export class Stored {
  readonly id: string;
  /** The text of each event, and its number. */
  readonly #events: { number: number; text: string }[] = [];
  #over = false;
  #changed = Promise.withResolvers<void>();
  #cancelled = Promise.withResolvers<number>();
  isCancelled = false;

  constructor(id: string) {
    this.id = id;
  }

  /** When the client asked to stop it: `performance.now()`. */
  get cancelled(): Promise<number> {
    return this.#cancelled.promise;
  }

  /** Keeps the events in `text`; those without a number, such as comments, are of the moment. */
  write(text: string): void {
    if (this.isCancelled) return;
    for (const block of text.split("\n\n")) {
      const number = /"sequence_number":(\d+)/.exec(block)?.[1];
      if (number !== undefined) this.#events.push({ number: Number(number), text: `${block}\n\n` });
    }
    this.#wake();
  }

  /** It is at its end. */
  end(): void {
    this.#over = true;
    this.#wake();
  }

  cancel(): void {
    if (this.isCancelled) return;
    this.isCancelled = true;
    this.#cancelled.resolve(performance.now());
    this.end();
  }

  /** The events numbered above `after`, those still to come too, until the end or until `left`. */
  async *follow(after: number, left: Promise<unknown>): AsyncGenerator<string, void, void> {
    let gone = false;
    void left.then(() => gone = true);
    for (let at = 0; !gone;) {
      for (; at < this.#events.length; at++) {
        const { number, text } = this.#events[at]!;
        if (number > after) yield text;
      }
      if (this.#over) return;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(new Error(`Nothing was written to ${this.id} for ${FOLLOW_MS_MAX} ms`)),
          FOLLOW_MS_MAX,
        );
      });
      await Promise.race([this.#changed.promise, left, late]).finally(() => clearTimeout(timer));
    }
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
