// Keeps what the page shows, now and then and when it is left, so that it can be read without a network.
import { effect } from "@preact/signals";
import type { Id } from "../core/ids.ts";
import type { Clock } from "../core/time.ts";
import type { Listed } from "../protocol/conversation.ts";
import type { Snapshot } from "../protocol/event.ts";
import type { ConversationState } from "../protocol/reduce.ts";
import type { Kept, KeptPage } from "./kept.ts";
import type { Store } from "./store.ts";

/** An answer that is being written changes with each frame; what a crash would lose of it, the server has. */
const EVERY_MS = 1_500;

export class Keeper {
  readonly #store: Store;
  readonly #kept: Kept | null;
  readonly #clock: Clock;
  /** What was not kept yet. */
  #state: ConversationState | null = null;
  /** The first message of it that was shown. */
  #first: Id | undefined;
  #page: KeptPage | null = null;
  #listed: readonly Listed[] = [];
  #writing = false;

  constructor(store: Store, kept: Kept | null, clock: Clock) {
    this.#store = store;
    this.#kept = kept;
    this.#clock = clock;
  }

  async begin(): Promise<void> {
    const kept = this.#kept;
    const page = this.#read();
    if (kept === null || page === null) return;
    try {
      // A page that was filled from here brings nothing newer.
      if (!this.#store.held) {
        await kept.claim(page);
        await kept.keepListed(page);
      }
    } catch (error) {
      return quiet(error);
    }
    effect(() => {
      if (this.#store.open.state.value === null) return;
      // What is shown may lag behind its own cursor: only the whole is worth keeping.
      const state = this.#store.open.latest;
      if (state === null) return;
      if (this.#state !== null && this.#state.conversation.id !== state.conversation.id) void this.#write();
      this.#state = state;
      this.#first = this.#store.open.shown.peek()[0]?.message.id;
      void this.#soon();
    });
    effect(() => {
      const { library, models, preferences } = this.#store;
      const listed = library.listing.value.conversations;
      void [models.value, preferences.value.value];
      this.#page = this.#read();
      // Whatever is off the list was deleted or put away, here or elsewhere.
      for (const { id } of this.#listed) {
        if (!listed.some((one) => one.id === id)) void kept.drop(page.person, id).catch(quiet);
      }
      this.#listed = listed;
      void this.#soon();
    });
    /** What was last seen of the server is of now. */
    const left = () => {
      this.#page = this.#read();
      void this.#write();
    };
    document.addEventListener("visibilitychange", () => document.hidden && left());
    addEventListener("pagehide", left);
  }

  #read(): KeptPage | null {
    const { person, library, models, preferences, starters } = this.#store;
    if (!person.peek()) return null;
    const { conversations, cursor } = library.listing.peek();
    return {
      person: person.peek()!,
      list: { conversations: [...conversations], cursor },
      nextCursor: library.nextCursor.peek(),
      models: models.peek(),
      preferences: preferences.value.peek(),
      starters: starters.peek(),
      savedAt: this.#clock.now(),
    };
  }

  async #soon(): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    await this.#clock.sleep(EVERY_MS);
    this.#writing = false;
    await this.#write();
  }

  async #write(): Promise<void> {
    const [state, first, page] = [this.#state, this.#first, this.#page];
    const person = this.#store.person.peek();
    this.#state = this.#page = null;
    if (this.#kept === null || !person) return;
    // What is shown without a network is not of now.
    const offline = this.#store.held || this.#store.offline.peek();
    try {
      if (page !== null && !offline) await this.#kept.putPage(page);
      if (state === null) return;
      if (state.deleted) return await this.#kept.drop(person, state.conversation.id);
      // Of a state with a gap nobody knows what is true of it. What was kept before it catches up by its events.
      if (!state.gap) await this.#kept.put(person, snapshotOf(state, first), this.#clock.now());
    } catch (error) {
      quiet(error);
    }
  }
}

/** What is read back as a snapshot is the same state: of an end alone it says so (R3 of `reduce.ts`). */
export function snapshotOf(state: ConversationState, first: Id | undefined): Snapshot {
  const { conversation, messages, summaries, forks, earlier, cursor } = state;
  const before = earlier?.find((one) => one.before === first);
  return {
    conversation,
    messages: [...messages],
    ...summaries === undefined ? {} : { summaries: [...summaries] },
    ...forks === undefined ? {} : { forks: [...forks] },
    ...before === undefined ? {} : { earlier: before },
    cursor,
  };
}

/** Storage is full or was taken away. What is on the page is not touched by that, and the console has the reason. */
function quiet(error: unknown): void {
  console.warn("This conversation is not kept for reading without a network.", error);
}
