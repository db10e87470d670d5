// The trash: conversations that were deleted, until they are restored or purged.
//   B1  A purge leaves nothing of a conversation: all that it owns stands under one list of prefixes (`kv/keys.ts`).
//   B2  The record goes first, and checked: a restore that was faster keeps everything. The row of the trash goes last, so
//       that a purge which died in the middle is finished by the next.
//   B3  What still runs in a conversation ends before it is purged, so that nobody writes to what is gone.
import { Gate } from "../core/gate.ts";
import { AppError } from "../core/errors.ts";
import { type Id, isId } from "../core/ids.ts";
import type { Clock } from "../core/time.ts";
import {
  conversationKey,
  ownedPrefixes,
  TRASH_TTL_MS,
  trashedKey,
  trashedPrefix,
  trashKey,
  trashPrefix,
} from "../kv/keys.ts";
import { remove, set, type Store } from "../kv/store.ts";
import type { Emptied, TrashPage } from "../protocol/api.ts";
import type { Conversations } from "./conversations.ts";

/** Conversations of one page. */
const PAGE_SIZE = 30;
/** Rows removed by one commit of a purge. */
const PURGE_BATCH = 500;
/** Tries of a purge whose conversation changes under it. */
const TRIES_MAX = 5;
/** Conversations purged in one go; the next sweep does the rest. */
const PURGE_MAX = 100;
/** Conversations purged by one request: a second or two where every commit is a round trip. */
const EMPTY_MAX = 50;
/** Of them, at once. */
const EMPTYING_MAX = 4;

export class Trash {
  readonly #deps: { store: Store; clock: Clock; conversations: Pick<Conversations, "read"> };

  constructor(deps: { store: Store; clock: Clock; conversations: Pick<Conversations, "read"> }) {
    this.#deps = deps;
  }

  /** What a user has deleted, the last one first. @throws AppError `invalid` */
  async page(userId: Id, cursor?: string): Promise<TrashPage> {
    const { store } = this.#deps;
    const prefix = trashedPrefix(userId);
    const selector = cursor === undefined
      ? { prefix }
      : { prefix, end: trashedKey(userId, ...readCursor(cursor)) };
    const rows = await store.list(selector, { limit: PAGE_SIZE + 1, reverse: true });
    const shown = rows.slice(0, PAGE_SIZE);
    const records = await store.getEach(shown.map(({ key }) => conversationKey(key.at(-1) as Id)));
    const conversations: TrashPage["conversations"] = [];
    for (const { value } of records) {
      if (value === null || value.userId !== userId || value.deletedAt === null) continue;
      const { conversation, deletedAt } = value;
      conversations.push({ conversation, deletedAt, goesAt: deletedAt + TRASH_TTL_MS });
    }
    const last = shown.at(-1);
    const more = rows.length > PAGE_SIZE && last !== undefined;
    return { conversations, nextCursor: more ? last.key.slice(-2).join(".") : null };
  }

  /** Purges a conversation that this user has deleted, now. @throws AppError `not_found`, `running` */
  async purgeNow(userId: Id, id: Id): Promise<void> {
    const { store, conversations } = this.#deps;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const { conversation, deletedAt, versionstamp } = await conversations.read(userId, id, {
        deleted: true,
      });
      if (deletedAt === null) return;
      if (conversation.running !== null) {
        throw new AppError("running", "An answer here is still being stopped. Try again in a moment.");
      }
      // Due at once from here on: whoever dies below leaves it to the next sweep.
      const due = trashKey(0, id);
      const removed = await store.commit({
        checks: [{ key: conversationKey(id), versionstamp }],
        writes: [
          remove(conversationKey(id)),
          remove(trashedKey(userId, deletedAt, id)),
          remove(trashKey(deletedAt, id)),
          set(due, true),
        ],
      });
      // It changed meanwhile, and may have been restored.
      if (removed !== null) return await this.#removeOwned(id, due);
    }
    throw new AppError("busy", "The conversation keeps changing. Try again in a moment.");
  }

  /** Purges some of what a user has deleted, the oldest first; asked again, the rest. */
  async empty(userId: Id): Promise<Emptied> {
    const { store } = this.#deps;
    const rows = await store.list({ prefix: trashedPrefix(userId) }, { limit: EMPTY_MAX });
    const gate = new Gate(EMPTYING_MAX, EMPTY_MAX);
    let purged = 0;
    await Promise.all(
      rows.map(({ key }) =>
        gate.pass(async () => {
          try {
            await this.purgeNow(userId, key.at(-1) as Id);
            purged++;
          } catch (error) {
            // Restored or purged meanwhile by somebody else, or still being stopped: it is not ours to purge now.
            if (!(error instanceof AppError && (error.code === "not_found" || error.code === "running"))) {
              throw error;
            }
          }
        })
      ),
    );
    return { purged, left: (await store.list({ prefix: trashedPrefix(userId) }, { limit: 1 })).length > 0 };
  }

  /** Removes what has been in the trash for too long, whoever owns it. Returns how many conversations went. */
  async purge(): Promise<number> {
    const { store, clock } = this.#deps;
    const prefix = trashPrefix();
    const due = await store.list(
      { prefix, end: [...prefix, clock.now() - TRASH_TTL_MS] },
      { limit: PURGE_MAX },
    );
    let purged = 0;
    for (const row of due) {
      const id = row.key.at(-1) as Id;
      const { value: record, versionstamp } = await store.get(conversationKey(id));
      if (record !== null && record.deletedAt !== row.key.at(-2)) {
        // Restored, or deleted again since: it has another row, or needs none.
        await store.commit({
          checks: [{ key: conversationKey(id), versionstamp }],
          writes: [remove(row.key)],
        });
        continue;
      }
      const removed = await store.commit({
        checks: [{ key: conversationKey(id), versionstamp }, row],
        writes: record === null
          ? [set(row.key, true)]
          : [remove(conversationKey(id)), remove(trashedKey(record.userId, record.deletedAt ?? 0, id))],
      });
      if (removed === null) continue;
      await this.#removeOwned(id, row.key);
      purged++;
    }
    return purged;
  }

  async #removeOwned(id: Id, row: Deno.KvKey): Promise<void> {
    const { store } = this.#deps;
    for (const prefix of ownedPrefixes(id)) {
      for (;;) {
        const rows = await store.list({ prefix }, { limit: PURGE_BATCH });
        if (rows.length === 0) break;
        await store.commit({ checks: [], writes: rows.map(({ key }) => remove(key)) });
      }
    }
    await store.commit({ checks: [], writes: [remove(row)] });
  }
}

function readCursor(cursor: string): [deletedAt: number, id: Id] {
  const [deletedAt, id] = cursor.split(".", 2);
  if (!/^\d{1,15}$/.test(deletedAt ?? "") || !isId(id)) {
    throw new AppError("invalid", "`cursor` must be the `nextCursor` of an earlier page.");
  }
  return [Number(deletedAt), id];
}
