// What the browser knows and shows: one store for all islands of a page.
//   S1  Events are folded at once and shown at most once per frame. A hidden page has no frames and shows at once.
//   S2  On a server there is one store per island and render: what is shared there is shared between people.
import { batch, computed, type Signal, signal } from "@preact/signals";
import type { Id } from "../core/ids.ts";
import type { ModelList, PageState } from "../protocol/api.ts";
import type { Conversation } from "../protocol/conversation.ts";
import { type ConversationState, reduce } from "../protocol/reduce.ts";
import { announcement } from "./announcement.ts";
import { Api, ClientError } from "./api.ts";
import { ABOVE_ROOTS, branch, type Choices } from "./branch.ts";
import { Connection, type Link } from "./connection.ts";
import { Drafts } from "./drafts.ts";
import { Library } from "./library.ts";
import { Notices } from "./notices.ts";
import { Outbox } from "./outbox.ts";
import { Relay } from "./relay.ts";
import { RecentStates } from "./recent_states.ts";
import { browserSurroundings, type Surroundings } from "./surroundings.ts";
import { type TopicEvent, USER_TOPIC } from "./topic_event.ts";

/** What an island brings along. Only one brings the messages; the others bring what they show. */
export type Seed = Partial<PageState> & { conversation?: Conversation | null };

const NAME = "Throughline";

export class Store {
  /** The conversation that is open; null is one that is not begun. */
  readonly open: Signal<Id | null> = signal(null);
  readonly state: Signal<ConversationState | null> = signal(null);
  /** Why the open conversation cannot be shown. */
  readonly missing: Signal<ClientError | null> = signal(null);
  readonly link: Signal<Link> = signal("connecting");
  readonly models: Signal<ModelList> = signal({ models: [], defaultModel: "" });
  /** Text that the composer should take over: a starter prompt, or a failed message to be edited. */
  readonly fill: Signal<string | null> = signal(null);
  /** Whether the sidebar is drawn over the page, on a phone. */
  readonly drawer = signal(false);
  readonly notices: Notices;
  readonly library: Library;
  readonly outbox: Outbox;
  readonly drafts: Drafts;

  /** What an island without messages knows before the one with them is there. */
  readonly #bare: Signal<Conversation | null> = signal(null);
  readonly #picked: Signal<string | null> = signal(null);
  readonly #choices: Signal<Choices> = signal(new Map());
  readonly #stopping: Signal<Id | null> = signal(null);

