// The provider's side of an attempt: who is asked, how often, what is said is gathered, and how it ends.
//   G1  The provider's connection is read whatever the store does; what was read waits at the connection's end and in the
//       coalescer, bounded.
//   G4  A provider is asked only under a lease that runs: who was frozen past it learns so before he calls.
//   G5  A call that failed is made again, or another model is asked, only while nothing of the answer is visible.
//   G6  Of several models that fail, people are told what the one said that they chose.
import { AppError } from "../core/errors.ts";
import type { Clock } from "../core/time.ts";
import { modelOf } from "../jobs/job.ts";
import type { Lease } from "../jobs/lease.ts";
import { cancelKey, conversationKey } from "../kv/keys.ts";
import type { Breakers, Leave } from "../models/breakers.ts";
import { recourse } from "../models/failure.ts";
import type { Delta, ModelRequest, Pace, Provider } from "../models/provider.ts";
import { textOf } from "../protocol/message.ts";
import { backoffMs } from "../resilience/backoff.ts";
import type { Latch } from "../resilience/latch.ts";
import { type AskingDeps, requestFor } from "./asking.ts";
import { charsOf, type Continuation, skipping } from "./continuation.ts";
import type { Gathered, SourceEnd, StopCause } from "./gathered.ts";
import { askedToGoOn, goingOn } from "./seam.ts";

/** Calls of one model for one attempt. A third failure opens its breaker, so a fourth would be refused anyway. */
export const TRIES_MAX = 3;
/** A shorter wait is over before anybody has read of it, and not worth a write. */
const TOLD_MS_MIN = 1_000;

export interface SourceDeps extends AskingDeps {
  clock: Clock;
  /** From 0 to 1, 1 excluded. */
  random: () => number;
  breakers: Breakers;
  /** Models to ask, in this order, when a conversation names none of its own. */
  fallbacks: () => Promise<readonly string[]>;
}

/** Whoever writes what is gathered: whether it writes now, and what is opened when it has. */
export interface Writer {
  busy: boolean;
  ready: Latch;
}

/** An attempt as its reader sees it. */
interface Reading {
  deps: SourceDeps;
  lease: Lease;
  from: Continuation | null;
  gathered: Gathered;
  stop: AbortController;
  changed: () => void;
  pace: Pace;
}

/** A model that did not answer; another may. `until`: its breaker refuses it for so long, and it was not asked. */
interface Passed {
  error: AppError;
  until?: number;
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
  // While the writer writes, a token that is handed on by itself costs as much as all that come meanwhile, and nobody
  // sees it sooner. The connection is read on all the same.
  const pace = () => writer.busy ? writer.ready.wait() : undefined;
  try {
    signal.throwIfAborted();
    gathered.end = await ask({ deps, lease, from, gathered, stop, changed, pace });
  } catch (error) {
    gathered.end = signal.aborted ? stopped(signal) : { ended: "failed", error };
  }
  changed();
}

/** Asks the model that was chosen, then those that stand in for it. */
async function ask(reading: Reading): Promise<SourceEnd> {
  const { lease: { job }, from, gathered } = reading;
  const chosen = from === null ? job.model : modelOf(job);
  let models: readonly string[] = [chosen];
  const passed: Passed[] = [];
  for (let i = 0; i < models.length; i++) {
    const first = passed[0];
    if (first !== undefined) tellOfFallback(reading, models[i]!, first.error);
    const found = await askModel(reading, models[i]!);
    if ("ended" in found) return found;
    passed.push(found);
    if (i === 0 && from === null) models = [chosen, ...await others(reading)];
  }
  if (from === null) gathered.using = null; // nobody stood in
  return await lastResort(reading, models, passed);
}

/** When models were left alone because of their breakers, the first of them that may be asked again is waited for, once. */
async function lastResort(
  reading: Reading,
  models: readonly string[],
  passed: readonly Passed[],
): Promise<SourceEnd> {
  const { error } = passed[0]!;
  const soonest = passed.reduce<number>(
    (best, { until }, i) => until !== undefined && until < (passed[best]?.until ?? Infinity) ? i : best,
    -1,
  );
  const until = passed[soonest]?.until;
  if (until === undefined) return { ended: "failed", error };
  await pause(reading, until - reading.deps.clock.now(), passed[soonest]!.error, TRIES_MAX - 1);
  const model = models[soonest]!;
  if (soonest > 0) tellOfFallback(reading, model, error);
  const found = await askModel(reading, model);
  if ("ended" in found) return found;
  if (reading.from === null) reading.gathered.using = null;
  return { ended: "failed", error };
}

