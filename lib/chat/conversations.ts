// Conversations: whose they are, what they are called, and in which order a person sees them.
//   C1  Every read names the owner; a foreign or deleted id is `not_found`, like one that never was (P10).
//   C2  A change is told to the conversation's topic and to its owner's topic in its own commit.
//   C3  A person may choose the branch that is shown by any message of it; everybody's next message follows its end. Not
//       while an answer is written: it would be written where nobody looks, and what waits behind it would follow another.
import { listMessages, MESSAGES_MAX } from "./messages.ts";
import { leafThrough } from "./tree.ts";
import { assertRoomToPin, moves, type Page, page, pinned } from "./lists.ts";
import { AppError } from "../core/errors.ts";
import { type Id, isId, type NewId } from "../core/ids.ts";
import type { Clock } from "../core/time.ts";
import {
  cancelKey,
  conversationKey,
  conversationTopic,
  trashedKey,
  trashKey,
  userTopic,
} from "../kv/keys.ts";
import type { Append } from "../kv/plan.ts";
import { remove, set, type Store, type Write } from "../kv/store.ts";
import type { CreateConversation, ListQuery, PatchConversation } from "../protocol/api.ts";
import { type Conversation, type Listed, listed } from "../protocol/conversation.ts";
import type { LogEntry } from "../protocol/event.ts";

/** `["conversation", id]`. */
export interface ConversationRecord {
  userId: Id;
  deletedAt: number | null;
  /** Messages that were ever accepted into it. */
  messageCount: number;
  conversation: Conversation;
}

/** A record as it was read, to check that it has not changed since. */
export interface OwnedRecord extends ConversationRecord {
  versionstamp: string;
}

export class Conversations {
  readonly #deps: { store: Store; append: Append; clock: Clock; newId: NewId };

  constructor(deps: { store: Store; append: Append; clock: Clock; newId: NewId }) {
    this.#deps = deps;
  }