  readonly conversation = computed(() => this.state.value?.conversation ?? this.#bare.value);
  readonly model = computed(() =>
    this.#picked.value ?? this.conversation.value?.model ?? this.models.value.defaultModel
  );
  readonly shown = computed(() => {
    const state = this.state.value;
    return state === null ? [] : branch(state.messages, state.conversation.activeLeaf, this.#choices.value);
  });
  /** Messages of the open conversation on their way. */
  readonly pending = computed(() =>
    this.outbox.pending.value.filter((p) => p.conversationId === this.open.value)
  );
  /** The job that answers now; null when there is none, or when it has no name yet. */
  readonly generation = computed((): Id | null => {
    const running = this.conversation.value?.running ?? null;
    if (running !== null) return running;
    const last = this.shown.value.at(-1)?.message;
    if (last?.status === "streaming" && last.generationId !== undefined) return last.generationId;
    return this.pending.value.find((p) => p.state === "accepted")?.generationId ?? null;
  });
  readonly busy = computed(() =>
    this.generation.value !== null || this.pending.value.some((p) => p.state === "sending")
  );
  readonly stopping = computed(() => {
    const asked = this.#stopping.value;
    return this.busy.value && asked !== null &&
      (asked === this.generation.value || this.pending.value.some((p) => p.id === asked));
  });

  readonly #api: Api;
  readonly #around: Surroundings | null;
  readonly #recent = new RecentStates();
  readonly #parts = new Set<keyof Seed>();
  #relay: Relay | null = null;
  #latest: ConversationState | null = null;
  #painting = false;
  #started = false;

  /** Without surroundings it only holds what it was given: enough to render a page. */
  constructor(around: Surroundings | null) {
    this.#around = around;
    const { clock, random, fetch } = around ?? NOWHERE;
    this.#api = new Api({ fetch, clock, random });
    this.notices = new Notices(clock);
    this.library = new Library(this.#api, this.notices);
    this.drafts = new Drafts(around?.shelf ?? null);
    this.outbox = new Outbox({
      api: this.#api,
      drafts: this.drafts,
      clock,
      newId: around?.newId ?? NOWHERE.newId,
      created: (conversation) => this.#created(conversation),
    });
  }

  /** Takes what an island brings, each part once: a later island must not undo what happened since. */
  adopt(seed: Seed): void {
    const isNew = (part: keyof Seed) => seed[part] !== undefined && !this.#parts.has(part);
    batch(() => {
      if (isNew("models")) this.models.value = seed.models!;
      if (isNew("list")) this.library.adopt(seed.list!, seed.nextCursor ?? null);
      if (isNew("conversation") && !this.#parts.has("snapshot")) {
        this.#bare.value = seed.conversation!;
        this.open.value = seed.conversation?.id ?? null;
      }
      if (isNew("snapshot")) {
        const { snapshot } = seed;
        this.open.value = snapshot?.conversation.id ?? null;
        if (snapshot != null) {
          this.#latest = reduce(null, { type: "snapshot", data: snapshot, id: snapshot.cursor });
        }
        this.state.value = this.#latest;
      }
    });
    for (const part of Object.keys(seed) as (keyof Seed)[]) {
      if (seed[part] !== undefined) this.#parts.add(part);
    }
  }

  /** Connects, once everything that a page brings is here. Islands call it when they are on the page. */
  start(): void {
    const around = this.#around;
    const whole = this.#parts.has("snapshot") && this.#parts.has("list") && this.#parts.has("models");
    if (around === null || this.#started || !whole) return;
    this.#started = true;
    around.listen({
      hide: () => this.#disconnect(),
      show: (again) => again && this.#connect(),
      wake: () => this.#relay?.wake(),
      cover: () => this.#paint(),
      go: (path) => void this.#enter(idIn(path)),
    });
    this.outbox.restore(this.open.peek(), this.#latest?.messages ?? []);
    this.#connect();
  }

  /** Sends a message, or queues it behind the answer that is under way. False when there is nothing to send. */
  send(text: string): boolean {
    if (text.trim() === "") return false;
    const forked = this.#choices.peek().size > 0;
    const parentId = forked ? this.shown.peek().at(-1)?.message.id : undefined;
    const sent = this.outbox.send(this.open.peek(), text, this.model.peek(), parentId);
    if (sent) this.notices.announce({ status: "Sent. Generating." });
    else this.#complain("Too many messages wait already.", null);
    return sent;
  }

  /** Stops the answer that is under way, even before it has a name. */
  async stop(): Promise<void> {
    const running = this.generation.peek();
    if (running !== null) {
      this.#stopping.value = running;
      if (!await this.#try("The answer could not be stopped.", () => this.#api.cancel(running))) {
        this.#stopping.value = null;
      }
      return;
    }
    const sending = this.pending.peek().find((p) => p.state === "sending");
    if (sending === undefined) return;
    this.#stopping.value = sending.id;
    this.outbox.stopWhenAccepted(sending.id);
  }

  /** Takes a message out of the queue. */
  async unqueue(generationId: Id): Promise<void> {
    await this.#try("The message could not be taken back.", () => this.#api.cancel(generationId));
  }

  async regenerate(messageId: Id): Promise<void> {
    const id = this.open.peek();
    if (id === null) return;
    const model = this.model.peek();
    await this.#try(
      "A new answer could not be started.",
      () => this.#api.regenerate(id, { messageId, model }),
    );
  }

  /** Shows another version of an answer, in this tab only. */
  choose(versionId: Id): void {
    const messages = this.state.peek()?.messages ?? [];
    const version = messages.find((m) => m.id === versionId);
    if (version === undefined) return;
    const parent = messages.some((m) => m.id === version.parentId) ? version.parentId! : ABOVE_ROOTS;
    this.#choices.value = new Map(this.#choices.peek()).set(parent, versionId);
  }

  async chooseModel(model: string): Promise<void> {
    const id = this.open.peek();
    this.#picked.value = model;
    if (id === null) return;
    if (!await this.#try("The model could not be changed.", () => this.#api.patch(id, { model }))) {
      this.#picked.value = null;
    }
  }

  /** Opens a conversation, or a new one for null, without loading a page. */
  async go(id: Id | null): Promise<void> {
    if (id === this.open.peek()) return;
    this.#around?.push(id === null ? "/" : `/c/${id}`);
    await this.#enter(id);
  }

  async remove(id: Id): Promise<void> {
    const removed = this.library.remove(id, () => void this.go(id));
    this.#recent.drop(id);
    if (id === this.open.peek()) await this.go(null);
    await removed;
  }

  async #enter(id: Id | null): Promise<void> {
    const left = this.open.peek();
    if (left === id) return;
    if (left !== null) this.#relay?.unfollow(left);
    if (this.#latest !== null && !this.#latest.deleted) this.#recent.put(this.#latest);
    this.#latest = id === null ? null : this.#recent.take(id);
    batch(() => {
      this.open.value = id;
      this.state.value = this.#latest;
      this.missing.value = null;
      this.#bare.value = null;
      this.#picked.value = null;
      this.#choices.value = new Map();
    });
    this.#around?.title(titleOf(this.#latest?.conversation));
    if (id === null) return this.outbox.restore(null, []);
    if (this.#latest === null) await this.#load(id);
    if (this.open.peek() !== id || this.missing.peek() !== null) return;
    this.outbox.restore(id, this.#latest?.messages ?? []);
    this.#relay?.follow(id, this.#latest?.cursor ?? null);
  }

  /** Reads the open conversation. A plain request can say that it is not ours; a stream would only be silent. */
  async #load(id: Id): Promise<void> {
    try {
      const snapshot = await this.#api.read(id);
      if (this.open.peek() !== id) return;
      this.#latest = reduce(this.#latest, { type: "snapshot", data: snapshot, id: snapshot.cursor });
      this.#paint();
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      if (this.open.peek() === id) this.missing.value = error;
    }
  }

  /** Tries again what could not be shown. */
  async reload(): Promise<void> {
    const id = this.open.peek();
    if (id === null) return;
    this.missing.value = null;
    await this.#load(id);
    if (this.open.peek() === id && this.missing.peek() === null) {
      this.#relay?.follow(id, this.#latest?.cursor ?? null);
    }
  }

  async restore(id: Id): Promise<void> {
    await this.library.restore(id, this.conversation.peek() ?? undefined, () => void this.reload());
  }

  #created(conversation: Conversation): void {
    this.library.put(conversation);
    if (this.open.peek() !== null) return; // the person went elsewhere meanwhile
    this.#latest = { conversation, messages: [], cursor: 0, deleted: false, gap: false };
    batch(() => {
      this.open.value = conversation.id;
      this.state.value = this.#latest;
      this.#picked.value = null;
    });
    this.#around?.push(`/c/${conversation.id}`);
    this.#relay?.follow(conversation.id, null);
  }

  #connect(): void {
    const around = this.#around;
    if (around === null || this.#relay !== null) return;
    const { clock, random, fetch, locks, openPort } = around;
    this.#relay = new Relay(
      {
        tab: around.newId(),
        clock,
        locks,
        openPort,
        connect: (listener) => new Connection({ fetch, clock, random }, listener),
      },
      { event: (event) => this.#fold(event), link: (link) => this.link.value = link },
    );
    this.#relay.follow(USER_TOPIC, this.library.listing.peek().cursor);
    const id = this.open.peek();
    if (id !== null) this.#relay.follow(id, this.#latest?.cursor ?? null);
  }

  #disconnect(): void {
    this.#relay?.close();
    this.#relay = null;
  }

  #fold(event: TopicEvent): void {
    const { topic } = event;
    if (topic === USER_TOPIC) return this.library.apply(event);
    if (topic === null || topic !== this.open.peek()) return;
    if (event.type === "bye") {
      if (this.#latest !== null) this.#latest = { ...this.#latest, deleted: true };
    } else this.#latest = reduce(this.#latest, event);
    if (this.#latest?.gap === true) this.#relay?.follow(topic, null);
    if (this.#painting || this.#latest === this.state.peek()) return;
    this.#painting = true;
    this.#around?.nextFrame(() => this.#paint());
  }

  #paint(): void {
    this.#painting = false;
    const before = this.state.peek();
    const after = this.#latest;
    if (after === null || after === before) return;
    batch(() => {
      this.state.value = after;
      if (before?.conversation !== after.conversation) this.#picked.value = null;
      if (before?.conversation.activeLeaf !== after.conversation.activeLeaf) this.#choices.value = new Map();
      this.outbox.settle(after.messages);
      const said = announcement(before, after);
      if (said !== null) this.notices.announce(said);
    });
    this.#around?.title(titleOf(after.conversation));
  }

  async #try(what: string, call: () => Promise<unknown>): Promise<boolean> {
    try {
      await call();
      return true;
    } catch (error) {
      this.#complain(what, error);
      return false;
    }
  }

  #complain(what: string, error: unknown): void {
    if (error !== null && !(error instanceof ClientError)) throw error;
    const text = error === null ? what : `${what} ${error.detail}`;
    this.notices.show({ tone: "error", text, requestId: error?.requestId });
  }
}

/** On a server nothing is fetched and nothing is made; a call would be a fault of ours. */
const NOWHERE: Pick<Surroundings, "fetch" | "clock" | "random" | "newId"> = {
  fetch: () => Promise.reject(new Error("A store on a server does not fetch")),
  clock: { now: () => Date.now(), sleep: () => new Promise<void>(() => {}) },
  random: () => 0,
  newId: () => {
    throw new Error("A store on a server makes no ids");
  },
};

function titleOf(conversation: Conversation | undefined): string {
  return conversation?.title ? `${conversation.title} · ${NAME}` : NAME;
}

/** The conversation that a path names; null for the new one. */
function idIn(path: string): Id | null {
  return /^\/c\/([0-9a-f-]{36})$/.exec(path)?.[1] ?? null;
}

let shared: Store | null = null;

/** The store that an island works with: the page's one in a browser, its own on a server (S2). */
export function storeFor(seed: Seed): Store {
  const store = typeof document === "undefined"
    ? new Store(null)
    : shared ??= new Store(browserSurroundings());
  store.adopt(seed);
  return store;
}
