// One attempt of one job, from the lease to its end. The straight line of the program.
//   G1  The loop that reads the provider never waits for the store; what it read waits in the coalescer, bounded.
//   G2  One writer at a time: deltas, renewals and the end leave through one queue, so that each commit knows the
//       versionstamp of the one before it.
//   G3  Whatever ends the attempt closes the provider's socket before anything else is done.
import { listMessages } from "../chat/messages.ts";
import { branch } from "../chat/tree.ts";
import { AppError, causes } from "../core/errors.ts";
import type { Id } from "../core/ids.ts";
import type { Clock } from "../core/time.ts";
import type { RunningJob } from "../jobs/job.ts";
import { Lease } from "../jobs/lease.ts";
import { cancelKey, conversationKey, conversationTopic, type TopicId } from "../kv/keys.ts";
import type { Append } from "../kv/plan.ts";
import type { Key, Store, Versioned } from "../kv/store.ts";
import type { Delta, Provider, Turn } from "../models/provider.ts";
import type { Logger } from "../observe/log.ts";
import type { Counters } from "../observe/metrics.ts";
import {
  isTerminal,
  joinParts,
  type Part,
  type StopReason,
  textOf,
  type Usage,
} from "../protocol/message.ts";
import type { Owner } from "./begin.ts";
import { ANSWER_BYTES_MAX, AnswerSize } from "./answer_size.ts";
import { Coalescer } from "./coalesce.ts";
import { type Ending, endJob, messageError, type Next } from "./end.ts";

/** How long a commit is tried while the store is away, before the attempt is left to whoever finds its lease expired. */
const STORE_AWAY_MS_MAX = 60_000;

/** The commits of an attempt that must be quick, because the process is about to exit. */
const DRAIN_MS_MAX = 3_000;

export interface GenerateDeps {
  store: Store;
  append: Append;
  clock: Clock;
  logger: Logger;
  counters: Counters;
  owner: Owner;
  /** Pause between two commits of one job; 0: a commit in flight is the only wait. */
  flushMs: number;
  watch<V>(key: Key<V>, onState: (state: Versioned<V>) => void): Disposable;
  /** @throws AppError `unknown_model` */
  resolve: (model: string) => Promise<{ provider: Provider; model: string; outputTokensMax: number | null }>;
  costMicroUsd: (model: string, usage: Usage) => number | undefined;
}

/** Why an attempt was told to stop, as the reason of its signal. */
export type StopCause = "cancelled" | "drain" | "fenced";

/** How the provider's side of an attempt ended. */
type Source =
  | { ended: "complete"; stopReason?: StopReason }
  | { ended: "stopped"; cause: StopCause }
  | { ended: "failed"; error: unknown };

/** What an attempt gathers while it runs. */
interface Gathered {
  coalescer: Coalescer;
  /** All parts that have left the coalescer. */
  written: Part[];
  size: AnswerSize;
  usage?: Usage;
  firstTokenAt: number | null;
  source: Source | null;
}

/**
 * Runs `job` to its end, or until its lease is lost or handed back.
 * @returns the next job of the conversation, which the end has begun; the caller runs it.
 */
export async function generate(
  deps: GenerateDeps,
  job: RunningJob,
  versionstamp: string | null,
  stop: AbortController,
): Promise<Next | null> {
  const lease = new Lease(job, versionstamp, deps.owner.leaseMs);
  const gathered: Gathered = {
    coalescer: new Coalescer(),
    written: [],
    size: new AnswerSize(),
    firstTokenAt: null,
    source: null,
  };
  let wake = () => {};
  const changed = () => wake();
  const waitForChange = (ms: number) => {
    const waited = new AbortController();
    return Promise.race([
      new Promise<void>((resolve) => (wake = resolve)),
      deps.clock.sleep(ms, waited.signal),
    ]).finally(() => waited.abort());
  };
  using _flag = deps.watch(cancelKey(job.id), ({ value }) => {
    if (value !== null) stop.abort("cancelled" satisfies StopCause);
  });
  const reading = read(deps, job, gathered, stop, changed);
  try {
    await write(deps, lease, gathered, waitForChange);
    return await end(deps, lease, gathered);
  } catch (error) {
    // Ours no more, or out of reach of the store: nothing may be written. Whoever owns it next brings it to its end.
    stop.abort("fenced" satisfies StopCause);
    deps.counters.add("throughline_generations_fenced_total", 1);
    deps.logger.log("warn", "generation_left", { ...ids(job), cause: causes(error) });
    return null;
  } finally {
    await reading;
  }
}

