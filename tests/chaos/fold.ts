// The checker's own reading of a conversation: what its entries say of each message.
import type { LogEntry } from "@/lib/protocol/event.ts";
import type { Message, Part } from "@/lib/protocol/message.ts";
import type { Handed, Token } from "./history.ts";

/** What a model said, by kind. */
export interface Words {
  text: string;
  reasoning: string;
}

export interface Told {
  message: Message;
  attempt: number;
  words: Words;
  /** What attempts before this one had said. */
  before: { attempt: number; words: Words }[];
  ended: boolean;
  /** How often it went on after an end. */
  wentOn: number;
}

export type Fold = Map<string, Told>;

export const TERMINAL: ReadonlySet<string> = new Set(["complete", "cancelled", "failed"]);

export function wordsOf(parts: readonly (Part | Token)[]): Words {
  const of = (kind: "text" | "reasoning") =>
    parts.map((part) => part.type === kind ? part.text : "").join("");
  return { text: of("text"), reasoning: of("reasoning") };
}

export const same = (a: Words, b: Words) => a.text === b.text && a.reasoning === b.reasoning;

/** Takes in one entry; `amiss` is told what must not follow what was told before. */
export function take(fold: Fold, { seq, type, json }: Handed, amiss: (what: string) => void): void {
  const entry = { type, data: JSON.parse(json) } as LogEntry;
  switch (entry.type) {
    case "message":
      return takeMessage(fold, entry.data.message, (what) => amiss(`entry ${seq}: ${what}`));
    case "delta": {
      const { messageId, attempt, parts } = entry.data;
      const told = fold.get(messageId);
      if (told === undefined) return amiss(`entry ${seq} is of a message that nobody told of`);
      if (told.ended) return amiss(`entry ${seq} comes after the end of ${messageId}`);
      if (told.attempt !== attempt) {
        return amiss(`entry ${seq} is of attempt ${attempt} of ${messageId}, which is at ${told.attempt}`);
      }
      const more = wordsOf(parts);
      told.words = { text: told.words.text + more.text, reasoning: told.words.reasoning + more.reasoning };
      return;
    }
    case "restart": {
      const { messageId, attempt } = entry.data;
      const told = fold.get(messageId);
      if (told === undefined) return amiss(`entry ${seq} begins a message anew that nobody told of`);
      if (told.ended) return amiss(`entry ${seq} begins ${messageId} anew after its end`);
      if (told.wentOn > 0) {
        amiss(`entry ${seq} takes back words of ${messageId} that a person wanted to go on`);
      }
      if (attempt <= told.attempt) amiss(`entry ${seq} goes from attempt ${told.attempt} to ${attempt}`);
      told.before.push({ attempt: told.attempt, words: told.words });
      told.attempt = attempt;
      told.words = { text: "", reasoning: "" };
      return;
    }
    default:
      return;
  }
}

function takeMessage(fold: Fold, message: Message, amiss: (what: string) => void): void {
  const told = fold.get(message.id);
  const words = wordsOf(message.parts);
  const attempt = message.attempt ?? 1;
  const ended = TERMINAL.has(message.status);
  if (told === undefined) {
    fold.set(message.id, { message, attempt, words, before: [], ended, wentOn: 0 });
    return;
  }
  // Its next attempt begins with all its words.
  if (told.ended && message.status === "streaming" && attempt === told.attempt + 1) {
    if (!same(told.words, words)) amiss(`${message.id} goes on from other words than it ended with`);
    fold.set(message.id, { ...told, message, attempt, ended, wentOn: told.wentOn + 1 });
    return;
  }
  if (told.ended) return amiss(`${message.id} is told of after its end`);
  // A message that waits may be given other words.
  if (message.role === "user" && message.status === "queued") told.words = words;
  if (!same(told.words, words)) amiss(`${message.id} ends with other words than its deltas had`);
  if (told.attempt !== attempt) amiss(`${message.id} ends in attempt ${attempt}, and was at ${told.attempt}`);
  fold.set(message.id, { ...told, message, ended });
}
