// A long conversation, written as the app stores it: asking for one would take minutes.
import type { MessageRecord } from "../../lib/chat/messages.ts";
import { writeMessage } from "../../lib/chat/messages.ts";
import { conversationKey } from "../../lib/kv/keys.ts";
import type { Conversation } from "../../lib/protocol/conversation.ts";
import type { Message } from "../../lib/protocol/message.ts";
import type { Api } from "./api.ts";

/** Writes of one commit. */
const BATCH = 10;

export interface LongChat {
  conversation: Conversation;
  /** The branch that is shown, oldest first: a question, its answer, and so on. */
  messages: Message[];
  /** Answers that stand beside one of the branch, by its place. */
  others: Map<number, Message>;
}

export interface LongChatOptions {
  count: number;
  text?: (i: number) => string;
  /** Places of answers that have an older version beside them. */
  forksAt?: readonly number[];
  model?: string;
}

/** Some 2 KB of Markdown that says its number at its beginning and at its end. */
export function longText(i: number): string {
  const sentence = "The quick brown fox jumps over the lazy dog, and nobody asks where it came from. ";
  return [
    `Message ${i} begins.`,
    sentence.repeat(8 + i % 5),
    `- one of ${i}\n- another, **bold** and \`code\``,
    sentence.repeat(10 - i % 3),
    `Message ${i} ends.`,
  ].join("\n\n");
}

/** Fills a conversation of its own, in the store of a server that runs: its file, or itself. */
export async function longChat(
  store: string | Deno.Kv,
  api: Api,
  { count, text = longText, forksAt = [], model }: LongChatOptions,
): Promise<LongChat> {
  const created = await api.create({ title: "A long one", ...(model === undefined ? {} : { model }) });
  const beganAt = Date.now() - count * 1_000;
  const make = (i: number, change: Partial<Message> = {}): Message => ({
    id: crypto.randomUUID(),
    conversationId: created.id,
    parentId: messages[i - 1]?.id ?? null,
    role: i % 2 === 0 ? "user" : "assistant",
    status: "complete",
    parts: [{ type: "text", text: text(i) }],
    ...(i % 2 === 0 ? {} : { model: created.model }),
    createdAt: beganAt + i * 1_000,
    ...change,
  });
  const messages: Message[] = [];
  const others = new Map<number, Message>();
  const records: MessageRecord[] = [];
  for (let i = 0; i < count; i++) {
    // Entries of the log come after the conversation's own: what was said before them is in the records alone.
    const order = 2 * (i - count);
    if (forksAt.includes(i)) {
      const other = make(i, { parts: [{ type: "text", text: `The other version of ${i}.` }] });
      others.set(i, other);
      records.push({ message: other, seq: 0, order: order - 1 });
    }
    const message = make(i);
    messages.push(message);
    records.push({ message, seq: 0, order });
  }
  const kv = typeof store === "string" ? await Deno.openKv(store) : store;
  for (let at = 0; at < records.length; at += BATCH) {
    const operation = kv.atomic();
    for (const record of records.slice(at, at + BATCH)) {
      for (const { key, value } of writeMessage(record)) operation.set(key, value);
    }
    await operation.commit();
  }
  const key = conversationKey(created.id);
  const { value } = await kv.get<NonNullable<typeof key["holds"]>>(key);
  if (value === null) throw new Error("The conversation is not in this store");
  const conversation = { ...value.conversation, activeLeaf: messages.at(-1)?.id ?? null };
  await kv.set(key, { ...value, messageCount: records.length, conversation });
  if (typeof store === "string") kv.close();
  return { conversation, messages, others };
}
