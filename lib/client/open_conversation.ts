// The conversation that is open in this tab.
//   S1  Events are folded at once and shown at most once per frame. A hidden page has no frames and shows at once.
//   S2  A long conversation opens with its end. What comes before is loaded by pages (`history.ts`), and never shown with a
//       hole in it.
//   S3  What `pace` holds back is shown with the next frames; what the rest of the page is told, it is told when it shows.
import { batch, computed, type Signal, signal } from "@preact/signals";
import type { Id } from "../core/ids.ts";
import type { Conversation } from "../protocol/conversation.ts";
import type { Snapshot } from "../protocol/event.ts";
import { type ConversationState, reduce, withMore } from "../protocol/reduce.ts";
import type { Summary } from "../protocol/summary.ts";
import { type Api, ClientError } from "./api.ts";
import { above, ancestors, branch, type Choices } from "./branch.ts";
import type { History } from "./history.ts";
import { RecentStates } from "./recent_states.ts";
import type { TopicEvent } from "./topic_event.ts";

export interface OpenPorts {
  api: Api;
  nextFrame(paint: () => void): void;
  /** Asks for the events of a conversation from a cursor on; null for a snapshot. */
  follow(id: Id, cursor: number | null): void;
  unfollow(id: Id): void;
  /** What of the newest state is shown after `shown`, in this frame. */
  pace(shown: ConversationState | null, latest: ConversationState): ConversationState;
  /** Makes a call, and tells the person when it fails: `what`, and the reason. False then. */
  attempt(what: string, call: () => Promise<unknown>): Promise<boolean>;
  /** What this browser has kept of it, where the server cannot be asked; null where it can. */
  kept(id: Id): Promise<Snapshot> | null;
  /** Within the batch that shows `after`. */
  painted(before: ConversationState | null, after: ConversationState): void;
}

export interface ShownSummary {
  summary: Summary;
  /** The newest answer was asked with it. False: it is ready for when the messages no longer fit. */
  sent: boolean;
}

export class OpenConversation {
  /** null is a conversation that is not begun. */
  readonly id: Signal<Id | null> = signal(null);
  readonly state: Signal<ConversationState | null> = signal(null);
  /** Why it cannot be shown. */
  readonly missing: Signal<ClientError | null> = signal(null);
  /** What is known of it before its messages are. */
  readonly #bare: Signal<Conversation | null> = signal(null);
  readonly #choices: Signal<Choices> = signal(new Map());

