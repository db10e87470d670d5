// The provider's side of an attempt: what it says is gathered, and how it ends.
//   G1  The provider's connection is read whatever the store does; what was read waits at the connection's end and in the
//       coalescer, bounded.
//   G4  A provider is asked only under a lease that runs: who was frozen past it learns so before he calls.
import { AppError } from "../core/errors.ts";
import type { Clock } from "../core/time.ts";
import type { Lease } from "../jobs/lease.ts";
import { cancelKey } from "../kv/keys.ts";
import type { Delta, ModelRequest, Pace, Provider } from "../models/provider.ts";
import type { Latch } from "../resilience/latch.ts";
import { type AskingDeps, requestFor } from "./asking.ts";
import { charsOf, type Continuation, skipping } from "./continuation.ts";
import type { Gathered, SourceEnd, StopCause } from "./gathered.ts";

export interface SourceDeps extends AskingDeps {
  clock: Clock;
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
    const [{ provider, request, asked: how }, flag] = await Promise.all([
      requestFor(deps, lease.job),
      deps.store.get(cancelKey(lease.job.id)),
    ]);
    gathered.asked = how;
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

function stopped(signal: AbortSignal): SourceEnd {
  return { ended: "stopped", cause: signal.reason as StopCause };
}
