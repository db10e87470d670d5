// The tree that messages form by their parents. Pure.
import type { Id } from "../core/ids.ts";
import type { Message } from "../protocol/message.ts";

/** The messages from the root to `leaf`, oldest first. Stops where a parent is missing; never loops. */
export function branch(messages: readonly Message[], leaf: Id | null): Message[] {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const path: Message[] = [];
  const seen = new Set<Id>();
  for (let id = leaf; id !== null && !seen.has(id);) {
    const message = byId.get(id);
    if (message === undefined) break;
    seen.add(id);
    path.push(message);
    id = message.parentId;
  }
  return path.reverse();
}
