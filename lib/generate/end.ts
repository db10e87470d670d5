// An answer's end: one commit that makes the message final, the job done, and the next in the queue begin.
//   J1  There is one end: the commit checks the job, and a job that is done is never changed again.
//   J2  What its calls used is entered once, with it: in the ledger, in the answer's cost and in what its conversation has
//       spent.
//   J3  A conversation keeps its place in its owner's list: it moved when the answer began, and a list in which things jump
//       when answers end is not calm.
import { changeTopics, writeConversation } from "../chat/conversations.ts";
import { type MessageRecord, readMessage, writeMessage } from "../chat/messages.ts";
import { AppError } from "../core/errors.ts";
import type { Clock } from "../core/time.ts";
import { ended, modelOf, type Outcome, type RunningJob } from "../jobs/job.ts";
import { cancelKey, conversationKey, generationKey, JOB_TTL_MS, runningKey } from "../kv/keys.ts";
import type { Append } from "../kv/plan.ts";
import { type Check, remove, set, type Store, type Write } from "../kv/store.ts";
import type { Counters } from "../observe/metrics.ts";
import type { Conversation, Spent } from "../protocol/conversation.ts";
import type { LogEntry } from "../protocol/event.ts";
import type {
  Asked,
  Fallback,
  Message,
  MessageError,
  Part,
  StopReason,
  Timings,
  Usage,
} from "../protocol/message.ts";
import { costAfter, plus, type PricedBill, totalOf } from "../usage/bill.ts";
import { entered } from "../usage/ledger.ts";
import { shortened } from "./answer_size.ts";
import { begin, type Beginning, type Owner, type Prompt } from "./begin.ts";
import type { Continuation } from "./continuation.ts";

/** How an answer ended. `parts` is all of it; `last` is what of it no entry has said yet. */
export interface Ending {
  /** The model that wrote it, and why not the one that was chosen. Absent: the one that the job says. */
  model?: string;
  fallback?: Fallback;
  outcome: Outcome;
  parts: Part[];
  last: Part[];
  stopReason?: StopReason;
  /** Of the call that wrote the answer. */
  usage?: Usage;
  /** All calls of this attempt that used something. */
  bills?: readonly PricedBill[];
  asked?: Asked;
  timings?: Timings;
  error?: MessageError;
}

/** The next job of the conversation, begun by the same commit; its versionstamp is that of the commit. */
export interface Next {
  job: RunningJob;
  versionstamp: string | null;
  /** What of its text stands already, and how it goes on. */
  from?: Continuation;
}

export interface EndDeps {
  store: Store;
  append: Append;
  clock: Clock;
  owner: Owner;
}

/**
 * Ends `job`. `fence` gives the check that this process may still write it.
 * @returns the job that follows it in the queue, begun under this process's lease, or null.
 */
export async function endJob(
  deps: EndDeps,
  job: RunningJob,
  ending: Ending,
  fence: (again: boolean) => Check | Promise<Check>,
  forMs?: number,
): Promise<Next | null> {
  try {
    return await commitEnd(deps, job, ending, fence, forMs);
  } catch (error) {
    if (!(error instanceof AppError && error.code === "too_large")) throw error;
    // Every job ends (P8), even one whose text, prompt and instructions together fill more than a commit.
    return await commitEnd(deps, job, withoutRoom(ending, job.requestId), fence, forMs);
  }
}

function withoutRoom(ending: Ending, requestId: string): Ending {
  const detail = "The answer became longer than can be kept. Its beginning is.";
  return {
    ...ending,
    outcome: ending.outcome === "cancelled" ? "cancelled" : "failed",
    parts: shortened(ending.parts),
    last: [],
    error: { code: "answer_too_long", detail, requestId },
  };
}

async function commitEnd(
  deps: EndDeps,
  job: RunningJob,
  ending: Ending,
  fence: (again: boolean) => Check | Promise<Check>,
  forMs: number | undefined,
): Promise<Next | null> {
  let begun: Beginning | null = null;
  let again = false;
  const appended = await deps.append(async () => {
    const check = await fence(again);
    again = true;
    const now = deps.clock.now();
    const [record, reply, flag] = await Promise.all([
      deps.store.get(conversationKey(job.conversationId)),
      readMessage(deps.store, job.conversationId, job.messageId),
      deps.store.get(cancelKey(job.id)),
    ]);
    const last = lastWrites(job, reply, ending, now);
    const done: Write[] = [
      set(generationKey(job.id), ended(job, ending.outcome, now), JOB_TTL_MS),
      remove(runningKey(job.id)),
      ...entered(job, "answer", ending.bills ?? []),
      // A removal is paid for as a write is, and most answers are never stopped. One that is stopped meanwhile fails the
      // check, so that no flag outlives its job.
      ...(flag.value === null ? [] : [remove(cancelKey(job.id))]),
    ];
    const own = [check, { key: cancelKey(job.id), versionstamp: flag.versionstamp }];
    // A conversation that was purged meanwhile has nobody to tell.
    if (record.value === null) return { topics: [], checks: own, writes: () => done };
    const before = record.value;
    const checks = [...own, { key: conversationKey(job.conversationId), versionstamp: record.versionstamp }];
    const { running } = before.conversation;
    const spent = plus(before.conversation.spent, spentBy(job, ending));
    const idle: Conversation = {
      ...before.conversation,
      running: running === job.id ? null : running,
      ...(spent === undefined ? {} : { spent }),
    };
    begun = null;
    const deleted = before.deletedAt !== null;
    const promoted = idle.running === null ? await nextInLine(deps, idle, now) : null;
    if (promoted === null) {
      // The terminal entry comes last: nothing follows it (P6).
      const [conversationTopic, userTopic] = changeTopics(job.userId, idle);
      const ending = { ...conversationTopic, entries: [...conversationTopic.entries, ...last.entries] };
      return {
        // A deleted conversation is not listed again by an answer that ends late.
        topics: deleted ? [ending] : [ending, userTopic],
        checks,
        writes: ([firstSeq = 0]) => [
          ...last.writes(firstSeq + conversationTopic.entries.length),
          ...writeConversation(before, { ...before, conversation: idle }),
          ...done,
        ],
      };
    }
    begun = promoted.beginning;
    const plan = promoted.beginning.plan(before, promoted.prompt);
    const [ownTopic, listTopic] = plan.topics;
    const beginning = { ...ownTopic, entries: [...last.entries, ...ownTopic.entries] };
    return {
      topics: deleted ? [beginning] : [beginning, listTopic],
      checks: [...checks, promoted.check],
      writes: ([firstSeq = 0]) => [
        ...last.writes(firstSeq),
        ...plan.writes([firstSeq + last.entries.length]),
        // What waited in a deleted conversation ends one by one, and no provider is asked.
        ...(deleted ? [set(cancelKey(promoted.beginning.job.id), now)] : []),
        ...done,
      ],
    };
  }, forMs);
  const next = begun as Beginning | null;
  return next === null || appended === null ? null : { job: next.job, versionstamp: appended.versionstamp };
}

