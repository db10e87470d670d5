// Messages as they are stored, each with the number of the log entry that its record stands for.
import type { Id } from "../core/ids.ts";
import { messageKey, messagePrefix } from "../kv/keys.ts";
import { getLarge, type Large, readLarge, setLarge } from "../kv/parts.ts";
import type { Store, Write } from "../kv/store.ts";
import type { Message } from "../protocol/message.ts";

/** `["message", conversation, id]`. */
export interface MessageRecord {
  message: Message;
  /** Number of the entry that this record stands for: what the log says of the message after it comes on top. */
  seq: number;
  /** Number of the entry that first named the message: the order of the conversation. */
  order: number;
}

/** Most rows of one conversation that are read; its messages and the parts of large ones. */
const ROWS_MAX = 20_000;

export function writeMessage(record: MessageRecord): Write[] {
  return setLarge(messageKey(record.message.conversationId, record.message.id), record);
}

export function readMessage(store: Store, conversationId: Id, id: Id): Promise<MessageRecord | null> {
  return getLarge(store, messageKey(conversationId, id));
}

/** All messages of a conversation, in order. The caller has checked whose it is. */
export async function listMessages(store: Store, conversationId: Id): Promise<MessageRecord[]> {
  const rows = await store.list<Large<MessageRecord> | Uint8Array>(
    { prefix: messagePrefix(conversationId) },
    { limit: ROWS_MAX },
  );
  return readLarge<MessageRecord>(rows).map(({ value }) => value).sort((a, b) => a.order - b.order);
}
