// The provider's side of an attempt: what it says is gathered, and how it ends.
//   G1  The provider's connection is read whatever the store does; what was read waits at the connection's end and in the
//       coalescer, bounded.
//   G4  A provider is asked only under a lease that runs: who was frozen past it learns so before he calls.
import { listMessages } from "../chat/messages.ts";
import { branch } from "../chat/tree.ts";
import { AppError } from "../core/errors.ts";
import type { Clock } from "../core/time.ts";
import type { Checkpoint, RunningJob } from "../jobs/job.ts";
import type { Lease } from "../jobs/lease.ts";
import { cancelKey, conversationKey } from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";
import type { Delta, ModelRequest, Pace, Provider, Turn } from "../models/provider.ts";
import { isTerminal, type Part, type StopReason, textOf, type Usage } from "../protocol/message.ts";
import type { Latch } from "../resilience/latch.ts";
import { ANSWER_BYTES_MAX, AnswerSize } from "./answer_size.ts";
import { Coalescer } from "./coalesce.ts";
import { charsOf, type Continuation, skipping } from "./continuation.ts";

export interface SourceDeps {
  store: Store;
  clock: Clock;
  /** @throws AppError `unknown_model` */
  resolve: (model: string) => Promise<{ provider: Provider; model: string; outputTokensMax: number | null }>;
}

/** Why an attempt was told to stop, as the reason of its signal. */
export type StopCause = "cancelled" | "drain" | "fenced";

/** How the provider's side of an attempt ended. `refused`: it would not go on, so the text must begin anew. */
export type SourceEnd =
  | { ended: "complete"; stopReason?: StopReason }
  | { ended: "stopped"; cause: StopCause }
  | { ended: "refused"; error: unknown }
  | { ended: "failed"; error: unknown };

/** What an attempt has read. The writer takes it from here. */
export class Gathered {
  readonly coalescer = new Coalescer();
  usage: Usage | undefined;
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

  /** The newest checkpoint that `chars` of the answer cover, once. */
  checkpointAt(chars: number): Checkpoint | undefined {
    const at = this.#checkpoints.findLastIndex((checkpoint) => checkpoint.chars <= chars);
    return at < 0 ? undefined : this.#checkpoints.splice(0, at + 1).at(-1);
  }
}

/** Whoever writes what is gathered: whether it writes now, and what is opened when it has. */
export interface Writer {
  busy: boolean;
  ready: Latch;
}

/** Reads the provider until it ends, or `stop` aborts. Never throws. */
export async function read(
  deps: SourceDeps,
  lease: Lease,
  from: Continuation | null,
  gathered: Gathered,
  stop: AbortController,
  changed: () => void,
  writer: Writer,
): Promise<void> {
  const { signal } = stop;
  const { clock } = deps;
  // While the writer writes, a token that is handed on by itself costs as much as all that come meanwhile, and nobody
  // sees it sooner. The connection is read on all the same.
  const pace = () => writer.busy ? writer.ready.wait() : undefined;
  let asked = false;
  let heard = false;
  try {
    signal.throwIfAborted();
    const [{ provider, request }, flag] = await Promise.all([
      requestFor(deps, lease.job),
      deps.store.get(cancelKey(lease.job.id)),
    ]);
    // Stopped before it began: the provider is not asked, however late the watch tells.
    if (flag.value !== null) stop.abort("cancelled" satisfies StopCause);
    signal.throwIfAborted();
    if (clock.now() >= lease.job.leaseUntil) await lease.fence(deps.store, true);
    asked = true;
    for await (const delta of deltasOf(provider, request, from, signal, pace)) {
      if (signal.aborted) break;
      heard = true;
      gathered.take(delta, clock.now());
      changed();
      if (gathered.end !== null) break;
    }
    gathered.end ??= signal.aborted
      ? stopped(signal)
      : { ended: "failed", error: new AppError("provider_truncated", "The answer was cut off. Try again.") };
  } catch (error) {
    const refused = from !== null && asked && !heard;
    gathered.end = signal.aborted ? stopped(signal) : { ended: refused ? "refused" : "failed", error };
  }
  changed();
}

function deltasOf(
  provider: Provider,
  request: ModelRequest,
  from: Continuation | null,
  signal: AbortSignal,
  pace: Pace,
): AsyncIterable<Delta> {
  if (from === null) return provider.stream(request, signal, pace);
  if (from.how === "continued") return provider.stream({ ...request, prefix: from.prefix }, signal, pace);
  const { at, chars } = from.checkpoint;
  return skipping(provider.resume!(at, signal, pace), charsOf(from.parts) - chars);
}

/** What the provider is sent: the branch that ends in the message being answered. Failed and empty turns are left out. */
async function requestFor(
  deps: SourceDeps,
  job: RunningJob,
): Promise<{ provider: Provider; request: ModelRequest }> {
  const [{ provider, model, outputTokensMax }, record, records] = await Promise.all([
    deps.resolve(job.model),
    deps.store.get(conversationKey(job.conversationId)),
    listMessages(deps.store, job.conversationId),
  ]);
  const messages = records.map(({ message }) => message);
  const reply = messages.find(({ id }) => id === job.messageId);
  const turns: Turn[] = [];
  for (const message of branch(messages, reply?.parentId ?? null)) {
    const text = textOf(message);
    if (text !== "" && isTerminal(message.status)) turns.push({ role: message.role, text });
  }
  const systemPrompt = record.value?.conversation.systemPrompt ?? "";
  return {
    provider,
    request: { model, systemPrompt, turns, ...(outputTokensMax === null ? {} : { outputTokensMax }) },
  };
}

function stopped(signal: AbortSignal): SourceEnd {
  return { ended: "stopped", cause: signal.reason as StopCause };
}
