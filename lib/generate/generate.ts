// One attempt of one job, from the lease to its end. The straight line of the program.
//   G2  One writer at a time: deltas, renewals and the end leave through one queue, so that each commit knows the
//       versionstamp of the one before it.
//   G3  Whatever ends the attempt closes the provider's socket before anything else is done.
import { readMessage, writeMessage } from "../chat/messages.ts";
import { causes } from "../core/errors.ts";
import type { Id } from "../core/ids.ts";
import { adopted, type Checkpoint, claimed, modelOf, type RunningJob } from "../jobs/job.ts";
import { Lease } from "../jobs/lease.ts";
import { cancelKey, conversationTopic } from "../kv/keys.ts";
import type { Append, Plan } from "../kv/plan.ts";
import type { Check, Key, Versioned, Write } from "../kv/store.ts";
import type { Logger } from "../observe/log.ts";
import type { Counters } from "../observe/metrics.ts";
import { Latch } from "../resilience/latch.ts";
import type { Spent } from "../protocol/conversation.ts";
import { joinParts, type Message, type Part } from "../protocol/message.ts";
import { plus, priced, type Pricing, totalOf } from "../usage/bill.ts";
import { entered } from "../usage/ledger.ts";
import { abandon } from "./abandon.ts";
import type { Owner } from "./begin.ts";
import { charsOf, type Continuation, continuation, inWords } from "./continuation.ts";
import { counted, type Ending, endJob, messageError, type Next } from "./end.ts";
import { calm, goingOnPlan, restartPlan } from "./restart.ts";
import { Gathered, type SourceEnd, type StopCause } from "./gathered.ts";
import { read, type SourceDeps, type Writer } from "./source.ts";

/** How long a commit is tried while the store is away, before the attempt is left to whoever finds its lease expired. */
const STORE_AWAY_MS_MAX = 60_000;
/** A commit that takes longer waited for others. On a file it takes 1 ms with fifty answers at once. */
const SLOW_COMMIT_MS = 10;
/** The longest rest after a slow commit: the longest that people take for a pause is not far above. */
const REST_MS_MAX = 100;
/** The commits of an attempt that must be quick, because the process is about to exit. */
const DRAIN_MS_MAX = 3_000;
/** What the end's own commit takes along, in UTF-16 units. */
const REST_CHARS_MAX = 4 * 1024;

export interface GenerateDeps extends SourceDeps {
  append: Append;
  logger: Logger;
  counters: Counters;
  owner: Owner;
  /** Pause between two commits of one job; 0: a commit in flight is the only wait. */
  flushMs: number;
  watch<V>(key: Key<V>, onState: (state: Versioned<V>) => void): Disposable;
  costMicroUsd: Pricing;
  /** Told when an attempt has ended here, and with it, mostly, its answer. Returns at once. */
  afterwards: (job: RunningJob) => void;
}

/** An attempt as its writer sees it. */
interface Attempt {
  deps: GenerateDeps;
  lease: Lease;
  gathered: Gathered;
  /** All parts that are stored, those of an earlier owner included, and their UTF-16 units. */
  written: Part[];
  chars: number;
  /** Versionstamp of the last commit that appended, under this lease; null when it is not known. */
  since: string | null;
  /** Opened when something was gathered. */
  changes: Latch;
  writer: Writer;
}

/**
 * Runs `job` to its end, or until its lease is lost or handed back. `from`: what stands already, and how to go on.
 * @returns the job to run next: the one that the end has begun, or this one's next attempt.
 */