/** Reads the provider into the coalescer. Never throws, never waits for the store (G1). */
async function read(
  deps: GenerateDeps,
  job: RunningJob,
  gathered: Gathered,
  stop: AbortController,
  changed: () => void,
): Promise<void> {
  const { signal } = stop;
  try {
    signal.throwIfAborted();
    const [{ provider, model, outputTokensMax }, { systemPrompt, turns }, flag] = await Promise.all([
      deps.resolve(job.model),
      history(deps, job),
      deps.store.get(cancelKey(job.id)),
    ]);
    // Stopped before it began: the provider is not asked, however late the watch tells.
    if (flag.value !== null) stop.abort("cancelled" satisfies StopCause);
    signal.throwIfAborted();
    const request = { model, systemPrompt, turns, ...(outputTokensMax === null ? {} : { outputTokensMax }) };
    for await (const delta of provider.stream(request, signal)) {
      if (signal.aborted) break;
      gather(gathered, delta, deps.clock.now());
      changed();
      if (gathered.source !== null) break;
    }
    gathered.source ??= signal.aborted
      ? stopped(signal)
      : { ended: "failed", error: new AppError("provider_truncated", "The answer was cut off. Try again.") };
  } catch (error) {
    gathered.source = signal.aborted ? stopped(signal) : { ended: "failed", error };
  }
  changed();
}

function gather(gathered: Gathered, delta: Delta, now: number): void {
  switch (delta.type) {
    case "text":
    case "reasoning":
      gathered.firstTokenAt ??= now;
      if (gathered.size.add(delta) > ANSWER_BYTES_MAX) {
        throw new AppError(
          "answer_too_long",
          "The answer became longer than can be kept, and was stopped. Ask for it in parts.",
        );
      }
      gathered.coalescer.push(delta);
      break;
    case "usage":
      gathered.usage = delta.usage;
      break;
    case "end":
      gathered.source = delta.stopReason === undefined
        ? { ended: "complete" }
        : { ended: "complete", stopReason: delta.stopReason };
      break;
  }
}

/** Writes what was read, and renews the lease, until the source has ended and little enough is left for the end. */
async function write(
  deps: GenerateDeps,
  lease: Lease,
  gathered: Gathered,
  waitForChange: (ms: number) => Promise<void>,
): Promise<void> {
  const { clock, flushMs } = deps;
  const topic = conversationTopic(lease.job.conversationId);
  for (;;) {
    const now = clock.now();
    // The rest, when it fits one batch, goes out with the end.
    if (gathered.source !== null && gathered.coalescer.chars <= REST_CHARS_MAX) return;
    const due = now >= lease.renewAt;
    if (gathered.coalescer.chars === 0 && !due) {
      await waitForChange(Math.max(1, lease.renewAt - now));
      continue;
    }
    const parts = gathered.coalescer.take();
    await commit(deps, lease, topic, parts, due);
    gathered.written = joinParts(gathered.written, parts);
    if (flushMs > 0 && gathered.source === null) {
      await waitUntil(clock, now + flushMs, waitForChange, gathered);
    }
  }
}

/** What the end's own commit takes along, in UTF-16 units. */
const REST_CHARS_MAX = 4 * 1024;

/** Waits until `at`, or until the source has ended. */
async function waitUntil(
  clock: Clock,
  at: number,
  waitForChange: (ms: number) => Promise<void>,
  gathered: Gathered,
): Promise<void> {
  for (let left = at - clock.now(); left > 0 && gathered.source === null; left = at - clock.now()) {
    await waitForChange(left);
  }
}

