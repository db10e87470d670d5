// Taking back what was said: a single message, which can be had back, or all of a conversation.
//   V1  What follows a message that is removed follows its parent then: nothing else is lost with it.
//   V2  Nothing is removed while an answer is written: it would be an answer to something else.
//   V3  A removal and its undoing say what shall be: asked again, what is so already is no fault.
//   V4  Whatever is removed at once fits into a commit; a long conversation is cleared from its end, so that what is left
//       at any moment is its beginning.
import { AppError } from "../core/errors.ts";
import { type Id, isId } from "../core/ids.ts";
import { conversationKey, REMOVED_TTL_MS, removedKey, removedPrefix } from "../kv/keys.ts";
import type { Plan } from "../kv/plan.ts";
import { getLarge, setLarge } from "../kv/parts.ts";
import { remove, type Write } from "../kv/store.ts";
import type { Conversation } from "../protocol/conversation.ts";
import type { LogEntry } from "../protocol/event.ts";
import { type Message, wasSaid } from "../protocol/message.ts";
import { changeTopics, type OwnedRecord, withRoomFor, writeConversation } from "./conversations.ts";
import {
  eraseMessage,
  listMessages,
  type MessageRecord,
  readMessage,
  replaceMessage,
  writeMessage,
} from "./messages.ts";
import { covering, type RewritingDeps, rewritten, summaryIds, withoutSummaries } from "./rewriting.ts";
import { branch, leafThrough } from "./tree.ts";

/** `["removed", conversation, message]`: a message that was removed, and what followed it. */
export interface RemovedMessage {
  record: MessageRecord;
  childIds: Id[];
}

/** Rows removed by one commit of a clearing: KV takes 1,000 writes, and each message is named in the entry as well. */
const ROWS_MAX = 400;
/** Commits of one clearing; twice as many as the longest conversation takes with a large message in every second place. */
const COMMITS_MAX = 200;

/** Removes a message that was said. @throws AppError `not_found`, `running`, `too_large`, `busy` */
export async function removeMessage(
  deps: RewritingDeps,
  userId: Id,
  conversationId: Id,
  messageId: Id,
): Promise<void> {
  const { store, append, clock, conversations } = deps;
  await append(async () => {
    const record = await conversations.read(userId, conversationId);
    const stored = isId(messageId) ? await readMessage(store, conversationId, messageId) : null;
    if (stored === null) {
      if (isId(messageId) && (await store.get(removedKey(conversationId, messageId))).value !== null) {
        return null;
      }
      throw notFound();
    }
    if (stored.message.status === "queued") {
      throw new AppError("running", "This message waits for its turn. Take it out of the queue instead.");
    }
    refuseWhileRunning(record);
    const [records, ids] = await Promise.all([
      listMessages(store, conversationId),
      summaryIds(store, conversationId),
    ]);
    const children = records.filter(({ message }) => message.parentId === messageId);
    const { parentId } = stored.message;
    const now = clock.now();
    const before = record.conversation;
    const conversation: Conversation = {
      ...rewritten(before, now),
      activeLeaf: leafWithout(records.map(({ message }) => message), before.activeLeaf, stored.message),
      queue: before.queue.map((queued) => queued.parentId === messageId ? { ...queued, parentId } : queued),
    };
    const voided = covering(ids, records.map(({ message }) => message), messageId);
    const moved = children.map(({ message }) => ({ messageId: message.id, parentId }));
    const kept: RemovedMessage = { record: stored, childIds: moved.map(({ messageId }) => messageId) };
    return {
      topics: changeTopics(userId, conversation, [
        { type: "rewritten", data: { removed: [messageId], moved, unsummarised: voided } },
      ]),
      checks: [asRead(record)],
      writes: () => [
        ...eraseMessage(stored),
        ...setLarge(removedKey(conversationId, messageId), kept, REMOVED_TTL_MS),
        ...children.flatMap((child) => movedTo(child, parentId)),
        ...withoutSummaries(conversationId, voided),
        ...writeConversation(record, {
          ...record,
          messageCount: Math.max(0, record.messageCount - 1),
          conversation,
        }),
      ],
    };
  });
}

/**
 * Puts a message back where it was, before what followed it. @returns it.
 * @throws AppError `not_found`, `invalid`, `running`, `limited`, `too_large`, `busy`
 */