  readonly conversation = computed(() => this.state.value?.conversation ?? this.#bare.value);
  /** The branch that is shown. */
  readonly shown = computed(() => {
    const state = this.state.value;
    if (state === null) return [];
    const { activeLeaf } = state.conversation;
    // A branch that somebody chose elsewhere is shown once it is here.
    if (activeLeaf === null || isHere(state, activeLeaf)) this.#leaf = activeLeaf;
    return branch(state.messages, this.#leaf, this.#choices.value, state.forks);
  });
  /** Whether something comes before the first message that is shown. */
  readonly earlier = computed(() => {
    const first = this.shown.value[0]?.message;
    return first?.parentId != null && this.state.value?.forks !== undefined;
  });
  /** Of the texts of what comes before it, in UTF-16 units, as far as that is known. */
  readonly earlierChars = computed(() => {
    const first = this.shown.value[0]?.message.id;
    return this.state.value?.earlier?.find(({ before }) => before === first)?.chars ?? 0;
  });

  /** What stands for the beginning of the branch that is shown: of several, the one that reaches furthest. */
  readonly summary = computed((): ShownSummary | null => {
    const summaries = this.state.value?.summaries ?? [];
    if (summaries.length === 0) return null;
    const messages = this.shown.value.map(({ message }) => message);
    const last = messages.findLast(({ id }) => summaries.some(({ throughId }) => throughId === id));
    const summary = summaries.find(({ throughId }) => throughId === last?.id);
    if (summary === undefined) return null;
    const asked = messages.findLast((message) => message.asked?.context !== undefined)?.asked?.context;
    return { summary, sent: asked?.summaryThroughId === summary.throughId };
  });

  /** What the reader has chosen is on its way to the server. */
  keeping = false;
  readonly #ports: OpenPorts;
  readonly #recent = new RecentStates();
  #latest: ConversationState | null = null;
  #painting = false;
  /** The end of the branch that was shown last. */
  #leaf: Id | null = null;
  #history: History | null = null;

  constructor(ports: OpenPorts) {
    this.#ports = ports;
  }

  get cursor(): number | null {
    return this.#latest?.cursor ?? null;
  }

  /** All that is known of it, of which `state` may show less for a moment. */
  get latest(): ConversationState | null {
    return this.#latest;
  }

  /** Where the next message goes when the reader looks at another branch than the active one. */
  get fork(): Id | undefined {
    return this.#choices.peek().size > 0 ? this.shown.peek().at(-1)?.message.id : undefined;
  }

  adoptBare(conversation: Conversation | null): void {
    this.#bare.value = conversation;
    this.id.value = conversation?.id ?? null;
  }

  adopt(snapshot: Snapshot | null): void {
    this.#latest = snapshot === null
      ? null
      : reduce(null, { type: "snapshot", data: snapshot, id: snapshot.cursor });
    batch(() => {
      this.id.value = snapshot?.conversation.id ?? null;
      this.state.value = this.#latest;
    });
  }

  /** Takes over a conversation that was just made here: nothing is in it, and its log is still to be read. */
  begin(conversation: Conversation): void {
    this.#latest = { conversation, messages: [], cursor: 0, deleted: false, gap: false };
    batch(() => {
      this.id.value = conversation.id;
      this.state.value = this.#latest;
    });
    this.#ports.follow(conversation.id, null);
  }

  /** Leaves the conversation that is open and shows another. */
  async enter(id: Id | null): Promise<void> {
    const left = this.id.peek();
    if (left !== null) this.#ports.unfollow(left);
    if (this.#latest !== null && !this.#latest.deleted) this.#recent.put(this.#latest);
    this.#latest = id === null ? null : this.#recent.take(id);
    this.#leaf = null;
    batch(() => {
      this.id.value = id;
      this.state.value = this.#latest;
      this.missing.value = null;
      this.#bare.value = null;
      this.#choices.value = new Map();
    });
    if (id === null) return;
    if (this.#latest === null) await this.load();
    else this.#ports.follow(id, this.cursor);
  }

  /** Reads it. A plain request can say that it is not ours; a stream would only be silent. */
  async load(): Promise<void> {
    const id = this.id.peek();
    if (id === null) return;
    this.missing.value = null;
    try {
      const snapshot = await (this.#ports.kept(id) ?? this.#ports.api.read(id));
      if (this.id.peek() !== id) return;
      this.#latest = reduce(this.#latest, { type: "snapshot", data: snapshot, id: snapshot.cursor });
      this.paint();
      this.#ports.follow(id, this.cursor);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      if (this.id.peek() === id) this.missing.value = error;
    }
  }

  forget(id: Id): void {
    this.#recent.drop(id);
  }

  /** Shows another version of a message, in this tab only. */
  choose(versionId: Id): void {
    const version = this.state.peek()?.messages.find((m) => m.id === versionId);
    if (version !== undefined) {
      this.#choices.value = new Map(this.#choices.peek()).set(above(version), versionId);
    } else {
      this.#load((past) => past.reveal(versionId));
    }
  }

  /** Loads a page of what comes before. @throws ClientError */
  async loadEarlier(): Promise<void> {
    await (await this.#past()).earlier();
  }

  /**
   * Shows the branch of a message in this tab, and loads it and what lies between, wherever it is. False: it is not in this
   * conversation, or another was opened meanwhile. @throws ClientError
   */
  async reveal(id: Id): Promise<boolean> {
    const shows = () => this.shown.peek().some(({ message }) => message.id === id);
    return shows() || (await (await this.#past()).reveal(id) && shows());
  }

  fold(event: TopicEvent): void {
    const id = this.id.peek();
    if (id === null || event.topic !== id) return;
    const before = this.#latest;
    if (event.type !== "bye") this.#latest = reduce(this.#latest, event);
    else if (this.#latest !== null) this.#latest = { ...this.#latest, deleted: true };
    if (this.#latest?.gap === true) this.#ports.follow(id, null);
    this.#history?.hear(event);
    if (event.type === "snapshot" && before !== null && this.#latest !== before) {
      const first = event.data.earlier?.before;
      // What is still here from before may have changed meanwhile.
      if (first !== undefined) this.#load((past) => past.renew(first));
    }
    this.#plan();
  }

  /** Shows the newest state, now. */
  paint(): void {
    if (this.#latest !== null) this.#show(this.#latest);
  }

  /** What is not shown yet comes with the next frame, as far as the pace allows. */
  #plan(): void {
    if (this.#painting || this.#latest === this.state.peek()) return;
    this.#painting = true;
    this.#ports.nextFrame(() => {
      this.#painting = false;
      if (this.#latest === null) return;
      this.#show(this.#ports.pace(this.state.peek(), this.#latest));
      this.#plan();
    });
  }

  #show(after: ConversationState): void {
    const before = this.state.peek();
    if (after === before) return;
    batch(() => {
      this.state.value = after;
      // A leaf that moved is news from somewhere: what the reader had chosen before is over; unless it moved because of that.
      const moved = before?.conversation.activeLeaf !== after.conversation.activeLeaf;
      if (moved && !this.keeping) this.#choices.value = new Map();
      this.#ports.painted(before, after);
    });
    const { activeLeaf } = after.conversation;
    const moved = activeLeaf !== before?.conversation.activeLeaf;
    if (moved && activeLeaf !== null && !isHere(after, activeLeaf)) {
      this.#load((past) => past.reach(activeLeaf));
    }
  }

  #load(act: (past: History) => Promise<unknown>): void {
    void this.#ports.attempt("Messages could not be loaded.", async () => act(await this.#past()));
  }

  /** Most conversations are short: what reads their past is loaded when there is one to read. */
  async #past(): Promise<History> {
    const { History } = await import("./history.ts").catch(() => {
      throw new ClientError({ code: "network", detail: "Reload the page.", status: 0 });
    });
    return this.#history ??= new History({
      api: this.#ports.api,
      state: () => this.#latest,
      shown: () => this.shown.peek(),
      choices: this.#choices,
      way: (id) => ancestors(new Map(this.#latest?.messages.map((message) => [message.id, message])), id),
      put: (messages, page) => {
        if (this.#latest === null) return;
        this.#latest = withMore(this.#latest, messages, page);
        this.#show(this.#ports.pace(this.state.peek(), this.#latest));
        this.#plan();
      },
      followAnew: (id) => this.#ports.follow(id, null),
    });
  }
}

function isHere({ messages }: ConversationState, id: Id): boolean {
  return messages.some((message) => message.id === id);
}
