// One answer, followed to its end: for the API that waits, and for the one that streams bare tokens.
import { AppError, ERRORS } from "../core/errors.ts";
import type { Id } from "../core/ids.ts";
import { conversationTopic } from "../kv/keys.ts";
import type { MessageAccepted } from "../protocol/api.ts";
import type { EntryMap } from "../protocol/event.ts";
import { isTerminal, type Message, textOf } from "../protocol/message.ts";
import type { ChatBody } from "./schemas.ts";
import { json } from "./respond.ts";
import type { Identity, Services } from "./state.ts";

/** `restart` voids the text so far; `end` is the whole answer. */
type Step = { type: "text"; text: string } | { type: "restart" } | { type: "end"; message: Message };

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
  for await (const step of steps(services, identity.userId, conversationId, accepted, place.signal)) {
    if (step.type !== "end") continue;
    if (step.message.status === "failed") throw failure(step.message);
    return json({ response: textOf(step.message), conversation_id: conversationId });
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
  async function* source(signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const step of steps(services, identity.userId, conversationId, accepted, signal)) {
      if (step.type === "text") yield event("token", step.text);
      else if (step.type === "restart") yield event("restart", "{}");
      else if (step.message.status === "failed") {
        yield event("error", JSON.stringify(step.message.error ?? {}));
      } else yield done;
    }
  }
  return services.streams.response({
    userId: identity.userId,
    source,
    allowed: () => services.sessions.isLive(identity.token, identity.userId),
    atEnd: null,
    events: false,
  });
}

/** The steps of the answer that `accepted` promises, from its first word. */
async function* steps(
  services: Services,
  userId: Id,
  conversationId: Id,
  accepted: MessageAccepted,
  signal: AbortSignal,
): AsyncGenerator<Step, void, undefined> {
  const { messageId } = accepted.reply;
  const from = new Map([[conversationTopic(conversationId), accepted.cursor]]);
  for await (const followed of services.follow(userId, from, signal)) {
    if (followed.type === "gone") return;
    if (followed.type === "snapshot") {
      const { messages } = JSON.parse(followed.snapshot.json) as { messages: Message[] };
      const message = messages.find(({ id }) => id === messageId);
      if (message === undefined) continue;
      yield { type: "restart" };
      if (isTerminal(message.status)) return yield { type: "end", message };
      yield { type: "text", text: textOf(message) };
      continue;
    }
    for (const { type, json } of followed.entries) {
      if (type === "delta") {
        const { messageId: of, parts } = JSON.parse(json) as EntryMap["delta"];
        const text = of === messageId ? textOf({ parts }) : "";
        if (text !== "") yield { type: "text", text };
      } else if (type === "restart") {
        if ((JSON.parse(json) as EntryMap["restart"]).messageId === messageId) yield { type: "restart" };
      } else if (type === "message") {
        const { message } = JSON.parse(json) as EntryMap["message"];
        if (message.id === messageId && isTerminal(message.status)) return yield { type: "end", message };
        // A queued message that was removed gets no answer.
        if (message.id === accepted.message.id && message.status === "cancelled") {
          return yield { type: "end", message };
        }
      } else if (type === "deleted") {
        return;
      }
    }
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
