// A conversation made of the beginning of another: everything from the root to one message, as it was said.
//   F1  It is seen when it is whole: its record, which lists and reads need, is written last.
//   F2  Its id is the key: asked again, the same is answered, and what a dead process left undone is finished. A claim is
//       the first that is written, and every commit checks it, so that nobody writes into what is another's.
//   F3  Ids of its messages follow from its own and the old ones: what is written twice is written over.
//   F4  What is never finished goes with the trash: the claim's commit puts a row there, and the last one takes it away.
//   F5  What was spent was spent once: answers keep their figures, and the conversation has spent nothing yet.
import { createHash } from "node:crypto";
import { AppError } from "../core/errors.ts";
import type { Id, NewId } from "../core/ids.ts";
import type { Clock } from "../core/time.ts";
import {
  conversationKey,
  conversationTopic,
  forkKey,
  promptKey,
  SENT_TTL_MS,
  summaryKey,
  trashKey,
} from "../kv/keys.ts";
import { encodedBytes } from "../kv/limits.ts";
import type { Append } from "../kv/plan.ts";
import { type Check, remove, set, type Store, type Write } from "../kv/store.ts";
import { type ForkAt, TITLE_CHARS_MAX } from "../protocol/api.ts";
import type { Conversation } from "../protocol/conversation.ts";
import type { LogEntry } from "../protocol/event.ts";
import { isTerminal, type Message, wasSaid } from "../protocol/message.ts";
import { changeTopics, type Conversations, writeConversation } from "./conversations.ts";
import { eraseMessage, listMessages, writeMessage } from "./messages.ts";
import { listSummaries, type ReadySummary } from "./summaries.ts";
import { branch } from "./tree.ts";

/** `["fork", conversation, "claim"]`: who makes a conversation of what, since when. */
export interface ForkClaim {
  userId: Id;
  sourceId: Id;
  messageId: Id;
  at: number;
}

export interface ForkDeps {
  store: Store;
  append: Append;
  clock: Clock;
  newId: NewId;
  conversations: Pick<Conversations, "read">;
}

/** Of one commit: each message is in it twice, as its record and as its entry, and KV takes 800 KiB. One alone always fits. */
const BATCH_BYTES_MAX = 300 * 1024;
/** And so many of them: KV takes 1,000 writes. */
const BATCH_MESSAGES_MAX = 100;
/** Tries to take the claim and to finish, while others ask for the same. */
const TRIES_MAX = 5;

/** What is written of one part of a conversation. */
interface Piece {
  entry: LogEntry | null;
  bytes: number;
  /** Given the number of its entry. */
  writes: (seq: number) => Write[];
}

/** @throws AppError `not_found`, `invalid`, `running`, `conflict`, `busy` */
export async function fork(deps: ForkDeps, userId: Id, sourceId: Id, wanted: ForkAt): Promise<Conversation> {
  const { store, append, clock, conversations } = deps;
  const id = wanted.id ?? deps.newId();
  const { messageId } = wanted;
  const source = (await conversations.read(userId, sourceId)).conversation;
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const [made, claimed] = await Promise.all([store.get(conversationKey(id)), store.get(forkKey(id))]);
    const own = claimed.value?.userId === userId && claimed.value.sourceId === sourceId &&
      claimed.value.messageId === messageId;
    if (made.value !== null) {
      if (own && made.value.deletedAt === null) return made.value.conversation;
      throw idTaken();
    }
    if (claimed.value !== null && !own) throw idTaken();
    const path = await pathTo(store, sourceId, messageId);
    let { value: claim, versionstamp } = claimed;
    if (claim === null) {
      claim = { userId, sourceId, messageId, at: clock.now() };
      versionstamp = await store.commit({
        checks: [
          { key: conversationKey(id), versionstamp: null },
          { key: forkKey(id), versionstamp: null },
        ],
        writes: [set(forkKey(id), claim, SENT_TTL_MS), set(trashKey(claim.at, id), true)],
      });
      if (versionstamp === null) continue; // somebody asks for the same
    }
    const mine: Check[] = [
      { key: forkKey(id), versionstamp },
      { key: conversationKey(id), versionstamp: null },
    ];
    const newId = (old: Id) => idFrom(id, old);
    const pieces = [
      // What an earlier try wrote of a message that has gone from the source since.
      ...claimed.value === null
        ? []
        : await strayPieces(store, id, new Set(path.map((one) => newId(one.id)))),
      ...path.map((message, i) => messagePiece(message, id, newId, i + 1)),
      ...await promptPieces(store, sourceId, id, path),
      ...summaryPieces(await listSummaries(store, sourceId), id, path, newId),
    ];
    const now = clock.now();
    const { spent: _, rewrittenAt: __, ...rest } = source;
    const conversation: Conversation = {
      ...rest,
      id,
      title: branchTitle(source.title),
      titledBy: "person",
      pinned: false,
      archived: false,
      activeLeaf: newId(messageId),
      running: null,
      queue: [],
      createdAt: now,
      updatedAt: now,
    };
    /** Null when it was made by another meanwhile: a check that fails is no reason to try this commit again. */
    const write = async (batch: readonly Piece[]) => {
      const entries = batch.flatMap(({ entry }) => entry === null ? [] : [entry]);
      return await append(async () => {
        if ((await store.get(conversationKey(id))).value !== null) return null;
        return {
          topics: [{ topic: conversationTopic(id), entries }],
          checks: mine,
          writes: ([seq = 0]) => {
            let next = seq;
            return batch.flatMap(({ entry, writes }) => writes(entry === null ? next : next++));
          },
        };
      });
    };
    let landed = true;
    for (const batch of batches(pieces)) landed &&= await write(batch) !== null;
    if (!landed) continue;
    const done = await append(async () => {
      if ((await store.get(conversationKey(id))).value !== null) return null;
      return {
        topics: changeTopics(userId, conversation),
        checks: mine,
        writes: () => [
          ...writeConversation(null, {
            userId,
            deletedAt: null,
            messageCount: path.length,
            conversation,
          }),
          remove(trashKey(claim.at, id)),
        ],
      };
    });
    if (done !== null) return conversation;
  }
  throw new AppError("busy", "The conversation could not be copied. Try again in a moment.");
}

