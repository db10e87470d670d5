// Which messages of the tree are shown: one path from its root to a leaf, and where it could have gone elsewhere.
//   B1  Where only the end of a conversation is here, the path begins with the first message of it, and what is not here
//       is counted among the versions all the same.
import type { Id } from "../core/ids.ts";
import type { Fork } from "../protocol/event.ts";
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
  forks: readonly Fork[] = [],
): BranchItem[] {
  const byId = new Map<Id, Message>();
  const children = new Map<Id, Message[]>();
  for (const message of messages) {
    if (!wasSaid(message)) continue;
    byId.set(message.id, message);
    const siblings = children.get(above(message));
    if (siblings === undefined) children.set(above(message), [message]);
    else siblings.push(message);
  }
  const way = ancestors(byId, activeLeaf);
  const active = new Set(way);
  const first = way.at(-1) ?? messages.findLast((m) => byId.has(m.id) && !byId.has(above(m)));
  const path: BranchItem[] = [];
  if (first === undefined) return path;
  const seen = new Set<Id>(); // a tree from a broken store might turn back on itself
  for (let parent = above(first); !seen.has(parent);) {
    seen.add(parent);
    const siblings = children.get(parent);
    if (siblings === undefined) break;
    const versions = versionsOf(siblings, forks);
    const here = (id: Id | undefined) => siblings.find((m) => m.id === id);
    const chosen = here(choices.get(parent)) ?? siblings.find((m) => active.has(m)) ??
      here(versions.findLast(here));
    if (chosen === undefined) break;
    path.push({ message: chosen, versions });
    parent = chosen.id;
  }
  return path;
}

/** What the choices are kept by. */
export function above({ parentId }: Message): Id {
  return parentId ?? ABOVE_ROOTS;
}

/** Those that the server tells of, and what came since (B1). */
function versionsOf(siblings: readonly Message[], forks: readonly Fork[]): Id[] {
  const ids = siblings.map((m) => m.id);
  const known = forks.find(({ parentId }) => parentId === siblings[0]?.parentId)?.ids;
  return known === undefined ? ids : [...known, ...ids.filter((id) => !known.includes(id))];
}

/** From `leaf` to the first that is here. None when they turn back on themselves. */
export function ancestors(byId: ReadonlyMap<Id, Message>, leaf: Id | null): Message[] {
  const path: Message[] = [];
  for (let at = leaf === null ? undefined : byId.get(leaf); at !== undefined; at = byId.get(above(at))) {
    if (path.length >= byId.size) return [];
    path.push(at);
  }
  return path;
}
