// The end of a conversation, or a page of what comes before it: of one branch, and of bounded length. Pure.
//   W1  What is in a window is as it is in the whole, and so is its order.
//   W2  Whoever holds a window shows of its messages what whoever holds the whole would show: which of them are on the
//       branch, and how many others stand beside each (`forks`).
//   W3  What has not ended is in every last window, wherever it stands: it still changes, and what waits is shown apart.
import type { Id } from "../core/ids.ts";
import type { MessagePage } from "../protocol/api.ts";
import type { Earlier, Fork, Snapshot } from "../protocol/event.ts";
import { isTerminal, type Message, textOf, wasSaid } from "../protocol/message.ts";
import { branch, leafThrough } from "./tree.ts";

/** The last `limit` messages of the branch that is shown, and what has not ended. */
export function lastOf(snapshot: Snapshot, limit: number): Snapshot {
  const { messages, conversation } = snapshot;
  const path = shown(messages, conversation.activeLeaf);
  const page = path.slice(-limit);
  const kept = new Set(page);
  const there = messages.filter((message) => kept.has(message) || !isTerminal(message.status));
  return { ...snapshot, messages: there, ...around(messages, path, page) };
}

/** At most `limit` messages before `id` in its branch. Null: there is no such message. */
export function pageBefore({ messages, cursor }: Snapshot, id: Id, limit: number): MessagePage | null {
  const path = branch(messages, id);
  if (path.at(-1)?.id !== id) return null;
  const before = path.slice(0, -1);
  const page = before.slice(-limit);
  return { messages: page, ...around(messages, before, page), cursor };
}

/** The last `limit` messages of the branch that goes through `id`. Null: nobody said such a message. */
export function pageThrough(
  { messages, conversation, cursor }: Snapshot,
  id: Id,
  limit: number,
): MessagePage | null {
  const leaf = leafThrough(messages, conversation.activeLeaf, id);
  if (leaf === null) return null;
  const path = branch(messages, leaf);
  const page = path.slice(-limit);
  return { messages: page, ...around(messages, path, page), cursor };
}

/** The branch through `leaf`, or without one the newest; and below it what is newest. */
function shown(messages: readonly Message[], leaf: Id | null): Message[] {
  const said = messages.filter(wasSaid);
  const known = said.some(({ id }) => id === leaf) ? leaf : null;
  const root = known ?? said.findLast(({ parentId }) => parentId === null)?.id;
  return root === undefined ? [] : branch(messages, leafThrough(messages, null, root));
}

/** What a holder of `page` has to know of the rest. */
function around(
  messages: readonly Message[],
  path: readonly Message[],
  page: readonly Message[],
): { forks: Fork[]; earlier?: Earlier } {
  const parents = new Set(page.map(({ parentId }) => parentId));
  const children = new Map<Id | null, Id[]>();
  for (const message of messages) {
    if (!parents.has(message.parentId) || !wasSaid(message)) continue;
    const ids = children.get(message.parentId);
    if (ids === undefined) children.set(message.parentId, [message.id]);
    else ids.push(message.id);
  }
  const forks: Fork[] = [];
  for (const [parentId, ids] of children) if (ids.length > 1) forks.push({ parentId, ids });
  const first = page[0];
  const rest = path.slice(0, path.length - page.length);
  if (first === undefined || rest.length === 0) return { forks };
  const chars = rest.reduce((sum, message) => sum + textOf(message).length, 0);
  return { forks, earlier: { before: first.id, messages: rest.length, chars } };
}
