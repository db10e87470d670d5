// What a screen reader is told: that something happened, never each word as it comes.
import { isTerminal, type Message, textOf } from "../protocol/message.ts";
import type { DeviceSettings } from "../protocol/device.ts";
import type { ConversationState } from "../protocol/reduce.ts";

export interface Announcement {
  status?: string;
  alert?: string;
  /** An answer that has ended, in pieces that follow each other; together they are its text. */
  reply?: readonly string[];
}

/** A screen reader may cut what is longer, and its listener cannot go back in it. */
const PIECE_CHARS_MAX = 500;
/** A quarter of an hour of speech. Making more of it ready would stop the page. */
const READ_OUT_CHARS_MAX = 16_000;
const REST = "\n\nThe rest is on the page.";

/** What to say about the step from `before` to `after`; null when it is nothing worth hearing. `spoken` is of an answer's text. */
export function announcement(
  before: ConversationState | null,
  after: ConversationState,
  spoken: (text: string) => string,
  how: DeviceSettings["announce"],
): Announcement | null {
  if (before === null || before.conversation.id !== after.conversation.id) return null;
  const known = new Map(before.messages.map((m) => [m.id, m]));
  const newest = Math.max(...before.messages.map(({ createdAt }) => createdAt));
  // A short answer may begin and end between two frames. What comes in from before is no news.
  const isNews = ({ createdAt }: Message) => after.cursor > before.cursor && createdAt >= newest;
  for (const message of after.messages) {
    const old = known.get(message.id);
    if (message.role !== "assistant" || old === message) continue;
    const ended = isTerminal(message.status) &&
      (old === undefined ? isNews(message) : !isTerminal(old.status));
    if (ended) return endOf(message, replyOf(message, spoken, how));
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

/** What to say of an answer that has been growing for some time. */
export function progress(message: Message): string {
  const words = wordsOf(textOf(message));
  if (words > 0) return `Still generating, ${counted(words)}.`;
  return message.parts.length > 0 ? "Still thinking." : "Still waiting for the answer.";
}

function endOf(message: Message, reply: readonly string[]): Announcement {
  const said = reply.length === 0 ? {} : { reply };
  switch (message.status) {
    case "cancelled":
      return { status: "Stopped.", ...said };
    case "failed":
      return { alert: `The answer failed. ${message.error?.detail ?? ""}`.trim(), ...said };
    default:
      return { status: `Response complete, ${counted(wordsOf(textOf(message)))}.`, ...said };
  }
}

function replyOf(
  message: Message,
  spoken: (text: string) => string,
  how: DeviceSettings["announce"],
): readonly string[] {
  if (how === "completion") return [];
  const source = textOf(message);
  const text = spoken(
    source.length > READ_OUT_CHARS_MAX ? source.slice(0, READ_OUT_CHARS_MAX) + REST : source,
  )
    .trim();
  return pieces(how === "full" ? text : firstSentence(text));
}

function firstSentence(text: string): string {
  return /^.*?[.!?…。！？](?=["'”’)\]]*(?:\s|$))["'”’)\]]*|^.*$/mu.exec(text)?.[0] ?? "";
}

/** `text` in pieces, each cut behind a line, a sentence or a word where there is one. */
export function pieces(text: string): string[] {
  const cut: string[] = [];
  for (let rest = text; rest !== "";) {
    const end = rest.length <= PIECE_CHARS_MAX ? rest.length : endIn(rest.slice(0, PIECE_CHARS_MAX));
    cut.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return cut;
}

function endIn(text: string): number {
  const ends = [/\n(?=[^\n]*$)/, /[.!?…]\s(?=(?:(?![.!?…]\s).)*$)/s, /\s(?=\S*$)/].map((pattern) => {
    const found = pattern.exec(text);
    return found === null ? 0 : found.index + found[0].length;
  });
  // A pair of surrogates stays together.
  return ends.find((end) => end > text.length / 2) ??
    (/[\uD800-\uDBFF]$/.test(text) ? text.length - 1 : text.length);
}

function counted(words: number): string {
  return `${words} ${words === 1 ? "word" : "words"}`;
}

function wordsOf(text: string): number {
  return text.trim() === "" ? 0 : text.trim().split(/\s+/).length;
}
