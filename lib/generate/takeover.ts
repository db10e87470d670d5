// Taking over a job whose owner is gone: by the best means its provider has, announced to everyone who follows; or the
// end it deserves.
//   P4  Whoever finds an expired lease may claim the job. The checked write lets exactly one of them.
import { AppError } from "../core/errors.ts";
import type { Clock } from "../core/time.ts";
import { adopted, claimed, modelOf, type Outcome, type RunningJob, verdict } from "../jobs/job.ts";
import { Lease } from "../jobs/lease.ts";
import { cancelKey, conversationTopic, generationKey, headKey } from "../kv/keys.ts";
import type { Append, Plan } from "../kv/plan.ts";
import { type Check, set, type Store } from "../kv/store.ts";
import type { Provider } from "../models/provider.ts";
import type { Logger } from "../observe/log.ts";
import type { Counters } from "../observe/metrics.ts";
import type { Snapshot } from "../protocol/event.ts";
import type { MessageError, Part } from "../protocol/message.ts";
import { abandon } from "./abandon.ts";
import type { Owner } from "./begin.ts";
import { type Continuation, continuation, inWords } from "./continuation.ts";
import { counted, type Ending, endJob } from "./end.ts";
import { goingOnPlan, restartPlan } from "./restart.ts";

export interface TakeoverDeps {
  store: Store;
  append: Append;
  clock: Clock;
  logger: Logger;
  counters: Counters;
  owner: Owner;
  /** The state of a job's conversation, whoever owns it. */
  snapshot: (job: RunningJob) => Promise<Snapshot>;
  /** @throws AppError `unknown_model` */
  resolve: (model: string) => Promise<{ provider: Provider; model: string }>;
  start: (job: RunningJob, versionstamp: string | null, from?: Continuation) => void;
}

/** What is done with a job that was taken over. */
type Fate =
  | { how: "restarted"; claim: RunningJob }
  | { how: Continuation["how"]; claim: RunningJob; from: Continuation }
  | { how: "cancelled" | "exhausted"; claim: RunningJob; parts: Part[] };

/** Takes over a job with an expired lease. Returns without a word when somebody else was faster. */
export async function takeOver(deps: TakeoverDeps, stale: RunningJob): Promise<void> {
  let fate: Fate | null = null;
  const appended = await deps.append(async () => {
    fate = null;
    const [{ value: job, versionstamp }, flag] = await Promise.all([
      deps.store.get(generationKey(stale.id)),
      deps.store.get(cancelKey(stale.id)),
    ]);
    const found = verdict(job, deps.clock.now());
    // Our own claim of a moment ago, whose answer was lost, has a lease that runs: it is left here too.
    if (job?.state !== "running" || (found !== "take_over" && found !== "give_up")) return null;
    // Read before the text is, and checked with the claim: its owner of before may write until that moment.
    const head = await headOf(deps.store, job);
    const decided = await decide(deps, job, flag.value !== null, found === "give_up");
    fate = decided;
    return await claimPlan(deps, decided, { key: generationKey(job.id), versionstamp }, head);
  });
  const decided = fate as Fate | null;
  if (appended === null || decided === null) return;
  // Two claims say the same in the log: what was found there after a lost answer may be another process's.
  if (appended.versionstamp === null && !(await isOurs(deps.store, decided.claim))) return;
  const { claim, how } = decided;
  deps.counters.add("throughline_generations_taken_over_total", 1);
  deps.logger.log("info", "generation_taken_over", {
    generationId: claim.id,
    conversationId: claim.conversationId,
    attempt: claim.attempt,
    epoch: claim.epoch,
    how,
  });
  if (decided.how === "restarted") deps.start(claim, appended.versionstamp);
  else if ("from" in decided) deps.start(claim, appended.versionstamp, decided.from);
  else await finish(deps, decided, appended.versionstamp);
}

/** The best that can be done: end it, go on where it is, or begin anew. */
async function decide(
  deps: TakeoverDeps,
  job: RunningJob,
  cancelled: boolean,
  spent: boolean,
): Promise<Fate> {
  const { owner: { processId, leaseMs }, clock } = deps;
  const now = clock.now();
  const parts = await partsOf(deps, job);
  // An end is no new attempt: the count stays that of the text that is kept.
  if (cancelled || spent) {
    return {
      how: cancelled ? "cancelled" : "exhausted",
      claim: adopted(job, processId, leaseMs, now),
      parts,
    };
  }
  const from = await continuationOf(deps, job, parts);
  if (from === null) return { how: "restarted", claim: claimed(job, processId, leaseMs, now) };
  return { how: from.how, claim: adopted(job, processId, leaseMs, now), from };
}

async function continuationOf(
  deps: TakeoverDeps,
  job: RunningJob,
  parts: Part[],
): Promise<Continuation | null> {
  try {
    return continuation(await deps.resolve(modelOf(job)), job, parts);
  } catch (error) {
    // A model that is no longer there fails the next attempt, in words of its own.
    if (error instanceof AppError && error.code === "unknown_model") return inWords(job, parts);
    throw error;
  }
}

/** The commit of the claim, and of what followers are told. */
async function claimPlan(deps: TakeoverDeps, fate: Fate, check: Check, head: Check): Promise<Plan> {
  const { claim } = fate;
  if (fate.how === "restarted") return await restartPlan(deps.store, claim, check, "taken_over");
  // There may be nothing to say yet, but the head moves all the same: its last owner goes by it (P5).
  const checks = [check, head];
  if ("from" in fate && head.versionstamp !== null) {
    return await goingOnPlan(deps.store, claim, fate.from, checks);
  }
  const topics = head.versionstamp === null
    ? []
    : [{ topic: conversationTopic(claim.conversationId), entries: [] }];
  return { topics, checks, writes: () => [set(generationKey(claim.id), claim)] };
}

async function headOf(store: Store, { conversationId }: RunningJob): Promise<Check> {
  const key = headKey(conversationTopic(conversationId));
  return { key, versionstamp: (await store.get(key)).versionstamp };
}

async function isOurs(store: Store, { id, owner, epoch }: RunningJob): Promise<boolean> {
  const { value: job } = await store.get(generationKey(id));
  return job?.state === "running" && job.owner === owner && job.epoch === epoch;
}

/** Ends a claimed job with the text that its last owner left. */
async function finish(
  deps: TakeoverDeps,
  { claim: job, how, parts }: Extract<Fate, { parts: Part[] }>,
  versionstamp: string | null,
): Promise<void> {
  const lease = new Lease(job, versionstamp, deps.owner.leaseMs);
  void abandon(deps, job);
  const outcome: Outcome = how === "cancelled" ? "cancelled" : "failed";
  const error: MessageError = {
    code: "attempts_exhausted",
    detail: `The server was interrupted too often while it wrote this answer. What it wrote is kept.`,
    requestId: job.requestId,
  };
  const ending: Ending = { outcome, parts, last: [], ...(outcome === "failed" ? { error } : {}) };
  const next = await endJob(deps, job, ending, (again) => lease.fence(deps.store, again));
  counted(deps.counters, ending);
  if (next !== null) deps.start(next.job, next.versionstamp);
}

/** What the last owner wrote. Nothing is left of it when the conversation was purged meanwhile. */
async function partsOf(deps: TakeoverDeps, job: RunningJob): Promise<Part[]> {
  try {
    const { messages } = await deps.snapshot(job);
    return messages.find(({ id }) => id === job.messageId)?.parts ?? [];
  } catch (error) {
    if (error instanceof AppError && error.code === "not_found") return [];
    throw error;
  }
}
