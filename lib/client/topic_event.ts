// One event of the shared stream, with the topic it belongs to.
import type { EventMap, EventType } from "../protocol/event.ts";

/** `"user"`, or the id of a conversation. */
export type Topic = string;

/** The topic of the person's own list. */
export const USER_TOPIC: Topic = "user";

/** An event as `GET /api/events` sends it. `topic` is null on `hb`, and on a `bye` to the whole connection. */
export type TopicEvent = {
  [T in EventType]: { type: T; data: EventMap[T]; id?: number; topic: Topic | null };
}[EventType];

const TYPES: ReadonlySet<string> = new Set<EventType>([
  "message",
  "delta",
  "restart",
  "conversation",
  "summary",
  "rewritten",
  "deleted",
  "listed",
  "unlisted",
  "preferences",
  "snapshot",
  "user_snapshot",
  "hb",
  "bye",
]);

/** The event in one SSE message, or null for a type that this version does not know: a newer server may send it. */
export function parseEvent(message: { event?: string; id?: string; data: string }): TopicEvent | null {
  const type = message.event;
  if (type === undefined || !TYPES.has(type)) return null;
  const data: unknown = JSON.parse(message.data);
  if (typeof data !== "object" || data === null) throw new SyntaxError(`Event "${type}" carries no object`);
  const topic = "topic" in data && typeof data.topic === "string" ? data.topic : null;
  const id = message.id === undefined || message.id === "" ? undefined : Number(message.id);
  if (id !== undefined && !Number.isSafeInteger(id)) {
    throw new SyntaxError(`Event "${type}" has id "${message.id}"`);
  }
  // Our own server wrote it, and types are shared with it: the members are not checked again here.
  return { type, data, id, topic } as TopicEvent;
}
