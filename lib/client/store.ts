// What the browser knows and shows: one store for all islands of a page.
//   S2  On a server there is one store per island and render: what is shared there is shared between people.
import { batch, computed, type Signal, signal } from "@preact/signals";
import type { Id } from "../core/ids.ts";
import type { BulkAction, ModelList, PageState, RemovedAll, Starter } from "../protocol/api.ts";
import type { Conversation } from "../protocol/conversation.ts";
import { DEFAULTS, type DeviceSettings } from "../protocol/device.ts";
import type { Snapshot } from "../protocol/event.ts";
import type { Message } from "../protocol/message.ts";
import type { ConversationState } from "../protocol/reduce.ts";
import { Answers } from "./answers.ts";
import { Api, ClientError } from "./api.ts";
import { Choice } from "./choice.ts";
import { Connection, type Link } from "./connection.ts";
import { Device } from "./device.ts";
import type { DialogName } from "./dialog_name.ts";
import { Drafts } from "./drafts.ts";
import { Editing } from "./editing.ts";
import { Here } from "./here.ts";
import { Library } from "./library.ts";
import { type Notice, Notices } from "./notices.ts";
import { OpenConversation } from "./open_conversation.ts";
import { Outbox } from "./outbox.ts";
import type { Pin } from "./pin.ts";
import { OwnPreferences } from "./own_preferences.ts";
import type { Pace } from "./pace.ts";
import { Relay } from "./relay.ts";
import { Setup } from "./setup.ts";
import { browserSurroundings, NOWHERE, type Surroundings } from "./surroundings.ts";
import type { Tending } from "./tending.ts";
import { type TopicEvent, USER_TOPIC } from "./topic_event.ts";
import type { Unread } from "./unread.ts";
import { Waiting } from "./waiting.ts";

/** What an island brings along. Only one brings the messages; the others bring what they show. */
export type Seed = Partial<PageState> & {
  conversation?: Conversation | null;
  device?: Partial<DeviceSettings>;
};

const NAME = "Throughline";
const UNKEPT = "This browser has no room for drafts. What you write is kept until this page is closed.";

export class Store {
  readonly link: Signal<Link> = signal("connecting");
  /** Whether the server could not be reached. A try to connect changes nothing; one that works does. */
  readonly offline = signal(false);
  /** Whose page it is. Null before a page that a browser had kept knows it. */
  readonly person: Signal<Id | null> = signal(null);
  /** Of when that is what the page shows, where there is no network. */
  readonly asOf: Signal<string | null> = signal(null);
  /** Reads what this browser has kept of a conversation. */
  kept: ((id: Id) => Promise<Snapshot>) | null = null;
  /** Whether to keep from the server: it is not known yet whose session the browser has. */
  held = false;
  readonly models: Signal<ModelList> = signal({ models: [], defaultModel: "", fallbacks: [] });
  readonly starters: Signal<readonly Starter[]> = signal([]);
  /** Text that the composer should take over: a starter prompt, or a failed message to be edited. */
  readonly fill: Signal<string | null> = signal(null);
  /** Whether the sidebar is drawn over the page, on a phone. */
  readonly drawer = signal(false);
  /** What is laid over the page, if anything: one at a time. */
  readonly dialog: Signal<DialogName | null> = signal(null);
  /** What moves the list of messages that is on the page. */
  readonly pin: Signal<Pin | null> = signal(null);
  /** Null until it is loaded: then words appear as they come. */
  pace: Pace | null = null;
  readonly device: Device;
  readonly here: Here;
  readonly open: OpenConversation;
  readonly notices: Notices;
  readonly library: Library;
  /** Conversations with an answer that ended while nobody looked. */
  readonly unread: Signal<ReadonlySet<Id>> = signal(new Set());
  readonly outbox: Outbox;
  readonly drafts: Drafts;
  readonly editing: Editing;
  readonly waiting: Waiting;
  readonly setup: Setup;
  readonly choice: Choice;
  readonly answers: Answers;
  readonly preferences: OwnPreferences;

  readonly #stopping: Signal<Id | null> = signal(null);

  /** Messages of the open conversation on their way. */
  readonly pending = computed(() =>
    this.outbox.pending.value.filter((p) => p.conversationId === this.open.id.value)
  );
  /** The job that answers now; null when there is none, or when it has no name yet. */
  readonly generation = computed((): Id | null => {
    const running = this.open.conversation.value?.running ?? null;
    if (running !== null) return running;
    const last = this.open.shown.value.at(-1)?.message;
    if (last?.status === "streaming" && last.generationId !== undefined) return last.generationId;
    return this.pending.value.find((p) => p.state === "accepted")?.generationId ?? null;
  });
  readonly busy = computed(() =>
    this.generation.value !== null ||
    !this.offline.value && this.pending.value.some((p) => p.state === "sending")
  );
  readonly stopping = computed(() => {
    const asked = this.#stopping.value;
    if (asked === null || !this.busy.value) return false;
    return asked === this.generation.value || this.pending.value.some((p) => p.id === asked);
  });

