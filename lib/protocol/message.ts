// A message and its parts, as they stand in storage, on the wire and in the browser.
import type { ErrorCode } from "../core/errors.ts";
import type { Id } from "../core/ids.ts";

export type Role = "user" | "assistant";

/** `queued` waits for the answer before it; `streaming` grows; the last three are ends. */
export type Status = "queued" | "streaming" | "complete" | "cancelled" | "failed";

export type Part =
  | { type: "text"; text: string }
  | { type: "reasoning"; text: string }
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
}

/** Why a complete answer ended. Absent means the model said all it wanted. */
export type StopReason = "length" | "content_filter";

export interface Message {
  id: Id;
  conversationId: Id;
  parentId: Id | null;
  role: Role;
  status: Status;
  parts: Part[];
  /** `provider/model` of an answer. */
  model?: string;
  /** The job that writes, or wrote, this answer; on a queued message, the job that will answer it. */
  generationId?: Id;
  /** 1 for the first try; raised when the text begins anew. */
  attempt?: number;
  /** How the text went on without beginning anew, when another process took the answer over. */
  recovered?: "resumed" | "continued";
  stopReason?: StopReason;
  usage?: Usage;
  costMicroUsd?: number;
  timings?: Timings;
  error?: MessageError;
  createdAt: number;
}

export const TERMINAL = ["complete", "cancelled", "failed"] as const satisfies readonly Status[];

/** True once nothing more will be appended to a message. */
export function isTerminal(status: Status): boolean {
  return (TERMINAL as readonly Status[]).includes(status);
}

/** The visible words of a message: its text parts, joined. */
export function textOf(message: Pick<Message, "parts">): string {
  let text = "";
  for (const part of message.parts) if (part.type === "text") text += part.text;
  return text;
}

/** `parts` followed by `more`, where neighbours of one growing kind become one part. Copies what it changes. */
export function joinParts(parts: readonly Part[], more: readonly Part[]): Part[] {
  const joined = parts.slice();
  for (const part of more) {
    const last = joined.at(-1);
    if (
      last !== undefined && last.type === part.type && (last.type === "text" || last.type === "reasoning")
    ) {
      joined[joined.length - 1] = { type: last.type, text: last.text + (part as { text: string }).text };
    } else {
      joined.push({ ...part });
    }
  }
  return joined;
}
