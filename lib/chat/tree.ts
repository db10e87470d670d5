// The tree that messages form by their parents. Pure.
import type { Id } from "../core/ids.ts";
import { type Message, wasSaid } from "../protocol/message.ts";

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

/**
 * The end of the branch through `id`: of the one that ends in `leaf`, if it goes there, else of the newest below. Null when
 * nobody said such a message. `messages` are in order.
 */
export function leafThrough(messages: readonly Message[], leaf: Id | null, id: Id): Id | null {
  const said = messages.filter(wasSaid);
  if (!said.some((message) => message.id === id)) return null;
  if (branch(messages, leaf).some((message) => message.id === id)) return leaf;
  const newest = new Map<Id, Id>();
  for (const { id, parentId } of said) if (parentId !== null) newest.set(parentId, id);
  const seen = new Set<Id>();
  let end = id;
  for (let next: Id | undefined = id; next !== undefined && !seen.has(next); next = newest.get(next)) {
    seen.add(next);
    end = next;
  }
  return end;
}

/** A message and all that follow it, on whatever branch. */
export function below(messages: readonly Pick<Message, "id" | "parentId">[], id: Id): Set<Id> {
  const children = Map.groupBy(messages, ({ parentId }) => parentId);
  const found = new Set([id]);
  // A Set visits what is added to it meanwhile, and adds nothing twice.
  for (const parent of found) for (const child of children.get(parent) ?? []) found.add(child.id);
  return found;
}
