// Following over SSE: who may read, from where, and as which bytes.
//   P10  Every topic is checked against its owner before a byte of it is read; a foreign one is `not_found`.
import { AppError } from "../core/errors.ts";
import { type Id, isId } from "../core/ids.ts";
import { conversationTopic, type TopicId, userTopic } from "../kv/keys.ts";
import { sseEntry, sseEvent, sseNamedEntry, withTopic } from "./sse.ts";
import type { Identity, Services } from "./state.ts";

/** Conversations on one shared stream: more tabs than anybody opens. */
const TOPICS_MAX = 64;

/** Where to go on from: `Last-Event-ID`, else `?after=`. Garbage, or none, is null: a snapshot first. */
export function cursorOf(request: Request, url: URL): number | null {
  return readCursor(request.headers.get("last-event-id") ?? url.searchParams.get("after"));
}

function readCursor(text: string | null | undefined): number | null {
  return text !== null && text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** One conversation, each entry with its number as id. @throws AppError `not_found`, `limited` */
export async function followConversation(
  services: Services,
  identity: Identity,
  id: Id,
  cursor: number | null,
): Promise<Response> {
  const { userId } = identity;
  services.attend((await services.conversations.read(userId, id)).conversation);
  async function* source(signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    for await (
      const followed of services.follow(userId, new Map([[conversationTopic(id), cursor]]), signal)
    ) {
      if (followed.type === "gone") return;
      if (followed.type === "snapshot") {
        yield sseEvent(followed.snapshot.type, followed.snapshot.json, followed.cursor);
        continue;
      }
      yield joined(followed.entries.map(sseEntry));
      if (followed.entries.some(({ type }) => type === "deleted")) return;
    }
  }
  return services.streams.response({
    userId,
    source,
    allowed: () => services.sessions.isLive(identity.token, userId),
    atEnd: "gone",
  });
}

/** Many topics on one connection: `user`, and conversations, each `<name>` or `<name>@<cursor>`. */
export async function followTopics(
  services: Services,
  identity: Identity,
  wanted: string,
): Promise<Response> {
  const { userId } = identity;
  const names = new Map<TopicId, string>();
  const cursors = new Map<TopicId, number | null>();
  const gone: string[] = [];
  for (const { name, cursor } of readTopics(wanted)) {
    const topic = name === "user" ? userTopic(userId) : conversationTopic(name);
    if (name !== "user" && !await mayRead(services, userId, name)) {
      gone.push(name);
      continue;
    }
    names.set(topic, name);
    cursors.set(topic, cursor);
  }
  const bye = (name: string) => sseEvent("bye", JSON.stringify({ topic: name, reason: "gone" }));
  async function* source(signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    for (const name of gone) yield bye(name);
    for await (const followed of services.follow(userId, cursors, signal)) {
      const name = names.get(followed.topic)!;
      if (followed.type === "gone") {
        yield bye(name);
      } else if (followed.type === "snapshot") {
        yield sseEvent(followed.snapshot.type, withTopic(followed.snapshot.json, name), followed.cursor);
      } else {
        yield joined(followed.entries.map((entry) => sseNamedEntry(entry, name)));
      }
    }
  }
  return services.streams.response({
    userId,
    source,
    allowed: () => services.sessions.isLive(identity.token, userId),
    atEnd: "gone",
  });
}

async function mayRead(services: Services, userId: Id, id: Id): Promise<boolean> {
  try {
    services.attend((await services.conversations.read(userId, id)).conversation);
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === "not_found") return false;
    throw error;
  }
}

function readTopics(wanted: string): { name: string; cursor: number | null }[] {
  const topics = wanted.split(",").filter((topic) => topic !== "").map((topic) => {
    const [name = "", cursor] = topic.split("@", 2);
    return { name, cursor: readCursor(cursor) };
  });
  if (topics.length === 0) {
    throw new AppError("invalid", "`topics` must name what to follow: `user`, or conversation ids.");
  }
  if (topics.length > TOPICS_MAX) {
    throw new AppError("invalid", `\`topics\` may name ${TOPICS_MAX} topics at most.`);
  }
  const wrong = topics.find(({ name }) => name !== "user" && !isId(name));
  if (wrong !== undefined) {
    throw new AppError("invalid", "Each of `topics` must be `user` or the id of a conversation.");
  }
  return topics;
}

/** Several events in one write: what came together goes out together. */
function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return only;
  const bytes = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}
