// Conversations that were had long before a test: written straight into its store.
import type { ConversationRecord } from "../../lib/chat/conversations.ts";
import { conversationKey, recentKey } from "../../lib/kv/keys.ts";
import { openKv } from "../../lib/kv/open.ts";

/** Of one commit: KV takes 1,000 writes, and each conversation is two. */
const AT_ONCE = 400;

/** `count` conversations of one person, each `apartMs` older than the one before. Returns their ids, newest first. */
export async function seed(
  kvPath: string,
  userId: string,
  count: number,
  apartMs: number,
): Promise<string[]> {
  const kv = await openKv(kvPath);
  const now = Date.now();
  const ids: string[] = [];
  try {
    for (let from = 0; from < count; from += AT_ONCE) {
      let commit = kv.atomic();
      for (let i = from; i < Math.min(count, from + AT_ONCE); i++) {
        const [id, at] = [crypto.randomUUID(), now - i * apartMs];
        const record: ConversationRecord = {
          userId,
          deletedAt: null,
          messageCount: 0,
          conversation: {
            id,
            title: `No. ${i}`,
            titledBy: "person",
            model: "demo/tour",
            systemPrompt: "",
            pinned: false,
            archived: false,
            activeLeaf: null,
            running: null,
            queue: [],
            createdAt: at,
            updatedAt: at,
          },
        };
        ids.push(id);
        commit = commit.set(conversationKey(id), record).set(recentKey(userId, at, id), true);
      }
      await commit.commit();
    }
  } finally {
    kv.close();
  }
  return ids;
}
