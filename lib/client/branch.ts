// Which messages of the tree are shown: one path from its root to a leaf, and where it could have gone elsewhere.
import type { Id } from "../core/ids.ts";
import { type Message, wasSaid } from "../protocol/message.ts";

export interface BranchItem {
  message: Message;
  /** The answers that stand for one another, oldest first; one id when there is no other. */
  versions: readonly Id[];
}

/** For a parent (`""` above the roots) the child that the reader chose to see. */
export type Choices = ReadonlyMap<Id, Id>;

export const ABOVE_ROOTS = "";

/** The path through `activeLeaf`, bent by `choices`. Below the leaf it follows the newest: a message may arrive before the leaf moves. */
export function branch(
  messages: readonly Message[],
  activeLeaf: Id | null,
  choices: Choices = new Map(),
): BranchItem[] {
  const byId = new Map<Id, Message>();
  for (const message of messages) if (wasSaid(message)) byId.set(message.id, message);
  const children = new Map<Id, Message[]>();
  for (const message of byId.values()) {
    const parent = message.parentId !== null && byId.has(message.parentId) ? message.parentId : ABOVE_ROOTS;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [message]);
    else siblings.push(message);
  }
  const active = ancestors(byId, activeLeaf);
  const path: BranchItem[] = [];
  const seen = new Set<Id>(); // a tree from a broken store might turn back on itself
  for (let parent: Id = ABOVE_ROOTS; !seen.has(parent);) {
    seen.add(parent);
    const siblings = children.get(parent);
    if (siblings === undefined) break;
    const chosen = siblings.find((m) => m.id === choices.get(parent)) ??
      siblings.find((m) => active.has(m.id)) ?? siblings.at(-1);
    if (chosen === undefined) break;
    path.push({ message: chosen, versions: siblings.map((m) => m.id) });
    parent = chosen.id;
  }
  return path;
}

function ancestors(byId: ReadonlyMap<Id, Message>, leaf: Id | null): Set<Id> {
  const active = new Set<Id>();
  for (let id = leaf; id !== null && !active.has(id);) {
    const message = byId.get(id);
    if (message === undefined) break;
    active.add(id);
    id = message.parentId;
  }
  return active;
}