  readonly #api: Api;
  readonly #around: Surroundings;
  readonly #parts = new Set<string>();
  #relay: Relay | null = null;
  #tending: Tending | null = null;
  #marks: Unread | null = null;
  #started = false;
  #mark = "";

  constructor(around: Surroundings) {
    this.#around = around;
    const { clock, newId, shelf } = around;
    this.#api = new Api(around);
    this.device = new Device(around.device);
    this.here = new Here(around);
    this.notices = new Notices(clock);
    this.library = new Library();
    this.drafts = new Drafts(shelf, () => this.notices.show({ tone: "calm", text: UNKEPT }));
    const { drafts } = this;
    this.preferences = new OwnPreferences(this.#api);
    this.open = new OpenConversation({
      api: this.#api,
      nextFrame: around.nextFrame,
      follow: (id, cursor) => this.#relay?.follow(id, cursor),
      unfollow: (id) => this.#relay?.unfollow(id),
      pace: (shown, latest) =>
        this.pace !== null && this.device.settings.peek().pace === "smooth" && around.moves()
          ? this.pace.step(shown, latest, clock.now())
          : latest,
      attempt: (what, call) => this.#try(what, call),
      kept: (id) => this.offline.peek() ? this.kept?.(id) ?? null : null,
      painted: (before, after) => this.#painted(before, after),
    });
    const api = this.#api;
    const { id, conversation } = this.open;
    const attempt = (what: string, call: () => Promise<unknown>) => this.#try(what, call);
    this.setup = new Setup({ api, drafts, id, conversation });
    this.choice = new Choice({
      api,
      drafts,
      setup: this.setup,
      id,
      conversation,
      models: this.models,
      attempt,
    });
    this.outbox = new Outbox({
      api,
      drafts,
      clock,
      newId,
      here: this.here,
      person: () => this.person.peek(),
      offline: () => this.offline.peek(),
      held: () => this.held,
      beginning: () => ({ ...this.setup.beginning.peek(), model: this.choice.standing.peek() }),
      shownTo: (wanted) => wanted === id.peek() ? this.open.state.peek()?.cursor ?? 0 : 0,
      created: (conversation) => this.#created(conversation),
    });
    const fill = (text: string) => void (this.fill.value = text);
    const tell = (text: string, action?: Notice["action"]) =>
      this.notices.show({ tone: "calm", text, action });
    this.editing = new Editing(drafts, () => id.peek());
    this.answers = new Answers({
      api,
      newId,
      here: this.here,
      open: this.open,
      id: () => id.peek(),
      model: () => this.choice.standing.peek(),
      attempt,
      say: (status) => this.notices.announce({ status }),
      fill,
      tell,
      opened: (conversation) => {
        this.library.put(conversation);
        void this.go(conversation.id);
      },
      unloaded: () => this.unloaded(),
    });
    this.waiting = new Waiting({
      api,
      state: () => this.open.state.peek(),
      attempt,
      draft: () => this.drafts.read(this.open.id.peek()).text,
      fill,
      tell,
    });
  }

  /** Takes what an island brings, each part once: a later island must not undo what happened since. */
  adopt(seed: Seed): void {
    const brings = (part: keyof Seed) => seed[part] !== undefined && !this.#parts.has(part);
    batch(() => {
      if (seed.person !== undefined && brings("person")) {
        this.person.value = seed.person;
        this.drafts.belongTo(seed.person);
      }
      if (seed.models !== undefined && brings("models")) this.models.value = seed.models;
      if (seed.starters !== undefined && brings("starters")) this.starters.value = seed.starters;
      if (seed.preferences !== undefined && brings("preferences")) {
        this.preferences.value.value = seed.preferences;
      }
      if (seed.list !== undefined && brings("list")) this.library.adopt(seed.list, seed.nextCursor ?? null);
      if (seed.conversation !== undefined && brings("conversation") && !this.#parts.has("snapshot")) {
        this.open.adoptBare(seed.conversation);
      }
      if (seed.snapshot !== undefined && brings("snapshot")) this.open.adopt(seed.snapshot);
    });
    for (const [part, value] of Object.entries(seed)) if (value !== undefined) this.#parts.add(part);
  }

  /** Connects, once everything that a page brings is here. Islands call it when they are on the page. */
  start(): void {
    const whole = this.#parts.has("snapshot") && this.#parts.has("list") && this.#parts.has("models");
    if (this.#started || !whole) return;
    this.#started = true;
    this.#around.listen({
      hide: () => this.#disconnect(),
      show: (again) => again && this.connect(),
      wake: () => {
        this.#relay?.wake();
        this.device.again();
        this.#marks?.look();
      },
      stored: () => this.#marks?.look(),
      cover: () => this.open.paint(),
      go: (path) => void this.enter(idIn(path)),
    });
    this.setup.restore();
    this.choice.enter(this.open.id.peek());
    void this.#markUnread();
    this.#resume();
    this.connect();
  }

