// Messages as they are stored, each with the number of the log entry that its record stands for.
import type { Id } from "../core/ids.ts";
import { messageKey, messagePrefix, messagesPrefix } from "../kv/keys.ts";
import {
  cutToWhole,
  getLarge,
  getLargeAt,
  IncompleteError,
  type Large,
  PARTS_MAX,
  readLarge,
  replaceLarge,
  setLarge,
} from "../kv/parts.ts";
import { type Found, remove, type Selector, type Store, type Versioned, type Write } from "../kv/store.ts";
import type { Message } from "../protocol/message.ts";

/** `["message", conversation, id]`. */
export interface MessageRecord {
  message: Message;
  /** Number of the entry that this record stands for: what the log says of the message after it comes on top. */
  seq: number;
  /** Number of the entry that first named the message: the order of the conversation. */
  order: number;
}

/** Messages of one conversation. More belong into a new one: each page and each answer reads them all. */
export const MESSAGES_MAX = 5_000;
/** Their rows, each with all the parts that a large one may have. */
const ROWS_MAX = MESSAGES_MAX * (PARTS_MAX + 1);
const TRIES_MAX = 3;
/** Rows in memory at once when those of everybody are read: at most 12 MB. */
const PAGE_ROWS = 200;
/** When those of one conversation are: at most 2 MB, for several are read at once. */
const FEW_ROWS = 32;

export function writeMessage(record: MessageRecord): Write[] {
  return setLarge(messageKey(record.message.conversationId, record.message.id), record);
}

/** The writes that put `after` in the place of `before`. */
export function replaceMessage(before: MessageRecord, after: MessageRecord): Write[] {
  return replaceLarge(messageKey(after.message.conversationId, after.message.id), before, after);
}

/** The removal of a message's rows, however many it has. */
export function eraseMessage(record: MessageRecord): Write[] {
  return writeMessage(record).map(({ key }) => remove(key));
}

export function readMessage(store: Store, conversationId: Id, id: Id): Promise<MessageRecord | null> {
  return getLarge(store, messageKey(conversationId, id));
}

/** With the versionstamp of the commit that wrote it last. */
export function readMessageAt(
  store: Store,
  conversationId: Id,
  id: Id,
): Promise<Versioned<MessageRecord>> {
  return getLargeAt(store, messageKey(conversationId, id));
}

/** All messages of a conversation, in order. The caller has checked whose it is. @throws IncompleteError */
export async function listMessages(store: Store, conversationId: Id): Promise<MessageRecord[]> {
  for (let tries = 1;; tries++) {
    const rows = await store.list<Large<MessageRecord> | Uint8Array>(
      { prefix: messagePrefix(conversationId) },
      { limit: ROWS_MAX },
    );
    try {
      return readLarge<MessageRecord>(rows).map(({ value }) => value).sort((a, b) => a.order - b.order);
    } catch (error) {
      // A list is read in batches: a large message that was rewritten between two of them is half old, half new.
      if (!(error instanceof IncompleteError) || tries >= TRIES_MAX) throw error;
    }
  }
}

/** Every message of everybody, a conversation after the other: for whoever counts, not for whoever shows. */
export function everyMessage(store: Store): AsyncGenerator<MessageRecord, void, void> {
  return messagesUnder(store, messagesPrefix(), PAGE_ROWS);
}

/** The messages of a conversation one by one, in no order. The caller has checked whose it is. */
export function eachMessage(store: Store, conversationId: Id): AsyncGenerator<MessageRecord, void, void> {
  return messagesUnder(store, messagePrefix(conversationId), FEW_ROWS);
}

async function* messagesUnder(
  store: Store,
  prefix: Deno.KvKey,
  limit: number,
): AsyncGenerator<MessageRecord, void, void> {
  let selector: Selector = { prefix };
  for (;;) {
    // One batch, so that it is of one moment; what it cut off is read with the next.
    const rows: Found<Large<MessageRecord> | Uint8Array>[] = await store.list(selector, { limit });
    const whole = rows.length < limit ? rows : cutToWhole(rows);
    for (const { value } of readLarge<MessageRecord>(whole)) yield value;
    const last = whole.at(-1);
    if (last === undefined || rows.length < limit) return;
    const start: Deno.KvKey = [...last.key, true];
    selector = { prefix, start };
  }
}
