// What a screen reader is told: that something happened, never each word as it comes.
import { isTerminal, type Message, textOf } from "../protocol/message.ts";
import type { ConversationState } from "../protocol/reduce.ts";

export interface Announcement {
  status?: string;
  alert?: string;
  /** The text of an answer that has ended. */
  reply?: string;
}

/** What to say about the step from `before` to `after`; null when it is nothing worth hearing. */
export function announcement(
  before: ConversationState | null,
  after: ConversationState,
): Announcement | null {
  if (before === null || before.conversation.id !== after.conversation.id) return null;
  const known = new Map(before.messages.map((m) => [m.id, m]));
  for (const message of after.messages) {
    const old = known.get(message.id);
    if (message.role !== "assistant" || old === message) continue;
    const ended = isTerminal(message.status) && (old === undefined || !isTerminal(old.status));
    if (ended && old !== undefined) return endOf(message);
    if (old !== undefined && (message.attempt ?? 1) > (old.attempt ?? 1)) {
      return { status: "The answer was interrupted and begins again." };
    }
    // Once for each try; the seconds that pass are for the eye.
    if (message.waiting !== undefined && message.waiting.tried !== old?.waiting?.tried) {
      const { detail, tried, triesMax } = message.waiting;
      return { status: `${detail} Trying again soon, ${tried + 1} of ${triesMax}.` };
    }
    if (message.fallback !== undefined && old !== undefined && old.fallback === undefined) {
      return { status: `Another model answers. ${message.fallback.detail}` };
    }
  }
  return null;
}

function endOf(message: Message): Announcement {
  const text = textOf(message);
  const count = text.trim() === "" ? 0 : text.trim().split(/\s+/).length;
  switch (message.status) {
    case "cancelled":
      return { status: "Stopped.", reply: text };
    case "failed":
      return { alert: `The answer failed. ${message.error?.detail ?? ""}`.trim(), reply: text };
    default:
      return { status: `Response complete, ${count} words.`, reply: text };
  }
}
