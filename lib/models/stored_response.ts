// A response that OpenAI keeps, and goes on writing while nobody listens (background mode).
//   K1  A checkpoint names the response and the last of its events that was read: what comes after is what is missing.
//   K2  A closed connection does not stop it. Who stops for good cancels it too, and so does who leaves, or cannot read
//       it; who drains, or was fenced, leaves it to whoever takes the answer over.
import type OpenAI from "openai";
import { AppError } from "../core/errors.ts";

/** Where to take a stored response up again. */
export interface Mark {
  id: string;
  /** `sequence_number` of the last event that was read. */
  after: number;
}

/** The vendor's ids are some 60 characters; what is longer, or has others, never came from there. */
const ID = /^[\w-]{1,200}$/;

export class StoredResponse {
  #id: string | undefined;
  #after: number | undefined;
  #ended = false;
  /** Somebody goes on with it. */
  readonly isResumed: boolean;

  /** From the beginning, or from `mark` on. */
  constructor(mark?: Mark) {
    this.isResumed = mark !== undefined;
    this.#id = mark?.id;
    this.#after = mark?.after;
  }

  /** People have seen something of it, so whoever has the job goes on with it. */
  #isSeen = false;

  /** Takes note of where an event stands. */
  read(event: OpenAI.Responses.ResponseStreamEvent): void {
    const { type, response, sequence_number: after } = event as {
      type?: unknown;
      response?: { id?: unknown } | null;
      sequence_number?: unknown;
    };
    const id = response?.id;
    if (typeof id === "string" && ID.test(id)) this.#id ??= id;
    if (isPlace(after)) this.#after = after;
    if (typeof type === "string" && type.endsWith(".delta")) this.#isSeen = true;
  }

  /** It is at its end: nothing is left to cancel. */
  end(): void {
    this.#ended = true;
  }

  /** Undefined while the vendor has not said its id and place. */
  checkpoint(): string | undefined {
    if (this.#id === undefined || this.#after === undefined) return undefined;
    return JSON.stringify({ id: this.#id, after: this.#after } satisfies Mark);
  }

  /** Calls `cancel`, unless it is at its end. Before its id is known there is nothing to name. */
  cancel(cancel: (id: string) => void): void {
    if (this.#id === undefined || this.#ended) return;
    this.#ended = true;
    cancel(this.#id);
  }

  /** Calls `cancel` when `signal` stops for good (K2). */
  cancelWith(signal: AbortSignal, cancel: (id: string) => void): Disposable {
    const aborted = () => {
      if (isForGood(signal.reason, this.#isSeen || this.isResumed)) this.cancel(cancel);
    };
    if (signal.aborted) aborted();
    signal.addEventListener("abort", aborted, { once: true });
    return { [Symbol.dispose]: () => signal.removeEventListener("abort", aborted) };
  }
}

/** @throws AppError `provider_rejected` when it is no checkpoint of a stored response. */
export function markOf(checkpoint: string): Mark {
  const mark = readMark(checkpoint);
  if (mark !== null) return mark;
  throw cannotGoOn("the checkpoint names no stored response");
}

/** Nothing follows from there, however often it is asked for. */
export function cannotGoOn(why: string): AppError {
  return new AppError("provider_rejected", `OpenAI cannot go on from here: ${why}. Ask again.`);
}

/** The mark that a checkpoint holds, or null when it is none. */
export function readMark(checkpoint: string): Mark | null {
  let value: unknown;
  try {
    value = JSON.parse(checkpoint);
  } catch {
    return null; // another provider's, or damaged: refused as what is no mark
  }
  const { id, after } = (value ?? {}) as Record<string, unknown>;
  return typeof id === "string" && ID.test(id) && isPlace(after) ? { id, after } : null;
}

/**
 * A person's stop, a deadline of ours, a reader that left: nobody comes back for the response. Behind a silence in the
 * middle of what people see it is read on by whoever has the job, or abandoned.
 */
function isForGood(reason: unknown, isSeen: boolean): boolean {
  if (isSeen && reason instanceof AppError && reason.code === "timeout_idle") return false;
  return reason !== "drain" && reason !== "fenced";
}

function isPlace(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
