// A conversation without its messages: what a sidebar shows and what a send needs.
import type { Id } from "../core/ids.ts";
import type { Params } from "./params.ts";

export interface Conversation {
  id: Id;
  title: string;
  /** Who named it. An automatic title never replaces a person's. */
  titledBy: "nobody" | "model" | "person";
  /** `provider/model` for the next answer. */
  model: string;
  systemPrompt: string;
  /** Absent: everything is left to the model. */
  params?: Params;
  /** Models that answer in this order when the chosen one cannot. Absent: those of the server. */
  fallbacks?: string[];
  /** Absent: nothing was used yet. */
  spent?: Spent;
  pinned: boolean;
  archived: boolean;
  /** The message at the end of the branch that is shown; null while there is none. */
  activeLeaf: Id | null;
  /** The job that runs now; null when idle. */
  running: Id | null;
  /** Messages that wait for their turn, oldest first. */
  queue: Queued[];
  /** When something that was said was last changed or removed: what was counted before is of other words. Absent: never. */
  rewrittenAt?: number;
  createdAt: number;
  updatedAt: number;
}

/** What a list shows of a conversation: its instructions and what waits in it would make a page of a list a long one. */
export type Listed = Pick<
  Conversation,
  "id" | "title" | "titledBy" | "model" | "pinned" | "archived" | "running" | "createdAt" | "updatedAt"
>;

export function listed(conversation: Conversation): Listed {
  const { id, title, titledBy, model, pinned, archived, running, createdAt, updatedAt } = conversation;
  return { id, title, titledBy, model, pinned, archived, running, createdAt, updatedAt };
}

/** What a conversation cost, with attempts that failed and with its summaries. */
export interface Spent {
  microUsd: number;
  /** Attempts of models whose price is not known: what they cost is missing above. */
  unpriced: number;
}

/**
 * A message that waits: its id, the ids its answer and job will have, and the model that will answer. `parentId` is the
 * answer that its sender chose to follow; absent, it follows the branch that is shown when its turn comes.
 */
export interface Queued {
  messageId: Id;
  replyId: Id;
  generationId: Id;
  model: string;
  parentId?: Id | null;
}