async function commit(
  deps: GenerateDeps,
  lease: Lease,
  topic: TopicId,
  parts: Part[],
  renew: boolean,
): Promise<void> {
  const { id: _, messageId, attempt } = lease.job;
  let again = false;
  let renewal: ReturnType<Lease["renewal"]> | null = null;
  const appended = await deps.append(async () => {
    const check = await lease.fence(deps.store, again);
    again = true;
    const renewed = renew ? lease.renewal(deps.clock.now()) : null;
    renewal = renewed;
    return {
      topics: parts.length === 0
        ? []
        : [{ topic, entries: [{ type: "delta", data: { messageId, attempt, parts } }] }],
      checks: [check],
      writes: () => renewed === null ? [] : [renewed.write],
    };
  }, STORE_AWAY_MS_MAX);
  const done = renewal as ReturnType<Lease["renewal"]> | null;
  if (appended !== null) done?.done(appended.versionstamp);
}

/** Writes the end, or hands the lease back when the process is about to exit. */
async function end(deps: GenerateDeps, lease: Lease, gathered: Gathered): Promise<Next | null> {
  const { job } = lease;
  const source = gathered.source!;
  const last = gathered.coalescer.take();
  const parts = joinParts(gathered.written, last);
  const fence = (again: boolean) => lease.fence(deps.store, again);
  if (source.ended === "stopped" && source.cause !== "cancelled") {
    if (source.cause === "drain") await handBack(deps, lease, last);
    deps.logger.log("info", "generation_handed_back", { ...ids(job), cause: source.cause });
    return null;
  }
  const now = deps.clock.now();
  const ending: Ending = {
    outcome: source.ended === "complete" ? "complete" : source.ended === "stopped" ? "cancelled" : "failed",
    parts,
    last,
    timings: {
      totalMs: now - job.startedAt,
      ...(gathered.firstTokenAt === null ? {} : { firstTokenMs: gathered.firstTokenAt - job.startedAt }),
    },
  };
  if (source.ended === "complete" && source.stopReason !== undefined) ending.stopReason = source.stopReason;
  if (gathered.usage !== undefined) {
    ending.usage = gathered.usage;
    const cost = deps.costMicroUsd(job.model, gathered.usage);
    if (cost !== undefined) ending.costMicroUsd = cost;
  }
  if (source.ended === "failed") ending.error = messageError(source.error, job.requestId);
  const next = await endJob(deps, job, ending, fence, STORE_AWAY_MS_MAX);
  deps.counters.add(`throughline_generations_${ending.outcome}_total`, 1);
  deps.logger.log(source.ended === "failed" ? "warn" : "info", "generation_ended", {
    ...ids(job),
    outcome: ending.outcome,
    code: ending.error?.code,
    cause: source.ended === "failed" ? causes(source.error) : undefined,
    firstTokenMs: ending.timings?.firstTokenMs,
    totalMs: ending.timings?.totalMs,
    outputTokens: ending.usage?.outputTokens,
  });
  return next;
}

/** Flushes, and lets go of the lease, in one commit. */
async function handBack(deps: GenerateDeps, lease: Lease, last: Part[]): Promise<void> {
  const { conversationId, messageId, attempt } = lease.job;
  let again = false;
  await deps.append(async () => {
    const check = await lease.fence(deps.store, again);
    again = true;
    const { write } = lease.release();
    return {
      topics: last.length === 0 ? [] : [{
        topic: conversationTopic(conversationId),
        entries: [{ type: "delta", data: { messageId, attempt, parts: last } }],
      }],
      checks: [check],
      writes: () => [write],
    };
  }, DRAIN_MS_MAX);
}

/** What the provider is sent: the branch that ends in the message being answered. Failed and empty turns are left out. */
async function history(
  deps: GenerateDeps,
  job: RunningJob,
): Promise<{ systemPrompt: string; turns: Turn[] }> {
  const [record, records] = await Promise.all([
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
  return { systemPrompt: record.value?.conversation.systemPrompt ?? "", turns };
}

function stopped(signal: AbortSignal): Source {
  return { ended: "stopped", cause: signal.reason as StopCause };
}

function ids(job: RunningJob): { generationId: Id; conversationId: Id; attempt: number; requestId: string } {
  const { id, conversationId, attempt, requestId } = job;
  return { generationId: id, conversationId, attempt, requestId };
}