export async function restoreMessage(
  deps: RewritingDeps,
  userId: Id,
  conversationId: Id,
  messageId: Id,
): Promise<Message> {
  const { store, append, clock, conversations } = deps;
  const restored: Message[] = [];
  await append(async (): Promise<Plan | null> => {
    const record = await conversations.read(userId, conversationId);
    const there = isId(messageId) ? await readMessage(store, conversationId, messageId) : null;
    if (there !== null) {
      restored[0] = there.message;
      return null;
    }
    const key = removedKey(conversationId, messageId);
    const kept = isId(messageId) ? await getLarge(store, key) : null;
    if (kept === null) throw notFound();
    refuseWhileRunning(record);
    const [records, ids] = await Promise.all([
      listMessages(store, conversationId),
      summaryIds(store, conversationId),
    ]);
    const { message } = kept.record;
    const { parentId } = message;
    if (parentId !== null && !records.some((one) => one.message.id === parentId)) {
      throw new AppError("invalid", "What this message followed was removed as well. Take that back first.");
    }
    const children = records.filter((one) =>
      one.message.parentId === parentId && kept.childIds.includes(one.message.id)
    );
    const after = records.map((one) =>
      children.includes(one) ? { ...one.message, parentId: messageId } : one.message
    );
    const before = record.conversation;
    const conversation: Conversation = {
      ...rewritten(before, clock.now()),
      activeLeaf: leafThrough([...after, message], before.activeLeaf, messageId) ?? before.activeLeaf,
    };
    const moved = children.map((child) => ({ messageId: child.message.id, parentId: messageId }));
    const voided = covering(ids, after, messageId);
    const entries: LogEntry[] = [
      { type: "message", data: { message } },
      { type: "rewritten", data: { removed: [], moved, unsummarised: voided } },
    ];
    restored[0] = message;
    return {
      topics: changeTopics(userId, conversation, entries),
      checks: [asRead(record)],
      writes: ([seq = 0]) => [
        // Of its versions it is the newest now, for who follows and for who comes.
        ...writeMessage({ message, seq, order: seq }),
        ...setLarge(key, kept).map((write) => remove(write.key)),
        ...children.flatMap((child) => movedTo(child, messageId)),
        ...withoutSummaries(conversationId, voided),
        ...writeConversation(record, { ...withRoomFor(record, 1), conversation }),
      ],
    };
  });
  return restored[0]!;
}

/** Removes all messages; title and settings stay. @throws AppError `not_found`, `running`, `busy` */
export async function clearConversation(deps: RewritingDeps, userId: Id, conversationId: Id): Promise<void> {
  for (let commits = 0; commits < COMMITS_MAX; commits++) {
    let whole = false;
    await deps.append(async () => {
      const record = await deps.conversations.read(userId, conversationId);
      refuseWhileRunning(record);
      const clearing = await nextClearing(deps, record);
      whole = clearing.whole;
      return clearing.plan;
    });
    if (whole) return;
  }
  throw new AppError("busy", "The conversation keeps changing. Try again in a moment.");
}

/** As much as one commit removes, from the end (V4), and whether that is all. */
async function nextClearing(
  { store, clock }: RewritingDeps,
  record: OwnedRecord,
): Promise<{ whole: boolean; plan: Plan | null }> {
  const { userId, conversation: before } = record;
  const conversationId = before.id;
  const [records, ids, kept] = await Promise.all([
    listMessages(store, conversationId),
    summaryIds(store, conversationId),
    store.list({ prefix: removedPrefix(conversationId) }, { limit: ROWS_MAX }),
  ]);
  if (records.length + ids.length + kept.length === 0) return { whole: true, plan: null };
  const writes: Write[] = [];
  const removed = new Set<Id>();
  for (const stored of records.toReversed()) {
    const rows = eraseMessage(stored);
    if (writes.length + rows.length > ROWS_MAX) break;
    writes.push(...rows);
    removed.add(stored.message.id);
  }
  const voided = ids.slice(0, ROWS_MAX - writes.length);
  writes.push(...withoutSummaries(conversationId, voided));
  const forgotten = kept.slice(0, ROWS_MAX - writes.length);
  writes.push(...forgotten.map(({ key }) => remove(key)));
  const left = records.filter(({ message }) => !removed.has(message.id)).map(({ message }) => message);
  const conversation: Conversation = {
    ...rewritten(before, clock.now()),
    activeLeaf: branch(records.map(({ message }) => message), before.activeLeaf)
      .findLast(({ id }) => !removed.has(id))?.id ?? null,
    // What waits for nothing that runs was left by a process that died; its messages go with the others.
    queue: before.queue.filter(({ messageId }) => !removed.has(messageId)),
  };
  return {
    // Of rows there may be more than were listed.
    whole: left.length === 0 && voided.length === ids.length && forgotten.length === kept.length &&
      kept.length < ROWS_MAX,
    plan: {
      topics: changeTopics(userId, conversation, [
        { type: "rewritten", data: { removed: [...removed], moved: [], unsummarised: voided } },
      ]),
      checks: [asRead(record)],
      writes: () => [
        ...writes,
        ...writeConversation(record, { ...record, messageCount: left.length, conversation }),
      ],
    },
  };
}

/** The end of the branch that is shown once a message is gone: of the same, of a version of that message, or its parent. */
function leafWithout(messages: readonly Message[], activeLeaf: Id | null, gone: Message): Id | null {
  if (activeLeaf !== gone.id) return activeLeaf;
  const { id, parentId } = gone;
  const after = messages.filter((message) => message.id !== id);
  const versions = messages.filter((message) => message.parentId === parentId && wasSaid(message));
  const at = versions.findIndex((message) => message.id === id);
  const next = versions[at - 1] ?? versions[at + 1];
  return next === undefined ? parentId : leafThrough(after, null, next.id);
}

/** The same message under another parent. It stands for the same entry as before: what the log says after that stands. */
function movedTo(record: MessageRecord, parentId: Id | null): Write[] {
  return replaceMessage(record, { ...record, message: { ...record.message, parentId } });
}

function refuseWhileRunning({ conversation: { running } }: OwnedRecord): void {
  if (running === null) return;
  throw new AppError("running", "An answer is being written here. Stop it, or wait for its end.");
}

function asRead({ conversation: { id }, versionstamp }: OwnedRecord) {
  return { key: conversationKey(id), versionstamp };
}

function notFound(): AppError {
  return new AppError("not_found", "There is no such message in this conversation.");
}