/** Counts an answer that has ended. */
export function counted(counters: Counters, { outcome, usage, asked }: Ending): void {
  const variant = asked?.variant ?? "";
  counters.add(`throughline_generations_${outcome}_total`, 1);
  counters.addFor("throughline_answers_total", { variant, outcome }, 1);
  counters.addFor("throughline_answer_output_tokens_total", { variant }, usage?.outputTokens ?? 0);
}

/** The entries that say the rest of the answer and its end, and the writes of its record. */
function lastWrites(job: RunningJob, reply: MessageRecord | null, ending: Ending, now: number) {
  const { outcome, parts, last, stopReason, usage, timings, error } = ending;
  const before = reply?.message;
  const model = ending.model ?? modelOf(job);
  const fallback = ending.fallback ?? (model === job.model ? undefined : before?.fallback);
  const asked = ending.asked ?? before?.asked ?? {};
  // An answer that was continued has cost something before.
  const costMicroUsd = costAfter(before?.costMicroUsd, spentBy(job, ending));
  const message: Message = {
    id: job.messageId,
    conversationId: job.conversationId,
    parentId: before?.parentId ?? null,
    role: "assistant",
    status: outcome,
    parts,
    model,
    generationId: job.id,
    attempt: job.attempt,
    ...(fallback === undefined ? {} : { fallback }),
    ...(before?.recovered === undefined ? {} : { recovered: before.recovered }),
    ...(Object.keys(asked).length === 0 ? {} : { asked }),
    ...(before?.askedFrom === undefined ? {} : { askedFrom: before.askedFrom }),
    ...(before?.rating === undefined ? {} : { rating: before.rating }),
    ...(before?.ratingReason === undefined ? {} : { ratingReason: before.ratingReason }),
    ...(stopReason === undefined ? {} : { stopReason }),
    ...(usage === undefined ? {} : { usage }),
    ...(costMicroUsd === undefined ? {} : { costMicroUsd }),
    ...(timings === undefined ? {} : { timings }),
    ...(error === undefined ? {} : { error }),
    createdAt: before?.createdAt ?? now,
  };
  const entries: LogEntry[] = [];
  if (last.length > 0) {
    entries.push({ type: "delta", data: { messageId: job.messageId, attempt: job.attempt, parts: last } });
  }
  entries.push({ type: "message", data: { message } });
  return {
    entries,
    writes: (firstSeq: number) => {
      const seq = firstSeq + entries.length - 1;
      return writeMessage({ message, seq, order: reply?.order ?? seq });
    },
  };
}

/** What all attempts of a job cost, its last one with them. */
function spentBy(job: RunningJob, ending: Ending): Spent | undefined {
  return plus(job.spent, totalOf(ending.bills ?? []));
}

/** The oldest queued message whose job still waits, begun; null when none is left. */
export async function nextInLine(
  deps: EndDeps,
  idle: Conversation,
  now: number,
): Promise<{ beginning: Beginning; prompt: Prompt; check: Check } | null> {
  for (const [i, queued] of idle.queue.entries()) {
    const [job, record] = await Promise.all([
      deps.store.get(generationKey(queued.generationId)),
      readMessage(deps.store, idle.id, queued.messageId),
    ]);
    if (job.value?.state !== "queued" || record === null) continue;
    const parentId = queued.parentId === undefined ? idle.activeLeaf : queued.parentId;
    const message: Message = { ...record.message, status: "complete", parentId };
    const beginning = begin({
      job: job.value,
      conversation: { ...idle, queue: idle.queue.slice(i + 1) },
      parentId: message.id,
      owner: deps.owner,
      now,
    });
    return {
      beginning,
      prompt: { message, order: record.order },
      check: { key: generationKey(queued.generationId), versionstamp: job.versionstamp },
    };
  }
  return null;
}

/** What a provider's failure looks like in a message. Anything unexpected is `internal`; its cause went to the log. */
export function messageError(error: unknown, requestId: string): MessageError {
  if (error instanceof AppError) {
    const { providerRequestId } = error.extra;
    return {
      code: error.code,
      detail: error.message,
      requestId,
      ...(typeof providerRequestId === "string" ? { providerRequestId } : {}),
    };
  }
  return { code: "internal", detail: "Something broke on our side while the answer was written.", requestId };
}