  async create(userId: Id, wanted: CreateConversation & { model: string }): Promise<Conversation> {
    const now = this.#deps.clock.now();
    const conversation: Conversation = {
      id: this.#deps.newId(),
      title: wanted.title ?? "",
      titledBy: wanted.title === undefined ? "nobody" : "person",
      model: wanted.model,
      systemPrompt: wanted.systemPrompt ?? "",
      ...(wanted.params === undefined ? {} : { params: wanted.params }),
      ...(wanted.fallbacks === undefined ? {} : { fallbacks: wanted.fallbacks }),
      pinned: false,
      archived: false,
      activeLeaf: null,
      running: null,
      queue: [],
      createdAt: now,
      updatedAt: now,
    };
    await this.#deps.append(() => ({
      topics: changeTopics(userId, conversation),
      checks: [{ key: conversationKey(conversation.id), versionstamp: null }],
      writes: () => writeConversation(null, { userId, deletedAt: null, messageCount: 0, conversation }),
    }));
    return conversation;
  }

  /** The record of a conversation that this user owns (C1). @throws AppError `not_found` */
  async read(userId: Id, id: Id, options: { deleted?: boolean } = {}): Promise<OwnedRecord> {
    const { value, versionstamp } = isId(id)
      ? await this.#deps.store.get(conversationKey(id))
      : { value: null, versionstamp: null };
    const wrong = value === null || versionstamp === null || value.userId !== userId ||
      (value.deletedAt !== null) !== (options.deleted ?? false);
    if (wrong) throw notFound();
    return { ...value, versionstamp };
  }

  /** The record whoever owns it, deleted or not: for jobs, which were given their conversation by its owner. */
  async readAny(id: Id): Promise<ConversationRecord> {
    const { value } = await this.#deps.store.get(conversationKey(id));
    if (value === null) throw notFound();
    return value;
  }

  async patch(userId: Id, id: Id, wanted: PatchConversation): Promise<Conversation> {
    const { fallbacks: wantedFallbacks, activeLeaf: shown, ...rest } = wanted;
    return await this.#change(userId, id, async ({ fallbacks: before, ...conversation }) => {
      if (wanted.pinned && !conversation.pinned) await assertRoomToPin(this.#deps.store, userId);
      const activeLeaf = shown === undefined
        ? conversation.activeLeaf
        : await this.#leafThrough(conversation, shown);
      const fallbacks = wantedFallbacks === undefined ? before : wantedFallbacks ?? undefined;
      return {
        ...conversation,
        ...rest,
        activeLeaf,
        ...(fallbacks === undefined ? {} : { fallbacks }),
        titledBy: wanted.title === undefined ? conversation.titledBy : "person",
      };
    });
  }

  /** Soft delete. What runs there is told to stop; the rest stays for `TRASH_TTL_MS`. */
  async remove(userId: Id, id: Id): Promise<void> {
    await this.#deps.append(async () => {
      const record = await this.read(userId, id);
      const { conversation } = record;
      const deletedAt = this.#deps.clock.now();
      return {
        topics: [
          { topic: conversationTopic(id), entries: [{ type: "deleted", data: {} }] },
          { topic: userTopic(userId), entries: [{ type: "unlisted", data: { conversationId: id } }] },
        ],
        checks: [{ key: conversationKey(id), versionstamp: record.versionstamp }],
        writes: () => [
          ...writeConversation(record, {
            userId,
            deletedAt,
            messageCount: record.messageCount,
            conversation,
          }),
          set(trashKey(deletedAt, id), true),
          set(trashedKey(userId, deletedAt, id), true),
          ...(conversation.running === null ? [] : [set(cancelKey(conversation.running), deletedAt)]),
        ],
      };
    });
  }

  async restore(userId: Id, id: Id): Promise<Conversation> {
    let restored: Conversation | undefined;
    await this.#deps.append(async () => {
      const record = await this.read(userId, id, { deleted: true });
      const { conversation, deletedAt } = record;
      restored = conversation;
      return {
        topics: changeTopics(userId, conversation),
        checks: [{ key: conversationKey(id), versionstamp: record.versionstamp }],
        writes: () => [
          ...writeConversation(null, { ...record, deletedAt: null }),
          remove(trashKey(deletedAt ?? 0, id)),
          remove(trashedKey(userId, deletedAt ?? 0, id)),
        ],
      };
    });
    if (restored === undefined) throw notFound();
    return restored;
  }

  /** One page of a user's conversations. @throws AppError `invalid` */
  page(userId: Id, query: ListQuery = {}): Promise<Page> {
    return page(this.#deps.store, userId, query);
  }

  /** What a user has pinned. */
  pinned(userId: Id): Promise<Listed[]> {
    return pinned(this.#deps.store, userId);
  }

  /** The end of the branch through a message (C3). @throws AppError `invalid`, `running` */
  async #leafThrough(
    { id, activeLeaf, running }: Omit<Conversation, "fallbacks">,
    shown: Id,
  ): Promise<Id | null> {
    const records = await listMessages(this.#deps.store, id);
    const leaf = leafThrough(records.map(({ message }) => message), activeLeaf, shown);
    if (leaf === null) throw new AppError("invalid", "`activeLeaf` must be a message of this conversation.");
    if (running !== null && leaf !== activeLeaf) {
      throw new AppError(
        "running",
        "An answer is being written in the branch that is shown. Stop it, or wait for its end.",
      );
    }
    return leaf;
  }

  async #change(
    userId: Id,
    id: Id,
    edit: (conversation: Conversation) => Promise<Conversation>,
  ): Promise<Conversation> {
    let changed: Conversation | undefined;
    await this.#deps.append(async () => {
      const record = await this.read(userId, id);
      const conversation = await edit(record.conversation);
      changed = conversation;
      return {
        topics: changeTopics(userId, conversation),
        checks: [{ key: conversationKey(id), versionstamp: record.versionstamp }],
        writes: () => writeConversation(record, { ...record, conversation }),
      };
    });
    if (changed === undefined) throw notFound();
    return changed;
  }
}

/** The entries that tell a change of a conversation to those who see it and to those who see it listed (C2). */
export function changeTopics(userId: Id, conversation: Conversation, first: readonly LogEntry[] = []) {
  const entries: LogEntry[] = [...first, { type: "conversation", data: { conversation } }];
  const owners: LogEntry[] = [{ type: "listed", data: { conversation: listed(conversation) } }];
  return [
    { topic: conversationTopic(conversation.id), entries },
    { topic: userTopic(userId), entries: owners },
  ] as const;
}

/** The writes that replace `before` by `after`, its places in the owner's lists included. */
export function writeConversation(before: ConversationRecord | null, after: ConversationRecord): Write[] {
  const { userId, deletedAt, messageCount, conversation } = after;
  return [
    set(conversationKey(conversation.id), { userId, deletedAt, messageCount, conversation }),
    ...moves(before, after),
  ];
}

/** The record with room taken for new messages. @throws AppError `limited` */
export function withRoomFor(record: OwnedRecord, messages: number): OwnedRecord {
  const messageCount = record.messageCount + messages;
  if (messageCount > MESSAGES_MAX) {
    throw new AppError("limited", `A conversation holds ${MESSAGES_MAX} messages. Begin a new one.`);
  }
  return { ...record, messageCount };
}

function notFound(): AppError {
  return new AppError("not_found", "There is no such conversation, or it is not yours.");
}
