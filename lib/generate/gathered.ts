// What an attempt has read of its provider, and how that ended.
import { AppError } from "../core/errors.ts";
import type { Checkpoint, Outcome } from "../jobs/job.ts";
import type { Delta } from "../models/provider.ts";
import type { Asked, Fallback, Part, StopReason, Usage, Waiting } from "../protocol/message.ts";
import type { Bill } from "../usage/bill.ts";
import { ANSWER_BYTES_MAX, AnswerSize } from "./answer_size.ts";
import { Coalescer } from "./coalesce.ts";
import { charsOf } from "./continuation.ts";

/** Why an attempt was told to stop, as the reason of its signal. */
export type StopCause = "cancelled" | "drain" | "fenced";

/** How the provider's side of an attempt ended. `refused`: it would not go on, so the text must begin
 * anew. `interrupted`: it broke off after something was visible, and the job may be claimed once more. */
export type SourceEnd =
  | { ended: "complete"; stopReason?: StopReason }
  | { ended: "stopped"; cause: StopCause }
  | { ended: "refused"; error: unknown }
  | { ended: "interrupted"; error: unknown }
  | { ended: "failed"; error: unknown };

/** What an attempt has read. The writer takes it from here. */
export class Gathered {
  readonly coalescer = new Coalescer();
  /** Of the call that is read now, as it stands. */
  usage: Usage | undefined;
  /** Calls that have ended and used something, oldest first. */
  readonly bills: Bill[] = [];
  /** How it was asked. */
  asked?: Asked;
  /** `provider/model` of the call that is read now, or was last. */
  asking: string | null = null;
  /** A model that stands in for the one that was chosen; null when none did in the end, undefined while it is as the job says. */
  using: { model: string; fallback: Fallback } | null | undefined;
  /** Why nothing comes just now. */
  waiting: Waiting | null = null;
  /** One of the two above is to be told to those who look at the answer. */
  news = false;
  /** This attempt has said something that people see. */
  heard = false;
  firstTokenAt: number | null = null;
  end: SourceEnd | null = null;
  readonly #size = new AnswerSize();
  #chars: number;
  /** Checkpoints whose text has not all been written, oldest first, and the newest that has. */
  #checkpoints: Checkpoint[] = [];

  /** `parts` is what stands already. */
  constructor(parts: readonly Part[]) {
    this.#chars = charsOf(parts);
    for (const part of parts) if (part.type === "text" || part.type === "reasoning") this.#size.add(part);
  }

  /** @throws AppError `answer_too_long` */
  take(delta: Delta, now: number): void {
    switch (delta.type) {
      case "text":
      case "reasoning":
        this.firstTokenAt ??= now;
        this.heard = true;
        if (this.#size.add(delta) > ANSWER_BYTES_MAX) {
          throw new AppError(
            "answer_too_long",
            "The answer became longer than can be kept, and was stopped. Ask for it in parts.",
          );
        }
        this.#chars += delta.text.length;
        this.coalescer.push(delta);
        break;
      case "checkpoint":
        // Of those that cover the same text only the newest counts.
        if (this.#checkpoints.at(-1)?.chars === this.#chars) this.#checkpoints.pop();
        this.#checkpoints.push({ at: delta.checkpoint, chars: this.#chars });
        break;
      case "usage":
        this.usage = delta.usage;
        break;
      case "end":
        this.end = {
          ended: "complete",
          ...(delta.stopReason === undefined ? {} : { stopReason: delta.stopReason }),
        };
        break;
    }
  }

  /** The call that was read has ended: what it used is billed once. */
  settle(model: string, outcome: Outcome, now: number): void {
    if (this.usage !== undefined) this.bills.push({ model, usage: this.usage, outcome, at: now });
    this.usage = undefined;
  }

  /** The newest checkpoint that `chars` of the answer cover, once. */
  checkpointAt(chars: number): Checkpoint | undefined {
    const at = this.#checkpoints.findLastIndex((checkpoint) => checkpoint.chars <= chars);
    return at < 0 ? undefined : this.#checkpoints.splice(0, at + 1).at(-1);
  }
}
