// What this browser keeps of one person, to be read where there is no network: their list, and the conversations that
// were open here, in IndexedDB.
//   K1  It is of one person. When another begins here, all of it goes first; a page of the former writes no more.
//   K2  It is bounded: of more than KEPT_MAX conversations or CHARS_MAX, those that were open longest ago go.
//   K3  Nothing older takes the place of something newer, whichever tab is slower.
import type { Id } from "../core/ids.ts";
import type { PageState } from "../protocol/api.ts";
import type { Snapshot } from "../protocol/event.ts";

/** What a page shows beside a conversation. */
export type KeptPage = Omit<PageState, "snapshot"> & { savedAt: number };

interface About {
  id: Id;
  cursor: number;
  chars: number;
  savedAt: number;
}

export const KEPT_MAX = 50;
/** Of JSON, in all: a browser gives an origin some hundred megabytes at least. */
export const CHARS_MAX = 20_000_000;
/** One conversation that is longer would push out all others. */
const SNAPSHOT_CHARS_MAX = 4_000_000;

const NAME = "throughline";
const VERSION = 1;
const PAGE = "page";
const ABOUT = "about";
const SNAPSHOTS = "snapshots";
const ALL = [PAGE, ABOUT, SNAPSHOTS];

export class Kept {
  readonly #db: IDBDatabase;

  private constructor(db: IDBDatabase) {
    this.#db = db;
    db.onversionchange = () => db.close(); // a newer page is here: this one keeps nothing any more
  }

  /** Null where a browser keeps nothing, as in some private windows. */
  static async open(): Promise<Kept | null> {
    try {
      const request = indexedDB.open(NAME, VERSION); // merely looking at it may throw
      request.onupgradeneeded = () => {
        request.result.createObjectStore(PAGE);
        request.result.createObjectStore(ABOUT, { keyPath: "id" });
        request.result.createObjectStore(SNAPSHOTS);
      };
      return new Kept(await done(request));
    } catch {
      return null; // forbidden, missing or broken: reading without a network is what is lost
    }
  }

  page(): Promise<KeptPage | undefined> {
    return this.#do("readonly", (tx) => done<KeptPage | undefined>(tx.objectStore(PAGE).get(PAGE)));
  }

  snapshot(id: Id): Promise<Snapshot | undefined> {
    return this.#do("readonly", (tx) => done<Snapshot | undefined>(tx.objectStore(SNAPSHOTS).get(id)));
  }

  /** Says whose all this is from now on (K1). */
  claim(page: KeptPage): Promise<void> {
    return this.#do("readwrite", async (tx) => {
      const before: KeptPage | undefined = await done(tx.objectStore(PAGE).get(PAGE));
      if (before?.person !== page.person) empty(tx);
      else if (before.list.cursor > page.list.cursor) return; // K3
      tx.objectStore(PAGE).put(page, PAGE);
    });
  }

  putPage(page: KeptPage): Promise<void> {
    return this.#mine(page.person, async (tx, before) => {
      if (page.list.cursor >= before.list.cursor) await done(tx.objectStore(PAGE).put(page, PAGE));
    });
  }

  put(person: Id, snapshot: Snapshot, savedAt: number): Promise<void> {
    return this.#mine(person, async (tx) => {
      const { id } = snapshot.conversation;
      const chars = JSON.stringify(snapshot).length;
      if (chars > SNAPSHOT_CHARS_MAX) return drop(tx, id);
      const all: About[] = await done(tx.objectStore(ABOUT).getAll());
      const { cursor } = snapshot;
      if (all.some((one) => one.id === id && one.cursor > cursor)) return; // K3
      tx.objectStore(SNAPSHOTS).put(snapshot, id);
      tx.objectStore(ABOUT).put({ id, cursor, chars, savedAt } satisfies About);
      for (const old of beyond([{ id, cursor, chars, savedAt }, ...all.filter((one) => one.id !== id)])) {
        drop(tx, old);
      }
    });
  }

  /** Drops what a list of conversations shows no more: those that are as new as its oldest, or all when it is whole. */
  keepListed({ person, list: { conversations }, nextCursor }: KeptPage): Promise<void> {
    return this.#mine(person, async (tx) => {
      // What is pinned is listed with what is newest, however old it is.
      const oldest = nextCursor === null
        ? -Infinity
        : conversations.findLast(({ pinned }) => !pinned)?.updatedAt ?? Infinity;
      const listed = new Set(conversations.map(({ id }) => id));
      for (const id of await done(tx.objectStore(SNAPSHOTS).getAllKeys()) as Id[]) {
        if (listed.has(id)) continue;
        const snapshot: Snapshot = await done(tx.objectStore(SNAPSHOTS).get(id));
        if (snapshot.conversation.updatedAt >= oldest) drop(tx, id);
      }
    });
  }

  drop(person: Id, id: Id): Promise<void> {
    return this.#mine(person, (tx) => drop(tx, id));
  }

  /** Forgets all that is of this person: their session is over. */
  clear(person: Id): Promise<void> {
    return this.#mine(person, (tx) => empty(tx));
  }

  /** Does something, if all this is still of that person. */
  #mine(person: Id, act: (tx: IDBTransaction, page: KeptPage) => unknown): Promise<void> {
    return this.#do("readwrite", async (tx) => {
      const page: KeptPage | undefined = await done(tx.objectStore(PAGE).get(PAGE));
      if (page?.person === person) await act(tx, page);
    });
  }

  async #do<T>(mode: IDBTransactionMode, act: (tx: IDBTransaction) => Promise<T> | T): Promise<T> {
    const tx = this.#db.transaction(ALL, mode);
    const ended = new Promise<void>((resolve, reject) => {
      tx.oncomplete = () => resolve();
      tx.onabort = () => reject(tx.error);
    });
    const [result] = await Promise.all([act(tx), ended]);
    return result;
  }
}

function empty(tx: IDBTransaction): void {
  for (const name of ALL) tx.objectStore(name).clear();
}

function drop(tx: IDBTransaction, id: Id): void {
  tx.objectStore(ABOUT).delete(id);
  tx.objectStore(SNAPSHOTS).delete(id);
}

/** What is too much, the newest first (K2). */
export function beyond(all: readonly About[]): Id[] {
  let chars = 0;
  return all.toSorted((a, b) => b.savedAt - a.savedAt)
    .filter((one, i) => (chars += one.chars) > CHARS_MAX || i >= KEPT_MAX)
    .map(({ id }) => id);
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