  /** Sends a message, or queues it behind the answer that is under way. False when there is nothing to send. */
  send(text: string): boolean {
    if (text.trim() === "") return false;
    return this.#send(text, this.open.fork) !== null;
  }

  /** Sends other words in place of a message that was said: they follow what that one follows. What is in the composer stays. */
  sendInstead({ parentId }: Message, text: string): Id | null {
    return this.#send(text, parentId, true);
  }

  #send(text: string, parentId: Id | null | undefined, instead = false): Id | null {
    const sent = this.outbox.send(this.open.id.peek(), text, this.choice.next.peek(), parentId, instead);
    if (sent !== null) {
      this.choice.chooseOnce(null);
      this.notices.announce({ status: "Sent. Generating." });
    } else this.notices.show({ tone: "error", text: "Too many messages wait already." });
    return sent;
  }

  /** Begins to give the person's last message other words. False when there is none. */
  editLast(): boolean {
    const last = this.open.shown.peek().findLast(({ message }) => message.role === "user");
    // What is on its way came last, and cannot be changed yet.
    if (last === undefined || this.pending.peek().length > 0) return false;
    this.editing.begin(last.message.id);
    return true;
  }

  /** Stops the answer that is under way, even before it has a name. */
  async stop(): Promise<void> {
    const running = this.generation.peek();
    if (running !== null) {
      this.#stopping.value = running;
      const asked = await this.#try("The answer could not be stopped.", () => this.#api.cancel(running));
      if (!asked) this.#stopping.value = null;
      return;
    }
    const sending = this.pending.peek().find((p) => p.state === "sending");
    if (sending === undefined) return;
    this.#stopping.value = sending.id;
    this.outbox.stopWhenAccepted(sending.id);
  }

  /** What was not sent goes along to a new conversation, in a page and perhaps a session of its own. */
  startOver(): void {
    const id = this.open.id.peek();
    import("./carry_over.ts").then(({ carryOver }) => {
      if (carryOver(this.drafts, id)) this.#around.leave("/");
      else void this.go(null); // another page would not have it
    }, () => this.unloaded());
  }

  /** A part of the page could not be loaded. */
  unloaded(): void {
    this.notices.show({
      tone: "error",
      text: "That part of the page could not be loaded. Try again, or reload the page.",
    });
  }

  /** Opens a conversation, or a new one for null, without loading a page; for the sake of a message, its address says so. */
  async go(id: Id | null, messageId?: Id): Promise<void> {
    if (id === this.open.id.peek()) return;
    this.#around.push(pathOf(id) + (messageId === undefined ? "" : `#m-${messageId}`));
    await this.enter(id);
  }

  /** For what is loaded on demand. */
  get api(): Api {
    return this.#api;
  }

  /** What is done to conversations as a whole, or null when that part of the page could not be loaded. */
  async tending(): Promise<Tending | null> {
    try {
      const { Tending } = await import("./tending.ts");
      const { notices, library, open } = this;
      return this.#tending ??= new Tending({
        api: this.#api,
        notices,
        library,
        open,
        go: (id) => this.go(id),
      });
    } catch {
      this.unloaded(); // the network is gone, or the server has another build by now
      return null;
    }
  }

  /** `undone`: the person took it back. */
  async tend(action: BulkAction, ids: readonly Id[], undone?: () => void): Promise<void> {
    await (await this.tending())?.byId(action, ids, undone);
  }

  remove(id: Id): Promise<void> {
    return this.tend("delete", [id]);
  }

  /** Some of all conversations into the trash, the open one too; asked again, the rest. @throws ClientError */
  async removeSome(): Promise<RemovedAll> {
    await this.go(null);
    return await this.#api.removeSome();
  }

  async restore(id: Id): Promise<void> {
    const conversation = this.open.conversation.peek() ?? this.library.find(id);
    if (conversation !== undefined) await (await this.tending())?.restore(conversation);
  }

  async rename(id: Id, title: string): Promise<void> {
    await (await this.tending())?.rename(id, title);
  }

  /** Shows a conversation whose address the page has already. */
  async enter(id: Id | null): Promise<void> {
    const left = this.open.id.peek();
    if (id === left) return;
    this.setup.leave(left, id);
    this.waiting.forget();
    this.editing.message.value = null;
    const entered = this.open.enter(id);
    this.choice.enter(id);
    this.#marks?.look();
    this.#title();
    await entered;
    if (this.open.id.peek() === id) this.#resume();
  }

  /** Takes up what was left in the conversation that is open. */
  #resume(): void {
    const state = this.open.state.peek();
    this.outbox.restore(this.open.id.peek(), state?.messages ?? []);
    this.editing.enter();
    if (state !== null) this.#look(state, null);
  }

  /** Whether the message that is being edited is still there. */
  #look(after: ConversationState, before: ConversationState | null): void {
    if (this.editing.isLost(after, before)) void this.answers.rescue(this.editing);
  }

  #created(conversation: Conversation): void {
    this.library.put(conversation);
    const model = this.choice.standing.peek();
    this.setup.begun();
    if (this.open.id.peek() !== null) return; // the person went elsewhere meanwhile
    this.open.begin(conversation);
    this.choice.enter(conversation.id);
    if (model !== conversation.model) void this.choice.choose(model); // it was chosen while the first was made
    this.#around.push(pathOf(conversation.id));
  }

  connect(): void {
    if (this.#relay !== null || this.held) return;
    const around = this.#around;
    this.#relay = new Relay(
      { ...around, tab: around.newId(), connect: (listener) => new Connection(around, listener) },
      {
        event: (event) => event.topic === USER_TOPIC ? this.#own(event) : this.open.fold(event),
        link: (link) =>
          batch(() => {
            this.link.value = link;
            if (link !== "connecting") this.offline.value = link === "waiting";
          }),
      },
    );
    this.#relay.follow(USER_TOPIC, this.library.listing.peek().cursor);
    const id = this.open.id.peek();
    if (id !== null) this.#relay.follow(id, this.open.cursor);
  }

  #disconnect(): void {
    this.#relay?.close();
    this.#relay = null;
  }

  /** News of what is this person's own. */
  #own(event: TopicEvent): void {
    this.library.apply(event);
    this.preferences.apply(event);
    this.#marks?.apply(event);
  }

  async #markUnread(): Promise<void> {
    const around = this.#around;
    // Without it there is no news to mark either, and the next page marks what has ended by then.
    const module = await import("./unread.ts").catch(() => null);
    if (module === null) return;
    const shown = () => around.visible() ? this.open.id.peek() : null;
    this.#marks = new module.Unread(this.unread, around.shelf, shown);
    this.#marks.hear(this.library.listing.peek().conversations);
    this.#marks.look();
  }

  #painted(before: ConversationState | null, after: ConversationState): void {
    if (before?.conversation !== after.conversation) {
      this.choice.seen(before?.conversation, after.conversation);
    }
    this.outbox.settle(after.messages);
    this.waiting.seen(after);
    this.#look(after, before);
    this.#title();
  }

  /** Marks the title of a tab in which something waits to be seen. */
  mark(marked: boolean): void {
    this.#mark = marked ? "● " : "";
    this.#title();
  }

  #title(): void {
    this.#around.title(this.#mark + titleOf(this.open.conversation.peek()));
  }

  async #try(what: string, call: () => Promise<unknown>): Promise<boolean> {
    try {
      await call();
      return true;
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      this.notices.show({ tone: "error", text: `${what} ${error.detail}`, requestId: error.requestId });
      return false;
    }
  }
}

function titleOf(conversation: Conversation | null): string {
  return conversation?.title ? `${conversation.title} · ${NAME}` : NAME;
}

function pathOf(id: Id | null): string {
  return id === null ? "/" : `/c/${id}`;
}

/** The conversation that a path names; null for the new one. */
export function idIn(path: string): Id | null {
  return /^\/c\/([0-9a-f-]{36})$/.exec(path)?.[1] ?? null;
}

let shared: Store | null = null;

/** The store that an island works with: the page's one in a browser, its own on a server (S2). */
export function storeFor(seed: Seed): Store {
  const store = typeof document === "undefined"
    ? new Store(NOWHERE)
    : shared ??= new Store(browserSurroundings());
  // A browser knows its own, and may know better by now.
  if (seed.device !== undefined && store !== shared) {
    store.device.settings.value = { ...DEFAULTS, ...seed.device };
  }
  store.adopt(seed);
  return store;
}