/** The models that may stand in for the one that was chosen. The demo answers nothing, and needs nobody. */
async function others({ deps, lease: { job } }: Reading): Promise<string[]> {
  if (job.model.startsWith("demo/")) return [];
  const { value } = await deps.store.get(conversationKey(job.conversationId));
  const order = value?.conversation.fallbacks ?? await deps.fallbacks();
  return [...new Set(order)].filter((model) => model !== job.model);
}

function tellOfFallback(
  { lease: { job }, gathered, changed }: Reading,
  model: string,
  error: AppError,
): void {
  gathered.using = { model, fallback: { from: job.model, code: error.code, detail: error.message } };
  gathered.news = true;
  changed();
}

/** Calls one model, up to `TRIES_MAX` times. @throws what is no failure of a provider */
async function askModel(reading: Reading, model: string): Promise<SourceEnd | Passed> {
  const { deps: { breakers, clock, random }, lease, from, gathered, stop: { signal } } = reading;
  for (let tried = 1;; tried++) {
    const leave = await breakers.ask(model);
    if (!leave.go) {
      const { code, detail } = leave.because;
      return { error: new AppError(code, detail), until: leave.until };
    }
    try {
      return await call(reading, model, leave);
    } catch (error) {
      if (signal.aborted) return stopped(signal);
      gathered.settle(model, "failed", clock.now());
      const { again, other, breaks, afterMs } = recourse(error);
      const open = breaks && await breakers.failed(model, error as AppError);
      if (gathered.heard) {
        // Its text goes on by itself, or begins anew: under another claim of the job, of which there are only so many.
        if (!again || !lease.mayGoOn) return { ended: "failed", error };
        await clock.sleep(afterMs ?? backoffMs(tried, random), signal);
        return signal.aborted ? stopped(signal) : { ended: "interrupted", error };
      }
      // A breaker that is open now would refuse the next try: others may answer at once.
      if (again && tried < TRIES_MAX && !open) {
        await pause(reading, afterMs ?? backoffMs(tried, random), error as AppError, tried);
        continue;
      }
      // What it was to go on with, it has forgotten; or it is not there, and the text that stands is kept. Whoever was
      // asked in words has nothing to forget.
      if (from !== null) return { ended: again || from.how === "asked" ? "failed" : "refused", error };
      if (!other) return { ended: "failed", error };
      return { error: error as AppError };
    }
  }
}

/** One call, to its end. @throws what it failed with */
async function call(reading: Reading, model: string, leave: Leave): Promise<SourceEnd> {
  const { deps, lease, from, gathered, stop, changed, pace } = reading;
  const { signal } = stop;
  const { clock, breakers } = deps;
  gathered.asking = model;
  const [{ provider, request, asked }, flag] = await Promise.all([
    requestFor(deps, lease.job, model, from === null || from.how === "resumed" ? "" : textOf(from)),
    deps.store.get(cancelKey(lease.job.id)),
  ]);
  gathered.asked = asked;
  // Stopped before it began: the provider is not asked, however late the watch tells.
  if (flag.value !== null) stop.abort("cancelled" satisfies StopCause);
  signal.throwIfAborted();
  if (clock.now() >= lease.job.leaseUntil) await lease.fence(deps.store, true);
  let answered: Promise<void> | null = null;
  try {
    for await (const delta of deltasOf(provider, request, from, signal, pace)) {
      if (signal.aborted) break;
      gathered.take(delta, clock.now());
      if (gathered.heard || gathered.end !== null) answered ??= breakers.succeeded(model, leave);
      changed();
      if (gathered.end !== null) return gathered.end;
    }
  } finally {
    await answered;
  }
  if (signal.aborted) return stopped(signal);
  throw new AppError("provider_truncated", "The answer was cut off. Try again.");
}

/** Waits before the next try, and tells those who look at the answer, if it is for long. @throws the signal's reason */
async function pause(
  { deps: { clock }, gathered, stop: { signal }, changed }: Reading,
  ms: number,
  error: AppError,
  tried: number,
): Promise<void> {
  if (ms >= TOLD_MS_MIN) {
    const { code, message: detail } = error;
    gathered.waiting = { until: clock.now() + ms, code, detail, tried, triesMax: TRIES_MAX };
    gathered.news = true;
    changed();
  }
  await clock.sleep(ms, signal);
  gathered.waiting = null;
  signal.throwIfAborted();
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
  if (from.how === "asked") {
    const text = textOf(from);
    return goingOn(provider.stream(askedToGoOn(request, text), signal, pace), text);
  }
  const { at, chars } = from.checkpoint;
  return skipping(provider.resume!(at, signal, pace), charsOf(from.parts) - chars);
}

function stopped(signal: AbortSignal): SourceEnd {
  return { ended: "stopped", cause: signal.reason as StopCause };
}
