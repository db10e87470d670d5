// Conversations, messages and events to test with.
import type { Topic, TopicEvent } from "@/lib/client/topic_event.ts";
import type { Conversation } from "@/lib/protocol/conversation.ts";
import type { Message, Part } from "@/lib/protocol/message.ts";
import { type Model, UNKNOWN_ABILITIES } from "@/lib/protocol/model.ts";

/** A valid id that is easy to read: `id(7)` ends in 7. */
export function id(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
}

export const TOPIC: Topic = id(1);

export function conversation(change: Partial<Conversation> = {}): Conversation {
  return {
    id: TOPIC,
    title: "A title",
    titledBy: "model",
    model: "demo/tour",
    systemPrompt: "",
    pinned: false,
    archived: false,
    activeLeaf: null,
    running: null,
    queue: [],
    createdAt: 0,
    updatedAt: 0,
    ...change,
  };
}

export function message(change: Partial<Message> = {}): Message {
  return {
    id: id(10),
    conversationId: TOPIC,
    parentId: null,
    role: "assistant",
    status: "streaming",
    parts: [],
    attempt: 1,
    createdAt: 0,
    ...change,
  };
}

export function model(change: Partial<Model> = {}): Model {
  return {
    id: "demo/tour",
    provider: "demo",
    name: "Demo tour",
    contextTokens: null,
    outputTokensMax: null,
    price: null,
    abilities: UNKNOWN_ABILITIES,
    available: true,
    ...change,
  };
}

export function text(words: string): Part[] {
  return [{ type: "text", text: words }];
}

/** Entry `n` of a topic: a delta that appends `words`. */
export function delta(n: number, words = `${n} `, topic = TOPIC): TopicEvent {
  return { type: "delta", id: n, topic, data: { messageId: id(10), attempt: 1, parts: text(words) } };
}

export function snapshot(cursor: number, topic = TOPIC, words = ""): TopicEvent {
  const messages = [message({ parts: words === "" ? [] : text(words) })];
  const data = { conversation: conversation({ id: topic }), messages, cursor };
  return { type: "snapshot", id: cursor, topic, data };
}
