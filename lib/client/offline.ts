// A page without a network: what it shows, and what happens when there is one again.
//   F1  A page that was filled from what is kept talks to the server only when the session is that same person's.
//   F2  Messages that wait go out when the server can be reached, in their order, each once, whichever tab sends it.
import { effect } from "@preact/signals";
import type { Id } from "../core/ids.ts";
import type { Clock } from "../core/time.ts";
import type { SessionView } from "../protocol/api.ts";
import type { Snapshot } from "../protocol/event.ts";
import type { ClientError } from "./api.ts";
import type { Kept, KeptPage } from "./kept.ts";
import type { Store } from "./store.ts";

export interface OfflinePorts {
  store: Store;
  kept: Kept | null;
  clock: Clock;
  locks: LockManager | null;
  /** What a person is told who opens something that is not kept. */
  notKept: ClientError;
}

const LOCK = "throughline.outbox";
/** The pauses between two looks whether the server is there: the first, and the longest. */
const LOOK_MS = 1_000;
const LOOK_MS_MAX = 5_000;
/** A server that restarts is back in less; then nothing is old. */
const RESTART_MS_MAX = 5_000;

export class Offline {
  readonly #ports: OfflinePorts;
  #sending = false;

  constructor(ports: OfflinePorts) {
    this.#ports = ports;
    ports.store.kept = (id) => this.#snapshot(id);
  }

  /** Fills a page that has no words with what is kept, and connects it when the server is there and says whose it is. */
  async fill(id: Id | null): Promise<void> {
    const { store, kept, clock } = this.#ports;
    const page = await kept?.page().catch(() => undefined);
    const snapshot = id === null ? null : await kept?.snapshot(id).catch(() => undefined) ?? null;
    store.held = true;
    store.link.value = "waiting";
    store.offline.value = true;
    store.asOf.value = timeOf(page?.savedAt ?? clock.now(), clock.now());
    const { savedAt: _, person, ...shown } = page ?? nothing(clock.now());
    if (page === undefined) store.person.value = person;
    else store.adopt({ person });
    store.adopt({ ...shown, snapshot });
    store.device.remark();
    store.start();
    if (id !== null && store.open.id.peek() === null) await store.enter(id);
    void this.#release(person);
  }

  /** Keeps an eye on the link, and on the messages that wait. */
  watch(): void {
    const { store, kept, clock } = this.#ports;
    const { drafts, outbox } = store;
    for (const id of drafts.conversations()) {
      if (drafts.read(id).unsent.some(({ waits }) => waits?.person === store.person.peek())) {
        outbox.restore(id, []);
      }
    }
    let liveAtMs = clock.now();
    let before = store.link.peek();
    effect(() => {
      const link = store.link.value;
      if (before === "live" && link !== "live") liveAtMs = clock.now();
      before = link;
      if (link === "live") {
        store.asOf.value = null;
        if (store.open.missing.peek()?.status === 0) void store.open.load();
      }
      if (link === "stopped") {
        store.drafts.belongTo(null);
        void kept?.clear(store.person.peek() ?? "").catch(() => {}); // it is claimed by whoever comes next, and emptied then
      }
    });
    const say = () => {
      if (store.offline.peek()) store.asOf.value ??= timeOf(liveAtMs, clock.now());
    };
    effect(() => {
      if (store.offline.value) void clock.sleep(navigator.onLine ? RESTART_MS_MAX : 0).then(say);
    });
    addEventListener("offline", say);
    effect(() => {
      const waits = outbox.pending.value.some(({ state }) => state === "waiting");
      if (waits && store.link.value === "live") void this.#send();
    });
  }

  async #snapshot(id: Id): Promise<Snapshot> {
    const snapshot = await this.#ports.kept?.snapshot(id).catch(() => undefined);
    if (snapshot !== undefined) return snapshot;
    throw this.#ports.notKept;
  }

  /** Waits for the server, and lets the page connect if the session is still of `person` (F1). */
  async #release(person: Id): Promise<void> {
    const { store, kept, clock } = this.#ports;
    const { api } = store;
    for (let pauseMs = LOOK_MS;; pauseMs = Math.min(LOOK_MS_MAX, pauseMs * 2)) {
      try {
        const { userId } = await api.call<SessionView>({ method: "GET", path: "/api/session" });
        if (person === "") return location.reload(); // nothing was kept, and now there is a page
        if (userId !== person) return location.replace("/");
        store.models.value = await api.models();
        break;
      } catch (error) {
        if (statusOf(error) === 401) {
          store.drafts.belongTo(null);
          await kept?.clear(person).catch(() => {}); // as above
          return location.replace("/");
        }
        const waked = new AbortController();
        addEventListener("online", () => waked.abort(), { once: true, signal: waked.signal });
        await clock.sleep(pauseMs, waked.signal);
        waked.abort();
      }
    }
    store.held = false;
    store.connect();
  }

  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      const { locks } = this.#ports;
      if (locks === null) await this.#sendAll();
      else await locks.request(LOCK, () => this.#sendAll());
    } finally {
      this.#sending = false;
    }
  }

  async #sendAll(): Promise<void> {
    const { outbox, drafts } = this.#ports.store;
    const waiting = () => outbox.pending.peek().find(({ state }) => state === "waiting");
    for (let next = waiting(); next !== undefined; next = waiting()) {
      const { id, conversationId, restored } = next;
      // Another tab may have sent it meanwhile (F2).
      if (restored && !drafts.read(conversationId).unsent.some((unsent) => unsent.id === id)) {
        outbox.discard(id);
      } else await outbox.retry(id);
      if (this.#ports.store.offline.peek()) return;
    }
  }
}

/** A failed call has one; of anything else only the console can know more. */
function statusOf(error: unknown): number {
  if (error instanceof Error && error.name === "ClientError") return (error as ClientError).status;
  throw error;
}

/** For a page of which nothing is kept. */
function nothing(now: number): KeptPage {
  return {
    person: "",
    list: { conversations: [], cursor: 0 },
    nextCursor: null,
    models: { models: [], defaultModel: "", fallbacks: [] },
    preferences: { instructions: "", presets: [] },
    starters: [],
    savedAt: now,
  };
}

/** Such as "14:05", or "24 Nov, 14:05" on another day. */
function timeOf(atMs: number, nowMs: number): string {
  const [at, now] = [new Date(atMs), new Date(nowMs)];
  const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  if (at.toDateString() === now.toDateString()) return time;
  return `${at.toLocaleDateString([], { day: "numeric", month: "short" })}, ${time}`;
}
