// One action on many conversations, each by itself: what can be done is done, and of the rest is said why not.
//   K1  An action says what shall be. What is so already is answered, and not done again: it may be repeated.
import { AppError } from "../core/errors.ts";
import { Gate } from "../core/gate.ts";
import type { Id } from "../core/ids.ts";
import type { Bulk, BulkAction, BulkResult } from "../protocol/api.ts";
import type { Conversations, OwnedRecord } from "./conversations.ts";

/** At once: all of them are told to one topic, whose writers take turns. */
const AT_ONCE_MAX = 4;

export async function bulk(
  conversations: Conversations,
  userId: Id,
  { ids, action }: Bulk,
): Promise<BulkResult[]> {
  const gate = new Gate(AT_ONCE_MAX, ids.length);
  return await Promise.all(ids.map((id) => gate.pass(() => one(conversations, userId, id, action))));
}

async function one(
  conversations: Conversations,
  userId: Id,
  id: Id,
  action: BulkAction,
): Promise<BulkResult> {
  try {
    const record = await readEither(conversations, userId, id);
    if (!isSo(record, action)) await act(conversations, userId, id, action);
    return { id, ok: true };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { id, ok: false, code: error.code, detail: error.message };
  }
}

/** Deleted or not. @throws AppError `not_found` */
async function readEither(conversations: Conversations, userId: Id, id: Id): Promise<OwnedRecord> {
  try {
    return await conversations.read(userId, id);
  } catch (error) {
    if (!(error instanceof AppError && error.code === "not_found")) throw error;
    return await conversations.read(userId, id, { deleted: true });
  }
}

function isSo({ deletedAt, conversation: { archived, pinned } }: OwnedRecord, action: BulkAction): boolean {
  switch (action) {
    case "delete":
      return deletedAt !== null;
    case "restore":
      return deletedAt === null;
    case "archive":
      return deletedAt === null && archived;
    case "unarchive":
      return deletedAt === null && !archived;
    case "pin":
      return deletedAt === null && pinned;
    case "unpin":
      return deletedAt === null && !pinned;
  }
}

async function act(conversations: Conversations, userId: Id, id: Id, action: BulkAction): Promise<void> {
  switch (action) {
    case "delete":
      return await conversations.remove(userId, id);
    case "restore":
      return void await conversations.restore(userId, id);
    case "archive":
    case "unarchive":
      return void await conversations.patch(userId, id, { archived: action === "archive" });
    case "pin":
    case "unpin":
      return void await conversations.patch(userId, id, { pinned: action === "pin" });
  }
}
