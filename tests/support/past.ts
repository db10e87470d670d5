// What a person said long ago, written as the app stores it: a test that searches needs more than it can say.
import type { ConversationRecord } from "../../lib/chat/conversations.ts";
import type { MessageRecord } from "../../lib/chat/messages.ts";
import { conversationKey, messageKey, recentKey } from "../../lib/kv/keys.ts";

/** A commit takes 800 KiB; a conversation of short messages is far below. */
const MESSAGES_EACH_MAX = 100;

/** Conversations of one person, each with as many messages, of which `text` says what they say. Their ids, oldest first. */
export async function livedThrough(
  kvPath: string,
  userId: string,
  conversations: number,
  messagesEach: number,
  text: (conversation: number, message: number) => string,
): Promise<string[]> {
  if (messagesEach > MESSAGES_EACH_MAX) throw new Error(`At most ${MESSAGES_EACH_MAX} messages each`);
  using kv = await Deno.openKv(kvPath);
  const ids: string[] = [];
  for (let c = 0; c < conversations; c++) {
    const id = crypto.randomUUID();
    ids.push(id);
    const updatedAt = 1_700_000_000_000 + c * 1_000;
    const commit = kv.atomic();
    let parentId: string | null = null;
    for (let i = 0; i < messagesEach; i++) {
      const message: MessageRecord["message"] = {
        id: crypto.randomUUID(),
        conversationId: id,
        parentId,
        role: i % 2 === 0 ? "user" : "assistant",
        status: "complete",
        parts: [{ type: "text", text: text(c, i) }],
        createdAt: updatedAt + i,
      };
      parentId = message.id;
      commit.set(messageKey(id, message.id), { whole: { message, seq: i + 1, order: i + 1 } });
    }
    const record: ConversationRecord = {
      userId,
      deletedAt: null,
      messageCount: messagesEach,
      conversation: {
        id,
        title: `Conversation ${c}`,
        titledBy: "person",
        model: "compatible/fake-small",
        systemPrompt: "",
        pinned: false,
        archived: false,
        activeLeaf: parentId,
        running: null,
        queue: [],
        createdAt: updatedAt,
        updatedAt,
      },
    };
    commit.set(conversationKey(id), record).set(recentKey(userId, updatedAt, id), true);
    const done = await commit.commit();
    if (!done.ok) throw new Error("The past could not be written");
  }
  return ids;
}
