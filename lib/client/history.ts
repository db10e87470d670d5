// What of the open conversation is not here yet, page by page. Loaded when there is something to load.
//   H1  A page may be older than what events have told since it was asked for: those messages stay as they are.
//   H2  A message that is as it was keeps its identity, or each of them would be drawn again.
import type { Signal } from "@preact/signals";
import type { Id } from "../core/ids.ts";
import { LAST_MESSAGES, type MessagePage, PAGE_MESSAGES_MAX } from "../protocol/api.ts";
import { isTerminal, type Message } from "../protocol/message.ts";
import type { ConversationState } from "../protocol/reduce.ts";
import type { Api } from "./api.ts";
import type { BranchItem, Choices } from "./branch.ts";
import type { TopicEvent } from "./topic_event.ts";

export interface HistoryPorts {
  api: Pick<Api, "messages">;
  /** The newest state, shown or not. */
  state(): ConversationState | null;
  shown(): readonly BranchItem[];
  readonly choices: Signal<Choices>;
  /** From a message upwards, as far as it is here. */
  way(id: Id): Message[];
  /** Puts the messages in the place of those that are here, with what a page says of them. */
  put(messages: Message[], page: MessagePage): void;
  /** Asks for a snapshot. */
  followAnew(id: Id): void;
}

export class History {
  readonly #ports: HistoryPorts;
  /** Pages are read one after the other: the next begins where the last ended. */
  #tail: Promise<unknown> = Promise.resolve();
  /** The numbers of the entries that told of messages while a page was being read. */
  readonly #told = new Map<Id, number>();

  constructor(ports: HistoryPorts) {
    this.#ports = ports;
  }

  /** What is told while a page is being read may be newer than the page (H1). */
  hear(event: TopicEvent): void {
    if (event.type === "message") this.#told.set(event.data.message.id, event.id ?? 0);
    if (event.type !== "snapshot") return;
    for (const { id } of event.data.messages) this.#told.set(id, event.data.cursor);
  }

  /** A page of what comes before the messages that are shown. @throws ClientError */
  earlier(): Promise<void> {
    return this.#inTurn(async (id) => {
      const first = this.#ports.shown()[0]?.message;
      if (first?.parentId != null) await this.#read(id, { before: first.id }, LAST_MESSAGES);
    });
  }

  /** Loads a message and has its branch shown. False: it is not in this conversation. @throws ClientError */
  async reveal(messageId: Id): Promise<boolean> {
    const id = this.#ports.state()?.conversation.id;
    if (!await this.reach(messageId) || this.#ports.state()?.conversation.id !== id) return false;
    const choices = new Map(this.#ports.choices.peek());
    const shown = new Set(this.#ports.shown().map(({ message }) => message.id));
    for (const message of this.#ports.way(messageId)) {
      if (shown.has(message.id)) break;
      choices.set(message.parentId ?? "", message.id);
    }
    this.#ports.choices.value = choices;
    return true;
  }

  /** Loads the branch of a message as far as it takes to know its place. False: there is no such message. @throws ClientError */
  async reach(messageId: Id): Promise<boolean> {
    let reached = false;
    await this.#inTurn(async (id) => {
      if (this.#ports.way(messageId).length === 0) {
        let page = await this.#read(id, { through: messageId }, PAGE_MESSAGES_MAX).catch((error) => {
          if (error instanceof Error && "code" in error && error.code === "not_found") return null;
          throw error;
        });
        while (page !== null && this.#ports.way(messageId).length === 0) {
          const first = page.messages[0];
          if (first === undefined) return;
          page = await this.#read(id, { before: this.#top(first.id) }, PAGE_MESSAGES_MAX);
        }
      }
      // Up to where its branch leaves the one that is shown.
      for (;;) {
        const shown = new Set(this.#ports.shown().map(({ message }) => message.id));
        const way = this.#ports.way(messageId);
        const top = way.at(-1);
        if (top === undefined) return;
        reached = true;
        if (shown.size === 0 || way.some((message) => shown.has(message.id))) return;
        const first = this.#ports.shown()[0]?.message;
        const next = [top, first].find((message) => message?.parentId != null);
        if (next === undefined) return; // they have nothing in common, and both are here from the beginning
        if ((await this.#read(id, { before: next.id }, PAGE_MESSAGES_MAX)) === null) return;
      }
    });
    return reached;
  }

  /** Reads again what is here before a message. @throws ClientError */
  renew(before: Id): Promise<void> {
    return this.#inTurn(async (id) => {
      for (let at: Id | undefined = before; at !== undefined && this.#ports.way(at).length > 1;) {
        const page = await this.#read(id, { before: at }, PAGE_MESSAGES_MAX);
        at = page?.messages[0]?.id;
      }
    });
  }

  /** Runs `act` for the conversation that is open, after what runs already. */
  #inTurn(act: (id: Id) => Promise<void>): Promise<void> {
    const run = async () => {
      const id = this.#ports.state()?.conversation.id;
      if (id === undefined) return;
      try {
        await act(id);
      } finally {
        this.#told.clear();
      }
    };
    const turn = this.#tail.then(run);
    this.#tail = turn.catch(() => {}); // whoever asked for it is told; the next does not depend on it
    return turn;
  }

  /** Null: it had no messages, or another conversation was opened meanwhile. */
  async #read(id: Id, where: { before: Id } | { through: Id }, limit: number): Promise<MessagePage | null> {
    const page = await this.#ports.api.messages(id, where, limit);
    const state = this.#ports.state();
    if (state?.conversation.id !== id || page.messages.length === 0) return null;
    if ("through" in where) leaveOut(state.messages, page, where.through);
    const messages = withPage(state.messages, page, this.#told);
    if (messages === null) this.#ports.followAnew(id);
    else this.#ports.put(messages, page);
    return messages === null ? null : page;
  }

  /** The first message that is here of the branch through one. */
  #top(messageId: Id): Id {
    return this.#ports.way(messageId).at(-1)?.id ?? messageId;
  }
}

/** Leaves out of the branch through a message what comes before those of it that are here: nobody has asked for that. */
function leaveOut(messages: readonly Message[], page: MessagePage, through: Id): void {
  const here = new Set(messages.map(({ id }) => id));
  const at = page.messages.findIndex(({ id }) => here.has(id));
  if (at <= 0 || page.messages.findIndex(({ id }) => id === through) < at) return;
  page.messages = page.messages.slice(at);
  delete page.earlier;
}

/**
 * Messages with those of a page before them. Null: the page has an answer that is being written and is not among them, so
 * that nobody here knows which of its words are in it already.
 */
export function withPage(
  messages: readonly Message[],
  page: MessagePage,
  told: ReadonlyMap<Id, number>,
): Message[] | null {
  const here = new Map(messages.map((message) => [message.id, message]));
  const came: Message[] = [];
  for (const message of page.messages) {
    const known = here.get(message.id);
    if (known === undefined) {
      if (!isTerminal(message.status)) return null;
      came.push(message);
    } else if (
      isTerminal(known.status) && isTerminal(message.status) && (told.get(message.id) ?? 0) <= page.cursor &&
      JSON.stringify(known) !== JSON.stringify(message)
    ) here.set(message.id, message);
  }
  return [...came, ...here.values()];
}