export async function generate(
  deps: GenerateDeps,
  job: RunningJob,
  versionstamp: string | null,
  stop: AbortController,
  from: Continuation | null = null,
): Promise<Next | null> {
  using changes = new Latch(deps.clock);
  using ready = new Latch(deps.clock);
  const writer: Writer = { busy: false, ready };
  const lease = new Lease(job, versionstamp, deps.owner.leaseMs);
  const written = from?.parts ?? [];
  const gathered = new Gathered(written);
  const attempt: Attempt = {
    deps,
    lease,
    gathered,
    written,
    chars: charsOf(written),
    since: null,
    changes,
    writer,
  };
  using _flag = deps.watch(cancelKey(job.id), ({ value }) => {
    if (value !== null) stop.abort("cancelled" satisfies StopCause);
  });
  const reading = read(deps, lease, from, gathered, stop, () => changes.open(), writer);
  try {
    return await end(attempt, await write(attempt));
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

/** Writes what was read, and renews the lease, until the source has ended and little enough is left for the end. */
async function write(attempt: Attempt): Promise<SourceEnd> {
  const { deps: { clock, flushMs }, lease, gathered, changes, writer } = attempt;
  for (;;) {
    const now = clock.now();
    // The rest, when it fits one batch, goes out with the end.
    if (gathered.end !== null && gathered.coalescer.chars <= REST_CHARS_MAX) return gathered.end;
    const due = now >= lease.renewAt;
    if (gathered.news && gathered.end === null) {
      await tell(attempt);
      continue;
    }
    if (gathered.coalescer.chars === 0 && !due) {
      await changes.wait(Math.max(now + 1, lease.renewAt));
      continue;
    }
    writer.busy = true;
    await commit(attempt, gathered.coalescer.take(), due);
    const nextAt = Math.max(now + flushMs, restedAt(now, clock.now()));
    while (clock.now() < nextAt && gathered.end === null) await changes.wait(nextAt);
    writer.busy = false;
    writer.ready.open();
  }
}

/**
 * When the writer whose commit left and came back then goes on: after as long again as a slow commit took. A process that
 * is busy, or a store that is, gets fewer and larger commits from each of its answers, and time to read them.
 */
function restedAt(leftAt: number, backAt: number): number {
  const tookMs = backAt - leftAt;
  return tookMs < SLOW_COMMIT_MS ? backAt : backAt + Math.min(tookMs, REST_MS_MAX);
}

/** Tells those who look at the answer what is new of it, before its words: that it waits, or that another model writes it. */
async function tell(attempt: Attempt): Promise<void> {
  const { deps, lease, gathered, written } = attempt;
  const { waiting, using } = gathered;
  const { conversationId, messageId } = lease.job;
  gathered.news = false;
  let renewal: ReturnType<Lease["renewal"]> | null = null;
  let again = false;
  const appended = await deps.append(async () => {
    const check = await lease.fence(deps.store, again);
    again = true;
    const reply = await readMessage(deps.store, conversationId, messageId);
    const renewed = lease.renewal(deps.clock.now(), using ? { using: using.model } : {});
    renewal = renewed;
    if (reply === null) return { topics: [], checks: [check], writes: () => [renewed.write] };
    const message: Message = {
      ...calm(reply.message),
      parts: written,
      ...(waiting === null ? {} : { waiting }),
      ...(using ?? {}),
    };
    return {
      topics: [{
        topic: conversationTopic(conversationId),
        entries: [{ type: "message", data: { message } }],
      }],
      checks: [check],
      writes: ([seq = 0]) => [renewed.write, ...writeMessage({ ...reply, seq, message })],
    };
  }, STORE_AWAY_MS_MAX);
  attempt.since = appended?.versionstamp ?? null;
  const done = renewal as ReturnType<Lease["renewal"]> | null;
  if (appended !== null) done?.done(appended.versionstamp);
}

/** One batch, with a renewal when one is due or a checkpoint came. */
async function commit(attempt: Attempt, parts: Part[], due: boolean): Promise<void> {
  const { deps, lease, gathered } = attempt;
  const chars = attempt.chars + charsOf(parts);
  const checkpoint: Checkpoint | undefined = gathered.checkpointAt(chars);
  let renewal: ReturnType<Lease["renewal"]> | null = null;
  let again = false;
  const plan = (check: Check): Plan => {
    const renewed = due || checkpoint !== undefined
      ? lease.renewal(deps.clock.now(), checkpoint === undefined ? {} : { checkpoint })
      : null;
    renewal = renewed;
    return {
      ...said(lease.job, parts),
      // Whoever takes the job over moves the head: while it is as our last commit left it, the job is ours (P5). A renewal
      // writes the record, and must not write over another's.
      ...(renewed === null ? { fence: { check, since: attempt.since } } : { checks: [check] }),
      writes: () => renewed === null ? [] : [renewed.write],
    };
  };
  const appended = await deps.append(() => {
    const check = lease.fence(deps.store, again);
    again = true;
    return check instanceof Promise ? check.then(plan) : plan(check);
  }, STORE_AWAY_MS_MAX);
  attempt.written = joinParts(attempt.written, parts);
  attempt.chars = chars;
  attempt.since = parts.length === 0 ? attempt.since : appended?.versionstamp ?? null;
  const done = renewal as ReturnType<Lease["renewal"]> | null;
  if (appended !== null) done?.done(appended.versionstamp);
}

/** Writes the end; or begins anew what would not go on; or hands the lease back when the process is about to exit. */
async function end(attempt: Attempt, source: SourceEnd): Promise<Next | null> {
  const { deps, lease, gathered, written } = attempt;
  const { job } = lease;
  const fence = (again: boolean) => lease.fence(deps.store, again);
  if (source.ended === "refused" || source.ended === "interrupted") {
    const next = await goOn(attempt, source);
    if (next !== null) return next;
    // What its provider refused to go on with, it has forgotten.
    if (source.ended === "interrupted") void abandon(deps, job);
    return await beginAnew(deps, lease, gathered, source.error);
  }
  const last = gathered.coalescer.take();
  if (source.ended === "stopped" && source.cause !== "cancelled") {
    if (source.cause === "drain") await handBack(deps, lease, gathered, last);
    deps.logger.log("info", "generation_handed_back", { ...ids(job), cause: source.cause });
    return null;
  }
  const now = deps.clock.now();
  const ending: Ending = {
    outcome: source.ended === "complete" ? "complete" : source.ended === "stopped" ? "cancelled" : "failed",
    parts: joinParts(written, last),
    last,
    ...(gathered.using === undefined ? { model: modelOf(job) } : gathered.using ?? { model: job.model }),
    ...(gathered.asked === undefined ? {} : { asked: gathered.asked }),
    timings: {
      totalMs: now - job.startedAt,
      ...(gathered.firstTokenAt === null ? {} : { firstTokenMs: gathered.firstTokenAt - job.startedAt }),
    },
  };
  if (source.ended === "complete" && source.stopReason !== undefined) ending.stopReason = source.stopReason;
  gathered.settle(gathered.asking ?? job.model, ending.outcome, now);
  ending.bills = priced(gathered.bills, deps.costMicroUsd);
  const usage = gathered.bills.at(-1)?.usage;
  if (usage !== undefined) ending.usage = usage;
  if (source.ended === "failed") {
    ending.error = messageError(source.error, job.requestId);
    void abandon(deps, job);
  }
  const next = await endJob(deps, job, ending, fence, STORE_AWAY_MS_MAX);
  counted(deps.counters, ending);
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

/**
 * The same text from where it broke off, under the same owner, by what the provider can do; null when it can do nothing of
 * the kind.
 */
async function goOn(
  attempt: Attempt,
  { ended, error }: Extract<SourceEnd, { ended: "refused" | "interrupted" }>,
): Promise<Next | null> {
  const { deps, lease, gathered } = attempt;
  const unsaid = gathered.coalescer.take();
  const parts = joinParts(attempt.written, unsaid);
  const checkpoint = gathered.checkpointAt(charsOf(parts)) ?? lease.job.checkpoint;
  const newest = checkpoint === undefined ? lease.job : { ...lease.job, checkpoint };
  const from = ended === "refused"
    ? inWords(newest, parts)
    : continuation(await deps.resolve(modelOf(newest)), newest, parts);
  if (from === null) return null;
  const { processId, leaseMs } = deps.owner;
  // A response that its provider stores is billed when it ends.
  if (from.how !== "resumed") gathered.settle(gathered.asking ?? lease.job.model, "failed", deps.clock.now());
  const { spent, writes } = reckoned(deps, lease.job, gathered);
  let claim: RunningJob | null = null;
  let again = false;
  const appended = await deps.append(async () => {
    const check = await lease.fence(deps.store, again);
    again = true;
    const { checkpoint: _, ...job } = lease.job;
    // What its provider has forgotten is not asked for again.
    const kept = from.how === "asked" || checkpoint === undefined ? job : { ...job, checkpoint };
    const adoption = adopted(kept, processId, leaseMs, deps.clock.now());
    claim = { ...adoption, ...(spent === undefined ? {} : { spent }) };
    const last = said(lease.job, unsaid).topics.flatMap(({ entries }) => entries);
    return await goingOnPlan(deps.store, claim, from, [check], { last, entered: writes });
  }, STORE_AWAY_MS_MAX);
  deps.logger.log("warn", "generation_went_on", { ...ids(lease.job), how: from.how, cause: causes(error) });
  const job = claim as RunningJob | null;
  return appended === null || job === null ? null : { job, versionstamp: appended.versionstamp, from };
}

/** The next attempt, under the same owner: the text cannot go on where it is. */
async function beginAnew(
  deps: GenerateDeps,
  lease: Lease,
  gathered: Gathered,
  cause: unknown,
): Promise<Next | null> {
  const { processId, leaseMs } = deps.owner;
  gathered.settle(gathered.asking ?? lease.job.model, "failed", deps.clock.now());
  const { spent, writes } = reckoned(deps, lease.job, gathered);
  let claim: RunningJob | null = null;
  let again = false;
  const appended = await deps.append(async () => {
    const check = await lease.fence(deps.store, again);
    again = true;
    claim = claimed({ ...lease.job, spent }, processId, leaseMs, deps.clock.now());
    return await restartPlan(deps.store, claim, check, "retried", writes);
  }, STORE_AWAY_MS_MAX);
  deps.logger.log("warn", "generation_restarted", { ...ids(lease.job), cause: causes(cause) });
  const job = claim as RunningJob | null;
  return appended === null || job === null ? null : { job, versionstamp: appended.versionstamp };
}

/** Flushes, and lets go of the lease, in one commit. */
async function handBack(deps: GenerateDeps, lease: Lease, gathered: Gathered, last: Part[]): Promise<void> {
  // A call that its provider goes on with is billed when it ends.
  if (lease.job.checkpoint === undefined) {
    gathered.settle(gathered.asking ?? lease.job.model, "cancelled", deps.clock.now());
  }
  const { spent, writes } = reckoned(deps, lease.job, gathered);
  let again = false;
  await deps.append(async () => {
    const check = await lease.fence(deps.store, again);
    again = true;
    return {
      ...said(lease.job, last),
      checks: [check],
      writes: () => [lease.release(spent).write, ...writes],
    };
  }, DRAIN_MS_MAX);
}

/**
 * What an attempt of `job` used whose job goes on: the writes of the ledger, and all that the job has spent with it. Made
 * once, from the job as it was: one that is read again after a lost answer may have it already.
 */
function reckoned(
  { costMicroUsd }: GenerateDeps,
  job: RunningJob,
  { bills }: Gathered,
): { spent: Spent | undefined; writes: Write[] } {
  const own = priced(bills, costMicroUsd);
  return { spent: plus(job.spent, totalOf(own)), writes: entered(job, "answer", own) };
}

/** The entry that says `parts`; none for none. */
function said({ conversationId, messageId, attempt }: RunningJob, parts: Part[]): Pick<Plan, "topics"> {
  const topic = conversationTopic(conversationId);
  return {
    topics: parts.length === 0
      ? []
      : [{ topic, entries: [{ type: "delta", data: { messageId, attempt, parts } }] }],
  };
}

function ids(job: RunningJob): { generationId: Id; conversationId: Id; attempt: number; requestId: string } {
  const { id, conversationId, attempt, requestId } = job;
  return { generationId: id, conversationId, attempt, requestId };
}
