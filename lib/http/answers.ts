// One answer, followed to its end: for the API that waits, and for the one that streams bare tokens.
import { follow, type Followed, type Follower } from "../bus/follow.ts";
import { AppError, ERRORS } from "../core/errors.ts";
import type { Id } from "../core/ids.ts";
import { conversationTopic } from "../kv/keys.ts";
import type { MessageAccepted } from "../protocol/api.ts";
import type { EntryMap } from "../protocol/event.ts";
import { isTerminal, type Message, textOf } from "../protocol/message.ts";
import { type Encode, FollowedBytes } from "./followed_bytes.ts";
import type { ChatBody } from "./schemas.ts";
import { json } from "./respond.ts";
import { joined } from "./sse.ts";
import type { EncodedSnapshot, Identity, Services } from "./state.ts";

/** `restart` voids the text so far; `end` is the whole answer; `gone`: its conversation is not there any more. */
type Step =
  | { type: "text"; text: string }
  | { type: "restart" }
  | { type: "end"; message: Message }
  | { type: "gone" };

/** Sends `body` into its conversation, or a new one. @throws AppError */
export async function ask(
  services: Services,
  { userId }: Identity,
  { message, conversation_id }: ChatBody,
  requestId: string,
): Promise<{ conversationId: Id; accepted: MessageAccepted }> {
  // An answer that its asker could not follow is not begun.
  using _place = services.streams.hold(userId);
  const conversationId = conversation_id ??
    (await services.conversations.create(userId, { model: await services.models.defaultModel() })).id;
  const accepted = await services.send(userId, conversationId, { text: message }, requestId);
  return { conversationId, accepted };
}

/** Waits for the whole answer. A failed one throws its error; a stopped one is as long as it got. */
export async function whole(
  services: Services,
  identity: Identity,
  body: ChatBody,
  requestId: string,
): Promise<Response> {
  const { conversationId, accepted } = await ask(services, identity, body, requestId);
  using place = services.streams.hold(identity.userId);
  const begin = (wake: () => void) => followAnswer(services, identity.userId, conversationId, accepted, wake);
  for await (const followed of follow(begin, place.signal)) {
    const last = stepsIn(followed, accepted).at(-1);
    if (last?.type === "gone") break;
    if (last?.type !== "end") continue;
    if (last.message.status === "failed") throw failure(last.message);
    return json({ response: textOf(last.message), conversation_id: conversationId });
  }
  if (place.signal.aborted) {
    throw new AppError("draining", "The answer goes on without this server. Its conversation will have it.", {
      extra: { conversation_id: conversationId },
    });
  }
  throw new AppError("not_found", "The conversation was deleted while the answer was written.");
}

/** `event: token` with the text, then `event: done`; `event: error` when it failed, `event: restart` when it begins anew. */
export async function streamed(
  services: Services,
  identity: Identity,
  body: ChatBody,
  requestId: string,
): Promise<Response> {
  const { conversationId, accepted } = await ask(services, identity, body, requestId);
  const done = event("done", JSON.stringify({ conversation_id: conversationId }));
  const bytesOf = (step: Exclude<Step, { type: "gone" }>) => {
    if (step.type === "text") return event("token", step.text);
    if (step.type === "restart") return event("restart", "{}");
    return step.message.status === "failed" ? event("error", JSON.stringify(step.message.error ?? {})) : done;
  };
  const encode: Encode = (followed, end) => {
    const events: Uint8Array[] = [];
    for (const step of stepsIn(followed, accepted)) {
      if (step.type === "end" || step.type === "gone") end();
      if (step.type !== "gone") events.push(bytesOf(step));
    }
    return events.length === 0 ? null : joined(events);
  };
  return services.streams.response({
    userId: identity.userId,
    source: (wake) =>
      new FollowedBytes(followAnswer(services, identity.userId, conversationId, accepted, wake), encode),
    allowed: () => services.sessions.isLive(identity.token, identity.userId),
    atEnd: null,
    events: false,
  });
}

/** Follows from where the answer that `accepted` promises begins. */
function followAnswer(
  services: Services,
  userId: Id,
  conversationId: Id,
  accepted: MessageAccepted,
  wake: () => void,
): Follower<EncodedSnapshot> {
  return services.follow(userId, new Map([[conversationTopic(conversationId), accepted.cursor]]), wake);
}

/** What was given says about the answer that `accepted` promises. Nothing comes after `end` or `gone`. */
function stepsIn(followed: Followed<EncodedSnapshot>, accepted: MessageAccepted): Step[] {
  const { messageId } = accepted.reply;
  if (followed.type === "gone") return [{ type: "gone" }];
  if (followed.type === "snapshot") {
    const { messages } = JSON.parse(followed.snapshot.json) as { messages: Message[] };
    const message = messages.find(({ id }) => id === messageId);
    if (message === undefined) return [];
    return [
      { type: "restart" },
      isTerminal(message.status) ? { type: "end", message } : { type: "text", text: textOf(message) },
    ];
  }
  const steps: Step[] = [];
  for (const { type, json } of followed.entries) {
    const step = stepOf(type, json, accepted);
    if (step !== null) steps.push(step);
    if (step?.type === "end" || step?.type === "gone") break;
  }
  return steps;
}

/** What one entry says about it. */
function stepOf(type: string, json: string, { reply, message: asked }: MessageAccepted): Step | null {
  switch (type) {
    case "delta": {
      const { messageId, parts } = JSON.parse(json) as EntryMap["delta"];
      const text = messageId === reply.messageId ? textOf({ parts }) : "";
      return text === "" ? null : { type: "text", text };
    }
    case "restart":
      return (JSON.parse(json) as EntryMap["restart"]).messageId === reply.messageId
        ? { type: "restart" }
        : null;
    case "message": {
      const { message } = JSON.parse(json) as EntryMap["message"];
      // A queued message that was removed gets no answer.
      const isEnd = message.id === reply.messageId
        ? isTerminal(message.status)
        : message.id === asked.id && message.status === "cancelled";
      return isEnd ? { type: "end", message } : null;
    }
    case "deleted":
      return { type: "gone" };
    default:
      return null;
  }
}

function failure(message: Message): AppError {
  const { code = "internal", detail = ERRORS.internal.title } = message.error ?? {};
  return new AppError(code, detail);
}

const encoder = new TextEncoder();

/** An event whose data may hold line breaks: each line is a `data` line, as the format has it. */
function event(type: string, text: string): Uint8Array {
  const lines = text.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`).join("");
  return encoder.encode(`event: ${type}\n${lines}\n`);
}
