// Everything that a person has here, as one JSON document that is made while it is read.
//   E1  In memory is one conversation at a time, however many there are: the next is read when its reader took the last.
//   E2  An export that broke off is no JSON: nobody takes a part for the whole.
import { AppError } from "../core/errors.ts";
import type { Id } from "../core/ids.ts";
import { promptPrefix, recentPrefix, trashedPrefix } from "../kv/keys.ts";
import type { Selector, Store } from "../kv/store.ts";
import type { UsageReport } from "../protocol/api.ts";
import type { Snapshot } from "../protocol/event.ts";
import type { Preferences } from "../protocol/preferences.ts";

/** Changes when a program that reads exports would have to change. */
export const EXPORT_FORMAT = "throughline-export/1";
/** Rows of a list that are read at once. */
const PAGE_ROWS = 200;
/** System prompts of one conversation: one for each of its messages at most. */
const PROMPTS_MAX = 5_000;

export interface ExportDeps {
  store: Store;
  preferences(userId: Id): Promise<Preferences>;
  /** All days that are still known, oldest first. */
  usage(userId: Id): Promise<UsageReport["days"]>;
  /** Checks whose it is. @throws AppError `not_found` */
  snapshot(userId: Id, conversationId: Id, options: { deleted: boolean }): Promise<Snapshot>;
}

/** The document in pieces; joined, they are JSON. */
export async function* exported(deps: ExportDeps, userId: Id, now: number): AsyncGenerator<string> {
  const { preferences, usage } = deps;
  const head = { format: EXPORT_FORMAT, exportedAt: new Date(now).toISOString() };
  yield `${JSON.stringify(head).slice(0, -1)},\n"preferences":${
    JSON.stringify(await preferences(userId))
  },\n`;
  yield `"usage":${JSON.stringify(await usage(userId))},\n"conversations":[`;
  // A conversation that changes meanwhile gets a newer row, and would be met again.
  const seen = new Set<Id>();
  yield* listed(deps, userId, recentPrefix(userId), false, seen);
  yield `],\n"trash":[`;
  yield* listed(deps, userId, trashedPrefix(userId), true, seen);
  yield "]}\n";
}

async function* listed(
  deps: ExportDeps,
  userId: Id,
  prefix: Deno.KvKey,
  deleted: boolean,
  seen: Set<Id>,
): AsyncGenerator<string> {
  let selector: Selector = { prefix };
  let comma = "";
  for (;;) {
    const rows = await deps.store.list(selector, { limit: PAGE_ROWS });
    for (const { key } of rows) {
      const id = key.at(-1) as Id;
      if (seen.has(id)) continue;
      const text = await conversationOf(deps, userId, id, deleted);
      if (text === null) continue;
      seen.add(id);
      yield `${comma}\n${text}`;
      comma = ",";
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE_ROWS) return;
    const start: Deno.KvKey = [...last.key, true];
    selector = { prefix, start };
  }
}

/** A conversation with all its branches; null: it was deleted, restored or purged since it was listed. */
async function conversationOf(
  { store, snapshot }: ExportDeps,
  userId: Id,
  id: Id,
  deleted: boolean,
): Promise<string | null> {
  try {
    const { conversation, messages, summaries = [] } = await snapshot(userId, id, { deleted });
    const rows = await store.list<string>({ prefix: promptPrefix(id) }, { limit: PROMPTS_MAX });
    const prompts = Object.fromEntries(rows.map(({ key, value }) => [key.at(-1) as string, value]));
    return JSON.stringify({ conversation, messages, summaries, prompts });
  } catch (error) {
    if (error instanceof AppError && error.code === "not_found") return null;
    throw error;
  }
}
