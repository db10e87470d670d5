// The whole state of a conversation at one cursor.
//   N1  A snapshot equals what a follower from the beginning holds at the same cursor: each message is its record, and
//       what the log says of it after that record. So is each summary.
import type { Id } from "../core/ids.ts";
import { conversationTopic, type TopicId } from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";
import type { EntryMap, EntryType, Snapshot } from "../protocol/event.ts";
import { begunAnew, grownBy, isTerminal, type Message, type Part } from "../protocol/message.ts";
import type { Summary } from "../protocol/summary.ts";
import { listMessages, type MessageRecord } from "./messages.ts";
import { listSummaries } from "./summaries.ts";
import type { Conversation } from "../protocol/conversation.ts";

/** The log of a topic, as much as a snapshot needs of it. */
export interface LogReader {
  head(topic: TopicId): Promise<{ value: { seq: number } | null }>;
  after(
    topic: TopicId,
    cursor: number,
    segmentsMax: number,
  ): Promise<{ seq: number; type: EntryType; json: string }[] | null>;
}

/**
 * Most rows of segments that are read for one snapshot. The longest answer, written a token at a time with three of them
 * to a segment, is some 40,000; a bound below it would take an answer's beginning from whoever opens it.
 */
const SEGMENTS_MAX = 50_000;

/** Tries when the log is cut off while it is read; each begins anew. */
const TRIES_MAX = 3;

interface SummaryRecord {
  summary: Summary;
  seq: number;
}

/** `readConversation` checks whose it is, and is called before anything of it is read. */
export async function readSnapshot(
  deps: { store: Store; log: LogReader; readConversation: () => Promise<{ conversation: Conversation }> },
  id: Id,
): Promise<Snapshot> {
  const topic = conversationTopic(id);
  for (let tries = 1;; tries++) {
    // The head first, and by itself: whatever changes after it is in the log, and whatever changed before it is in what
    // is read next. Read at once, the conversation could be of before it.
    const { value: head } = await deps.log.head(topic);
    const { conversation } = await deps.readConversation();
    const [records, summaries] = await Promise.all([
      listMessages(deps.store, id),
      listSummaries(deps.store, id),
    ]);
    const since = Math.min(
      head?.seq ?? 0,
      ...records.filter(({ message }) => !isTerminal(message.status)).map(({ seq }) => seq),
    );
    const entries = await deps.log.after(topic, since, SEGMENTS_MAX);
    const read = { records, summaries };
    if (entries !== null) return fold({ conversation, messages: [], cursor: since }, read, entries);
    if (tries >= TRIES_MAX) {
      // An answer that has been waiting for longer than its segments live: its text begins where the log does.
      return fold({ conversation, messages: [], cursor: head?.seq ?? 0 }, read, []);
    }
  }
}

function fold(
  snapshot: Snapshot,
  { records, summaries }: { records: readonly MessageRecord[]; summaries: readonly SummaryRecord[] },
  entries: readonly { seq: number; type: EntryType; json: string }[],
): Snapshot {
  const known = new Map<Id, MessageRecord>();
  for (const record of records) known.set(record.message.id, { ...record, message: { ...record.message } });
  const said = new Map<Id, SummaryRecord>();
  for (const record of summaries) said.set(record.summary.throughId, record);
  let { conversation, cursor } = snapshot;
  for (const { seq, type, json } of entries) {
    cursor = seq;
    const data: unknown = JSON.parse(json);
    switch (type) {
      case "message": {
        const { message } = data as EntryMap["message"];
        const record = known.get(message.id);
        if (record === undefined) known.set(message.id, { message, seq, order: seq });
        else if (seq > record.seq) known.set(message.id, { message, seq, order: record.order });
        break;
      }
      case "delta": {
        const { messageId, attempt, parts } = data as EntryMap["delta"];
        const record = known.get(messageId);
        if (record === undefined || seq <= record.seq || (record.message.attempt ?? 1) !== attempt) break;
        if (!isTerminal(record.message.status)) {
          record.message.parts = grow(record.message.parts, parts);
          delete record.message.waiting; // in place, like the parts: as `grown()` has it
        }
        break;
      }
      case "restart": {
        const { messageId, attempt } = data as EntryMap["restart"];
        const record = known.get(messageId);
        if (record === undefined || seq <= record.seq) break;
        record.message = begunAnew(record.message, attempt);
        break;
      }
      case "conversation":
        conversation = (data as EntryMap["conversation"]).conversation;
        break;
      case "summary": {
        const { summary } = data as EntryMap["summary"];
        const record = said.get(summary.throughId);
        if (record === undefined || seq > record.seq) said.set(summary.throughId, { summary, seq });
        break;
      }
      case "rewritten": {
        const { removed, moved, unsummarised } = data as EntryMap["rewritten"];
        for (const id of removed) known.delete(id);
        for (const { messageId, parentId } of moved) {
          const record = known.get(messageId);
          if (record !== undefined) record.message = { ...record.message, parentId };
        }
        // One that was made again since is told by its own entry.
        for (const id of unsummarised) if ((said.get(id)?.seq ?? seq) < seq) said.delete(id);
        break;
      }
      default:
        break;
    }
  }
  const messages: Message[] = [...known.values()].sort((a, b) => a.order - b.order).map(({ message }) =>
    message
  );
  if (said.size === 0) return { conversation, messages, cursor };
  // In the order in which they were last told.
  const told = [...said.values()].sort((a, b) => a.seq - b.seq).map(({ summary }) => summary);
  return { conversation, messages, summaries: told, cursor };
}

/** Like `joinParts`, but in place: a long answer is thousands of these. */
function grow(parts: Part[], more: readonly Part[]): Part[] {
  for (const part of more) {
    const grown = grownBy(parts.at(-1), part);
    if (grown === null) parts.push(part);
    else parts[parts.length - 1] = grown;
  }
  return parts;
}
