// All conversations of a person into the trash, some at a time: each is told to everybody who shows it.
import { AppError } from "../core/errors.ts";
import { Gate } from "../core/gate.ts";
import type { Id } from "../core/ids.ts";
import { recentPrefix } from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";
import type { RemovedAll } from "../protocol/api.ts";
import type { Conversations } from "./conversations.ts";

/** Removed by one request: a second or two where every commit is a round trip. */
const REMOVED_MAX = 100;
/** At once: all of them are told to one topic, whose writers take turns. */
const AT_ONCE_MAX = 4;

/** Removes some, the least recent first; asked again, the rest. */
export async function removeAll(
  store: Store,
  conversations: Pick<Conversations, "remove">,
  userId: Id,
): Promise<RemovedAll> {
  const rows = await store.list({ prefix: recentPrefix(userId) }, { limit: REMOVED_MAX });
  const gate = new Gate(AT_ONCE_MAX, REMOVED_MAX);
  let removed = 0;
  await Promise.all(
    rows.map(({ key }) =>
      gate.pass(async () => {
        try {
          await conversations.remove(userId, key.at(-1) as Id);
          removed++;
        } catch (error) {
          // Somebody else removed it meanwhile: what was wanted.
          if (!(error instanceof AppError && error.code === "not_found")) throw error;
        }
      })
    ),
  );
  return { removed, left: (await store.list({ prefix: recentPrefix(userId) }, { limit: 1 })).length > 0 };
}
