// The lists that a person's conversations stand in: all of them by their last change, and of these the archived and the pinned.
//   L1  A conversation that is not deleted stands among the recent, whose row says when it is archived; a deleted one stands
//       nowhere. The commit that changes a conversation moves it (`writeConversation`).
//   L2  What was pinned is shown on top, however old: it has a list of its own, short enough to come with every first page.
import { AppError } from "../core/errors.ts";
import { type Id, isId } from "../core/ids.ts";
import {
  archivedKey,
  archivedPrefix,
  conversationKey,
  pinnedKey,
  pinnedPrefix,
  recentKey,
  recentPrefix,
} from "../kv/keys.ts";
import { remove, set, type Store, type Write } from "../kv/store.ts";
import { type ListQuery, PINNED_MAX } from "../protocol/api.ts";
import { type Listed, listed } from "../protocol/conversation.ts";
import type { ConversationRecord } from "./conversations.ts";

export const PAGE_SIZE = 30;
/** Conversations that one search of titles looks at, newest first. Reading them takes some 100 ms. */
const SEARCH_MAX = 2_000;
/** Rows read at a time, and for one page: behind so many archived ones a page is short, and its cursor leads on. */
const ROWS_AT_ONCE = 200;
const ROWS_MAX = 2_000;

export interface Page {
  conversations: Listed[];
  nextCursor: string | null;
}

/** The writes that take a conversation from where it stood to where it stands now. */
export function moves(before: ConversationRecord | null, after: ConversationRecord): Write[] {
  const [from, to] = [before === null ? [] : placesOf(before), placesOf(after)];
  const same = (a: Write) => (b: Write) => a.key.join() === b.key.join();
  return [
    ...from.filter((old) => !to.some(same(old))).map(({ key }) => remove(key)),
    ...to.filter((row) => from.find(same(row))?.value !== row.value),
  ];
}

function placesOf({ userId, deletedAt, conversation }: ConversationRecord): Write[] {
  const { id, updatedAt, archived, pinned } = conversation;
  if (deletedAt !== null) return [];
  const recent = recentKey(userId, updatedAt, id);
  if (archived) return [set(recent, "archived"), set(archivedKey(userId, updatedAt, id), true)];
  return pinned ? [set(recent, true), set(pinnedKey(userId, id), true)] : [set(recent, true)];
}

/**
 * One page, newest change first. With `q` it is of those, archived or not, whose title has it, in any case.
 * @throws AppError `invalid`
 */
export async function page(store: Store, userId: Id, query: ListQuery = {}): Promise<Page> {
  const size = query.limit ?? PAGE_SIZE;
  const before = query.cursor === undefined ? null : readCursor(query.cursor);
  const q = (query.q ?? "").trim().toLowerCase();
  if (q !== "") {
    const found = await read(store, await rows(store, recentPrefix(userId), SEARCH_MAX, before), userId);
    const matching = found.filter(({ title }) => title.toLowerCase().includes(q));
    const conversations = matching.slice(0, size);
    const last = conversations.at(-1);
    return { conversations, nextCursor: matching.length > size && last ? writeCursor(last) : null };
  }
  const { places, next } = query.archived
    ? await some(store, archivedPrefix(userId), size, before)
    : await some(store, recentPrefix(userId), size, before);
  return {
    conversations: await read(store, places, userId),
    nextCursor: next === null ? null : writeCursor(next),
  };
}

/** What is pinned and not archived, in no order (L2). */
export async function pinned(store: Store, userId: Id): Promise<Listed[]> {
  const rows = await store.list({ prefix: pinnedPrefix(userId) }, { limit: PINNED_MAX });
  const found = await read(store, rows.map(({ key }) => ({ id: key.at(-1) as Id })), userId);
  return found.filter(({ pinned, archived }) => pinned && !archived);
}

/** @throws AppError `limited` when no other one has room on top. */
export async function assertRoomToPin(store: Store, userId: Id): Promise<void> {
  const rows = await store.list({ prefix: pinnedPrefix(userId) }, { limit: PINNED_MAX });
  if (rows.length < PINNED_MAX) return;
  throw new AppError("limited", `${PINNED_MAX} conversations can be pinned, and are. Unpin one first.`);
}

/** A row of a list, without the conversation itself. */
interface Place {
  id: Id;
  updatedAt: number;
  /** False: it is passed over. */
  shown: boolean;
}

/** Places that are shown, and the last one looked at when there may be more behind it. */
async function some(
  store: Store,
  prefix: Deno.KvKey,
  size: number,
  before: Cursor | null,
): Promise<{ places: Place[]; next: Cursor | null }> {
  const places: Place[] = [];
  let last = before;
  // One more than a page: whether there is more is known without another read.
  for (let seen = 0, limit = size + 1; seen < ROWS_MAX; seen += limit, limit = ROWS_AT_ONCE) {
    const found = await rows(store, prefix, limit, last);
    for (const place of found) {
      if (place.shown && places.length === size) return { places, next: last };
      if (place.shown) places.push(place);
      last = place;
    }
    if (found.length < limit) return { places, next: null };
  }
  return { places, next: last };
}

async function rows(
  store: Store,
  prefix: Deno.KvKey,
  limit: number,
  before: Cursor | null,
): Promise<Place[]> {
  const selector = before === null ? { prefix } : { prefix, end: [...prefix, before.updatedAt, before.id] };
  const found = await store.list(selector, { limit, reverse: true });
  return found.map(({ key, value }) => ({
    id: key.at(-1) as Id,
    updatedAt: key.at(-2) as number,
    shown: value === true,
  }));
}

async function read(store: Store, places: readonly { id: Id }[], userId: Id): Promise<Listed[]> {
  const found: Listed[] = [];
  for (const { value } of await store.getEach(places.map(({ id }) => conversationKey(id)))) {
    // Deleted since its place was read.
    if (value === null || value.deletedAt !== null || value.userId !== userId) continue;
    found.push(listed(value.conversation));
  }
  return found;
}

/** What comes after this one. */
interface Cursor {
  id: Id;
  updatedAt: number;
}

function writeCursor({ updatedAt, id }: Cursor): string {
  return `${updatedAt}.${id}`;
}

function readCursor(cursor: string): Cursor {
  const [updatedAt, id] = cursor.split(".", 2);
  if (!/^\d{1,15}$/.test(updatedAt ?? "") || !isId(id)) {
    throw new AppError("invalid", "`cursor` must be the `nextCursor` of an earlier page.");
  }
  return { updatedAt: Number(updatedAt), id };
}
