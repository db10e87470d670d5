// What was asked under an id that a client made, and what was answered: asked again, it is answered again (P7).
//   A1  The same id with the same content gets the same answer; with other content, a 409.
import { createHash } from "node:crypto";
import { AppError } from "../core/errors.ts";
import type { Continue, MessageAccepted, Regenerate, SendMessage } from "../protocol/api.ts";

/** `["sent", conversation, message]`: what was asked, as a digest, and what was answered. */
export interface SentRecord {
  digest: string;
  accepted: MessageAccepted;
}

/** The answer that was given before. @throws AppError `conflict` when something else was asked (A1) */
export function sameAs(sent: SentRecord, digest: string): MessageAccepted {
  if (sent.digest === digest) return sent.accepted;
  throw idTaken();
}

export function idTaken(): AppError {
  return new AppError(
    "conflict",
    "This message id was used for another message. Make a new id for new content.",
  );
}

/** What a send asks for. Its id is not part of it. */
export function sendDigest({ text, parentId, model }: SendMessage): string {
  return digest([text, parentId === undefined ? "leaf" : parentId, model ?? "default"]);
}

/** What a regeneration asks for: an object, so that no send can ask for the same. */
export function regenerateDigest({ messageId, model }: Regenerate): string {
  return digest({ regenerate: messageId, model: model ?? "default" });
}

/** What a wish asks for that an answer goes on. */
export function continueDigest({ messageId }: Continue): string {
  return digest({ continue: messageId });
}

/** SHA-256, in hex. Made at once: a thread's turn takes longer than the text of a message. */
function digest(content: unknown): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}
