// The state of one conversation, folded from its events.
//   R1  An event seen twice changes nothing: whatever is at or below the cursor is ignored.
//   R2  A gap is never papered over: the state says `gap` and waits for a snapshot.
//   R3  A state may be of a conversation's end alone: then it says where others stand beside what is here (`forks`). A
//       later snapshot of the end leaves what was here before it, for its holder to read again.
import type { Id } from "../core/ids.ts";
import type { Conversation } from "./conversation.ts";
import type { Earlier, Fork, Rewritten, Snapshot, StreamEvent } from "./event.ts";
import { begunAnew, grown, isTerminal, joinParts, type Message } from "./message.ts";
import type { Summary } from "./summary.ts";

export interface ConversationState {
  conversation: Conversation;
  /** In order of creation. */
  messages: readonly Message[];
  /** Absent: there is none. */
  summaries?: readonly Summary[];
  /** Absent: all messages of all branches are here. Otherwise where others stand beside those that are here (R3). */
  forks?: readonly Fork[];
  /** What is known of that which comes before messages that are here. */
  earlier?: readonly Earlier[];
  cursor: number;
  deleted: boolean;
  /** True when an entry was missed; the follower must ask for a snapshot. */
  gap: boolean;
}

/** `state` after `event`. The same object comes back when nothing changed. */
export function reduce(state: ConversationState | null, event: StreamEvent): ConversationState | null {
  if (event.type === "snapshot") return onSnapshot(state, event.data, event.id ?? event.data.cursor);
  if (state === null || event.id === undefined || event.id <= state.cursor) return state;
  if (event.id !== state.cursor + 1) return state.gap ? state : { ...state, gap: true };
  const next = { ...state, cursor: event.id };
  switch (event.type) {
    case "message":
      return { ...next, messages: put(state.messages, event.data.message) };
    case "delta": {
      const { messageId, attempt, parts } = event.data;
      return {
        ...next,
        messages: change(
          state.messages,
          messageId,
          (m) =>
            isTerminal(m.status) || (m.attempt ?? 1) !== attempt ? m : grown(m, joinParts(m.parts, parts)),
        ),
      };
    }
    case "restart": {
      const { messageId, attempt } = event.data;
      return {
        ...next,
        messages: change(
          state.messages,
          messageId,
          (m) => begunAnew(m, attempt),
        ),
      };
    }
    case "conversation":
      return { ...next, conversation: event.data.conversation };
    case "summary":
      return { ...next, summaries: summarised(state.summaries ?? [], event.data.summary) };
    case "rewritten":
      return { ...next, ...rewritten(state, event.data) };
    case "deleted":
      return { ...next, deleted: true };
    default:
      return next;
  }
}

/** A snapshot that is not newer than what we hold tells nothing: it lost a race, or came twice (R1). */
function onSnapshot(
  state: ConversationState | null,
  snapshot: Snapshot,
  cursor: number,
): ConversationState {
  const whole = state !== null && !state.gap && !state.deleted;
  if (whole && cursor <= state.cursor) return state;
  const { conversation, messages, summaries, forks } = snapshot;
  const next: ConversationState = {
    conversation,
    messages,
    ...(summaries === undefined ? {} : { summaries }),
    cursor,
    deleted: false,
    gap: false,
  };
  if (forks === undefined) return next;
  const told = new Set(messages.map(({ id }) => id));
  // What may have grown meanwhile does not stand.
  const before = state?.messages.filter(({ id, status }) => isTerminal(status) && !told.has(id)) ?? [];
  const held = { ...next, forks: state?.forks, earlier: state?.earlier };
  return withMore(held, [...before, ...messages], snapshot);
}

/** A state with other messages, and with what they came with; of two that speak of the same place the newer holds (R3). */
export function withMore(
  state: ConversationState,
  messages: readonly Message[],
  { forks = [], earlier }: { forks?: readonly Fork[]; earlier?: Earlier },
): ConversationState {
  return {
    ...state,
    messages,
    forks: [
      ...state.forks?.filter((old) => !forks.some(({ parentId }) => parentId === old.parentId)) ?? [],
      ...forks,
    ],
    earlier: [
      ...state.earlier?.filter(({ before }) => before !== earlier?.before) ?? [],
      ...(earlier === undefined ? [] : [earlier]),
    ],
  };
}

function put(messages: readonly Message[], message: Message): Message[] {
  const at = messages.findIndex((m) => m.id === message.id);
  return at < 0 ? [...messages, message] : messages.with(at, message);
}

function summarised(summaries: readonly Summary[], summary: Summary): Summary[] {
  return [...summaries.filter(({ throughId }) => throughId !== summary.throughId), summary];
}

/** Where not all is here, what stands where must be asked for again: the state says `gap` (R2, R3). */
function rewritten(
  { messages, summaries, forks, gap }: ConversationState,
  { removed, moved, unsummarised }: Rewritten,
): Partial<ConversationState> {
  const left = messages.filter(({ id }) => !removed.includes(id)).map((message) => {
    const parent = moved.find(({ messageId }) => messageId === message.id);
    return parent === undefined ? message : { ...message, parentId: parent.parentId };
  });
  const stand = summaries?.filter((one) => !unsummarised.includes(one.throughId));
  return {
    messages: left,
    summaries: stand?.length === 0 ? undefined : stand,
    ...(forks === undefined ? {} : {
      forks: forks.map((fork) => ({ ...fork, ids: fork.ids.filter((id) => !removed.includes(id)) })),
      gap: gap || removed.length + moved.length > 0,
    }),
  };
}

function change(
  messages: readonly Message[],
  id: Id,
  edit: (message: Message) => Message,
): readonly Message[] {
  const at = messages.findLastIndex((m) => m.id === id);
  const before = messages[at];
  const after = before === undefined ? undefined : edit(before);
  return after === undefined || after === before ? messages : messages.with(at, after);
}
