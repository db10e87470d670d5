// Writes into a conversation as a job does, over the store of an app that runs: states that no provider brings about.
import { writeMessage } from "@/lib/chat/messages.ts";
import type { Id } from "@/lib/core/ids.ts";
import { conversationKey, conversationTopic } from "@/lib/kv/keys.ts";
import { set } from "@/lib/kv/store.ts";
import type { LogEntry } from "@/lib/protocol/event.ts";
import type { Message, Part } from "@/lib/protocol/message.ts";
import { logOn } from "./bus.ts";

export class Pen {
  readonly #log: ReturnType<typeof logOn>["log"];
  readonly #store: ReturnType<typeof logOn>["store"];
  readonly #conversation: Id;

  constructor(kv: Deno.Kv, conversation: Id) {
    ({ log: this.#log, store: this.#store } = logOn(kv));
    this.#conversation = conversation;
  }

  /** A question, and under it an answer that is being written. */
  async ask(text: string, change: Partial<Message> = {}): Promise<Message> {
    const record = await this.#store.get(conversationKey(this.#conversation));
    const parentId = record.value?.conversation.activeLeaf ?? null;
    const common = { conversationId: this.#conversation, createdAt: Date.now() };
    const question: Message = {
      ...common,
      id: crypto.randomUUID(),
      parentId,
      role: "user",
      status: "complete",
      parts: [{ type: "text", text }],
    };
    const answer: Message = {
      ...common,
      id: crypto.randomUUID(),
      parentId: question.id,
      role: "assistant",
      status: "streaming",
      parts: [],
      attempt: 1,
      generationId: crypto.randomUUID(),
      ...change,
    };
    await this.put(question);
    await this.put(answer);
    return answer;
  }

  /** Creates or replaces a message; it becomes the end of the branch that is shown. */
  async put(message: Message): Promise<void> {
    const key = conversationKey(this.#conversation);
    await this.#log.append(async () => {
      const record = await this.#store.get(key);
      if (record.value === null) throw new Error("There is no such conversation");
      const conversation = { ...record.value.conversation, activeLeaf: message.id };
      return {
        topics: [{
          topic: conversationTopic(this.#conversation),
          entries: [{ type: "conversation", data: { conversation } }, { type: "message", data: { message } }],
        }],
        checks: [{ key, versionstamp: record.versionstamp }],
        writes: ([first = 0]) => [
          set(key, { ...record.value!, conversation }),
          ...writeMessage({ message, seq: first + 1, order: first + 1 }),
        ],
      };
    });
  }

  /** Appends to an answer that is being written. */
  async write(messageId: Id, parts: Part[], attempt = 1): Promise<void> {
    await this.#tell({ type: "delta", data: { messageId, attempt, parts } });
  }

  async #tell(...entries: LogEntry[]): Promise<void> {
    await this.#log.append(() => ({ topics: [{ topic: conversationTopic(this.#conversation), entries }] }));
  }
}
