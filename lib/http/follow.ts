// Following over SSE: who may read, from where, and as which bytes.
//   P10  Every topic is checked against its owner before a byte of it is read; a foreign one is `not_found`.
import type { Followed } from "../bus/follow.ts";
import { AppError } from "../core/errors.ts";
import { type Id, isId } from "../core/ids.ts";
import { conversationTopic, type TopicId, userTopic } from "../kv/keys.ts";
import { FollowedBytes } from "./followed_bytes.ts";
import { sseEntries, sseEvent, sseState } from "./sse.ts";
import type { EncodedSnapshot, Identity, Services } from "./state.ts";

/** Conversations on one shared stream: more tabs than anybody opens. */
const TOPICS_MAX = 64;

/** Where to go on from: `Last-Event-ID`, else `?after=`. Garbage, or none, is null: a snapshot first. */
export function cursorOf(request: Request, url: URL): number | null {
  return readCursor(request.headers.get("last-event-id") ?? url.searchParams.get("after"));
}

function readCursor(text: string | null | undefined): number | null {
  return text !== null && text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** One conversation, each entry with its number as id. A snapshot has its `last` messages; absent: all. @throws AppError `not_found`, `limited` */
export async function followConversation(
  services: Services,
  identity: Identity,
  id: Id,
  cursor: number | null,
  last?: number,
): Promise<Response> {
  const { userId, token } = identity;
  services.attend((await services.conversations.read(userId, id)).conversation);
  return services.streams.response({
    userId,
    source: (wake) =>
      new FollowedBytes(
        services.follow(userId, new Map([[conversationTopic(id), cursor]]), wake, last),
        conversationBytes,
      ),
    allowed: () => services.sessions.isLive(token, userId),
    atEnd: "gone",
  });
}

/** Ends with the conversation. */
function conversationBytes(followed: Followed<EncodedSnapshot>, end: () => void): Uint8Array | null {
  switch (followed.type) {
    case "gone":
      end();
      return null;
    case "snapshot":
      return sseState(followed.snapshot, followed.cursor);
    case "entries":
      if (followed.entries.some(({ type }) => type === "deleted")) end();
      return sseEntries(followed.entries);
  }
}

/** Many topics on one connection: `user`, and conversations, each `<name>` or `<name>@<cursor>`; `last` as above. */
export async function followTopics(
  services: Services,
  identity: Identity,
  wanted: string,
  last?: number,
): Promise<Response> {
  const { userId, token } = identity;
  const cursors = new Map<TopicId, number | null>();
  const gone: string[] = [];
  for (const { name, cursor } of readTopics(wanted)) {
    if (name === "user") cursors.set(userTopic(userId), cursor);
    else if (await mayRead(services, userId, name)) cursors.set(conversationTopic(name), cursor);
    else gone.push(name);
  }
  return services.streams.response({
    userId,
    source: (wake) =>
      new FollowedBytes(services.follow(userId, cursors, wake, last), topicBytes, gone.map(byeOf)),
    allowed: () => services.sessions.isLive(token, userId),
    atEnd: "gone",
  });
}

/** Ends with the last of its topics, which the follower knows. */
function topicBytes(followed: Followed<EncodedSnapshot>): Uint8Array {
  const name = nameOf(followed.topic);
  switch (followed.type) {
    case "gone":
      return byeOf(name);
    case "snapshot":
      return sseState(followed.snapshot, followed.cursor, name);
    case "entries":
      return sseEntries(followed.entries, name);
  }
}

/** What a topic is called on a shared stream. */
function nameOf(topic: TopicId): string {
  return topic.startsWith("u:") ? "user" : topic.slice(2);
}

function byeOf(name: string): Uint8Array {
  return sseEvent("bye", JSON.stringify({ topic: name, reason: "gone" }));
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
