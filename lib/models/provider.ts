// The port that every model adapter implements.
//   M1  An adapter's stream ends with exactly one `end` delta, or throws an AppError. A provider's stream that stops
//       without its terminal event is `provider_truncated`, never an end.
//   M2  When `signal` aborts, the provider's socket is closed at once and the stream throws the signal's reason.
//   M3  What follows a checkpoint, or a prefix, is exactly what is missing: nothing of it is said twice.
import type { StopReason, Usage } from "../protocol/message.ts";
import type { Params } from "../protocol/params.ts";

export type { Model } from "../protocol/model.ts";

/** One step of an answer. `usage` may come more than once; each is the total so far. */
export type Delta =
  | { type: "text"; text: string }
  | { type: "reasoning"; text: string }
  | { type: "usage"; usage: Usage }
  /** Where the provider's own stored response can be taken up again: all deltas before it are covered. */
  | { type: "checkpoint"; checkpoint: string }
  | { type: "end"; stopReason?: StopReason };

/** One turn of history, as plain text. */
export interface Turn {
  role: "user" | "assistant";
  text: string;
}

export interface ModelRequest {
  /** The provider's own name of the model, without the `provider/` prefix. */
  model: string;
  systemPrompt: string;
  /** Oldest first; the last one is the user's. */
  turns: Turn[];
  /** The provider's own limit of the answer, in tokens; absent means the adapter's default. */
  outputTokensMax?: number;
  /** Only what the model takes (`accepted`). Its `outputTokensMax` goes before the one above. */
  params?: Params;
  /** The model thinks before it answers, and is to let its thoughts be seen. */
  reasoning?: boolean;
  /** The beginning of the answer, which the provider is to go on from. Only for a provider that `continues` the model. */
  prefix?: string;
}

/**
 * Asked before more of an answer is handed on: a promise to wait for, or undefined to go on at once. What comes meanwhile
 * is handed on together.
 */
export type Pace = () => Promise<void> | undefined;

export interface Provider {
  readonly name: string;
  /** Pulled by the job. May be called many times at once. */
  stream(request: ModelRequest, signal: AbortSignal, pace?: Pace): AsyncIterable<Delta>;
  /**
   * Goes on from a checkpoint of an earlier stream, perhaps of another process. Absent when the provider stores nothing.
   * @throws AppError `provider_rejected` when the provider has forgotten the response, or it has failed there.
   */
  resume?(checkpoint: string, signal: AbortSignal, pace?: Pace): AsyncIterable<Delta>;
  /** Stops, for good, what `resume` would go on with: nobody will come back for it. Never throws. */
  abandon?(checkpoint: string): Promise<void>;
  /** Whether the model goes on from `ModelRequest.prefix`. Absent: none does. */
  continues?(model: string): boolean;
}
