// Stop: a flag that the job's owner watches, wherever it runs. A job that only waits is ended here.
//   P6  Only the job, or whoever takes it over, writes its terminal entry; so there is only one end.
import type { Conversations } from "../chat/conversations.ts";
import { readMessage } from "../chat/messages.ts";
import { AppError } from "../core/errors.ts";
import { type Id, isId } from "../core/ids.ts";
import type { Clock } from "../core/time.ts";
import type { Job } from "../jobs/job.ts";
import { cancelKey, generationKey } from "../kv/keys.ts";
import type { Append } from "../kv/plan.ts";
import { set, type Store, type Versioned } from "../kv/store.ts";
import type { GenerationView } from "../protocol/api.ts";
import { withdrawal } from "./queue.ts";

export interface CancelDeps {
  store: Store;
  append: Append;
  clock: Clock;
  conversations: Pick<Conversations, "read">;
  /** Asks for a sweep: the owner of a job that should stop may be dead. */
  nudge: () => void;
}

/** The job of this user, with its versionstamp. @throws AppError `not_found` (P10) */
export async function readJob(
  store: Store,
  userId: Id,
  id: Id,
): Promise<{ job: Job; versionstamp: string }> {
  const { value, versionstamp }: Versioned<Job> = isId(id)
    ? await store.get(generationKey(id))
    : { value: null, versionstamp: null };
  if (value === null || versionstamp === null || value.userId !== userId) {
    throw new AppError("not_found", "There is no such generation, or it is not yours.");
  }
  return { job: value, versionstamp };
}

/** Asks a job to stop. Idempotent: a job that is done stays as it ended. */
export async function cancel(deps: CancelDeps, userId: Id, id: Id): Promise<void> {
  await deps.append(async () => {
    const { job, versionstamp } = await readJob(deps.store, userId, id);
    const check = { key: generationKey(id), versionstamp };
    const now = deps.clock.now();
    switch (job.state) {
      case "done":
        return null;
      case "running":
        return { topics: [], checks: [check], writes: () => [set(cancelKey(id), now)] };
      case "queued": {
        const record = await deps.conversations.read(userId, job.conversationId);
        const queued = record.conversation.queue.find(({ generationId }) => generationId === id);
        const stored = queued === undefined
          ? null
          : await readMessage(deps.store, job.conversationId, queued.messageId);
        return withdrawal(record, id, stored, { value: job, versionstamp }, now);
      }
    }
  });
  deps.nudge();
}

/** How a job is doing, for its owner. */
export async function viewJob(store: Store, userId: Id, id: Id): Promise<GenerationView> {
  const { job } = await readJob(store, userId, id);
  const [flag, answer] = await Promise.all([
    store.get(cancelKey(id)),
    readMessage(store, job.conversationId, job.messageId),
  ]);
  const { timings, usage } = answer?.message ?? {};
  return {
    id,
    conversationId: job.conversationId,
    messageId: job.messageId,
    state: job.state === "done" ? job.outcome : job.state,
    attempt: job.attempt,
    cancelRequested: flag.value !== null,
    ...(timings === undefined ? {} : { timings }),
    ...(usage === undefined ? {} : { usage }),
  };
}
