// A message and its parts, as they stand in storage, on the wire and in the browser.
import type { ErrorCode } from "../core/errors.ts";
import type { Id } from "../core/ids.ts";
import type { Params } from "./params.ts";

export type Role = "user" | "assistant";

/** `queued` waits for the answer before it; `streaming` grows; the last three are ends. */
export type Status = "queued" | "streaming" | "complete" | "cancelled" | "failed";

export type Part =
  | { type: "text"; text: string }
  | { type: "reasoning"; text: string }
  /** `args` is JSON, and the beginning of it while the model writes it. */
  | { type: "tool_call"; callId: string; name: string; args: string }
  | { type: "tool_result"; callId: string; ok: boolean; output: string }
  | { type: "source"; id: string; title: string; url?: string };

/** Tokens as the provider counted them. `inputTokens` includes the cached ones, whoever the vendor. */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens?: number;
  cacheWriteTokens?: number;
  reasoningTokens?: number;
}

/** Milliseconds of one attempt: until its first part was ready to store, and in all. */
export interface Timings {
  firstTokenMs?: number;
  totalMs: number;
}

/** Why an answer failed. `requestId` finds the log line; `detail` says what happened and what to do. */
export interface MessageError {
  code: ErrorCode;
  detail: string;
  requestId?: string;
  /** By which the provider finds it. */
  providerRequestId?: string;
}

/** Why a complete answer ended. Absent means the model said all it wanted. */
export type StopReason = "length" | "content_filter";

/** How an answer was asked for: what was sent beside the messages that are in the conversation. */
export interface Asked {
  params?: Params;
  /** Names the system prompt as it was then: `GET /api/conversations/:id/prompts/:promptId`. Absent: there was none. */
  promptId?: string;
  /** The system prompt of the experiment that the conversation is part of. */
  variant?: string;
  context?: AskedContext;
}

/** What of the conversation the model was sent, in tokens as they were estimated before. */
export interface AskedContext {
  estimatedTokens: number;
  /** The estimate was multiplied by this, as the counts of earlier answers had shown. Absent: 1. */
  correction?: number;
  /** Room for the prompt: the model's window less the reserve for the answer; null when the window is not known. */
  budgetTokens: number | null;
  /** Messages of the branch that were not sent as they are, oldest first. */
  omitted: number;
  /** The summary that stood for them. */
  summaryThroughId?: Id;
}

/** Why no words come: the provider asked for patience, and the job tries again. */
export interface Waiting {
  /** When it asks again, in milliseconds since the epoch. */
  until: number;
  code: ErrorCode;
  detail: string;
  /** The try that failed, counted from 1, of how many. */
  tried: number;
  triesMax: number;
}

/** The model that was asked first and could not answer. */
export interface Fallback {
  from: string;
  code: ErrorCode;
  detail: string;
}

/** The browser in which somebody asked for an answer: their others say where it was. */
export interface AskedFrom {
  /** Random, and kept by the browser alone. */
  id: Id;
  /** Such as `Firefox on Android`. */
  name: string;
}

export type Rating = "up" | "down";

export interface Message {
  id: Id;
  conversationId: Id;
  parentId: Id | null;
  role: Role;
  status: Status;
  parts: Part[];
  /** `provider/model` of an answer: of the one that wrote it. */
  model?: string;
  /** The job that writes, or wrote, this answer; on a queued message, the job that will answer it. */
  generationId?: Id;
  /** 1 for the first try; raised when the text begins anew. */
  attempt?: number;
  /** How the text went on without beginning anew, when another process took the answer over. */
  recovered?: "resumed" | "continued";
  stopReason?: StopReason;
  asked?: Asked;
  /** Only while nothing of the answer is here. */
  waiting?: Waiting;
  fallback?: Fallback;
  /** Of an answer. Absent: its asker did not say. */
  askedFrom?: AskedFrom;
  /** What its reader thinks of it. */
  rating?: Rating;
  ratingReason?: string;
  /** When its reader gave it other words than the model's: they are what the next request sends. */
  editedAt?: number;
  usage?: Usage;
  /** Of all its attempts; null when the price of one of them is not known. */
  costMicroUsd?: number | null;
  timings?: Timings;
  error?: MessageError;
  createdAt: number;
}

export const TERMINAL = ["complete", "cancelled", "failed"] as const satisfies readonly Status[];

/** True once nothing more will be appended to a message. */
export function isTerminal(status: Status): boolean {
  return (TERMINAL as readonly Status[]).includes(status);
}

/** A message that waits for nothing, since words come. */
export function grown({ waiting: _, ...message }: Message, parts: Part[]): Message {
  return { ...message, parts };
}

/** An answer whose text begins anew, by the model that was chosen. */
export function begunAnew(
  { waiting: _, recovered: __, fallback, ...message }: Message,
  attempt: number,
): Message {
  const model = fallback?.from ?? message.model;
  return { ...message, ...(model === undefined ? {} : { model }), status: "streaming", attempt, parts: [] };
}

/** A message that waits has not been said yet, and one that was taken out of the queue never was. */
export function wasSaid({ role, status }: Pick<Message, "role" | "status">): boolean {
  return status !== "queued" && !(role === "user" && status === "cancelled");
}

/** The visible words of a message: its text parts, joined. */
export function textOf(message: Pick<Message, "parts">): string {
  let text = "";
  for (const part of message.parts) if (part.type === "text") text += part.text;
  return text;
}

/** `last` with what `part` adds to it; null when `part` is one of its own. A call goes on under its id. */
export function grownBy(last: Part | undefined, part: Part): Part | null {
  if (last === undefined || last.type !== part.type) return null;
  if (last.type === "text" || last.type === "reasoning") {
    return { type: last.type, text: last.text + (part as typeof last).text };
  }
  if (last.type !== "tool_call" || part.type !== "tool_call" || last.callId !== part.callId) return null;
  return { ...last, args: last.args + part.args };
}

/** `parts` followed by `more`, where neighbours of one growing kind become one part. Copies what it changes. */
export function joinParts(parts: readonly Part[], more: readonly Part[]): Part[] {
  const joined = parts.slice();
  for (const part of more) {
    const grown = grownBy(joined.at(-1), part);
    if (grown === null) joined.push({ ...part });
    else joined[joined.length - 1] = grown;
  }
  return joined;
}