/** What was said up to a message, its own end included. */
async function pathTo(store: Store, sourceId: Id, messageId: Id): Promise<Message[]> {
  const messages = (await listMessages(store, sourceId)).map(({ message }) => message);
  const last = messages.find(({ id }) => id === messageId);
  if (last === undefined) throw new AppError("not_found", "There is no such message in this conversation.");
  if (!wasSaid(last)) throw new AppError("invalid", "This message was not said. Choose one that was.");
  if (!isTerminal(last.status)) {
    throw new AppError("running", "This answer is being written. Stop it, or wait for its end.");
  }
  return branch(messages, messageId);
}

function messagePiece(message: Message, conversationId: Id, newId: (old: Id) => Id, order: number): Piece {
  // Its job is the other conversation's.
  const { generationId: _, asked, ...rest } = message;
  const through = asked?.context?.summaryThroughId;
  const copy: Message = {
    ...rest,
    id: newId(message.id),
    conversationId,
    parentId: message.parentId === null ? null : newId(message.parentId),
    ...(asked === undefined ? {} : {
      asked: asked.context === undefined || through === undefined
        ? asked
        : { ...asked, context: { ...asked.context, summaryThroughId: newId(through) } },
    }),
  };
  return {
    entry: { type: "message", data: { message: copy } },
    bytes: encodedBytes(copy),
    writes: (seq) => writeMessage({ message: copy, seq, order }),
  };
}

async function strayPieces(store: Store, id: Id, wanted: ReadonlySet<Id>): Promise<Piece[]> {
  const strays = (await listMessages(store, id)).filter(({ message }) => !wanted.has(message.id));
  return strays.map((record) => ({
    entry: { type: "rewritten", data: { removed: [record.message.id], moved: [], unsummarised: [] } },
    bytes: 0,
    writes: () => eraseMessage(record),
  }));
}

/** What its answers were asked with. */
async function promptPieces(
  store: Store,
  sourceId: Id,
  conversationId: Id,
  path: readonly Message[],
): Promise<Piece[]> {
  const ids = new Set(path.flatMap(({ asked }) => asked?.promptId ?? []));
  const found = await store.getEach([...ids].map((id) => promptKey(sourceId, id)));
  return [...ids].flatMap((id, i): Piece[] => {
    const text = found[i]?.value ?? null;
    if (text === null) return [];
    return [{
      entry: null,
      bytes: encodedBytes(text),
      writes: () => [set(promptKey(conversationId, id), text)],
    }];
  });
}

/** What stands for the beginning of the same branch. */
function summaryPieces(
  summaries: readonly ReadySummary[],
  conversationId: Id,
  path: readonly Message[],
  newId: (old: Id) => Id,
): Piece[] {
  const there = new Set(path.map(({ id }) => id));
  return summaries.filter(({ summary }) => there.has(summary.throughId)).map((ready): Piece => {
    const summary = { ...ready.summary, throughId: newId(ready.summary.throughId) };
    return {
      entry: { type: "summary", data: { summary } },
      bytes: encodedBytes(summary),
      writes: (seq) => [set(summaryKey(conversationId, summary.throughId), { ...ready, summary, seq })],
    };
  });
}

function* batches(pieces: readonly Piece[]): Generator<Piece[], void, void> {
  let batch: Piece[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    if (batch.length > 0 && (bytes + piece.bytes > BATCH_BYTES_MAX || batch.length >= BATCH_MESSAGES_MAX)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(piece);
    bytes += piece.bytes;
  }
  if (batch.length > 0) yield batch;
}

const BRANCH = /^(.*) \(branch(?: (\d{1,4}))?\)$/s;

/** The title of a branch, and that of a branch's branch. */
export function branchTitle(title: string): string {
  const [, stem = title || "New conversation", number] = BRANCH.exec(title) ?? [];
  const suffix = BRANCH.test(title) ? ` (branch ${Number(number ?? 1) + 1})` : " (branch)";
  const room = TITLE_CHARS_MAX - suffix.length;
  return (stem.length > room ? `${stem.slice(0, room - 1).toWellFormed().trimEnd()}…` : stem) + suffix;
}

/** An id that follows from two others: a UUID like all that are made, and nobody's guess. */
function idFrom(one: Id, other: Id): Id {
  const hex = createHash("sha256").update(`${one} ${other}`).digest("hex");
  const variant = "89ab"[Number.parseInt(hex[16]!, 16) & 3];
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ];
  return parts.join("-");
}

function idTaken(): AppError {
  return new AppError(
    "conflict",
    "This id was used for another conversation. Make a new one for a new copy.",
  );
}
