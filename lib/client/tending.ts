// What a person does to conversations as a whole. Loaded when it is first wanted.
//   L1  It shows at once, and comes back when the server refuses. Of several, each stands for itself.
//   L2  What takes conversations off the list, or changes several, can be undone as one for as long as its notice stands.
import { batch } from "@preact/signals";
import type { Id } from "../core/ids.ts";
import {
  BULK_MAX,
  type BulkAction,
  type BulkDone,
  type ConversationPage,
  type Emptied,
  LIST_MAX,
  type TrashPage,
} from "../protocol/api.ts";
import type { Listed } from "../protocol/conversation.ts";
import { type Api, ClientError } from "./api.ts";
import type { Library } from "./library.ts";
import type { Notices } from "./notices.ts";
import type { OpenConversation } from "./open_conversation.ts";

export interface TendingPorts {
  api: Api;
  notices: Notices;
  library: Library;
  open: OpenConversation;
  go(id: Id | null): Promise<void>;
}

const INVERSE: Record<BulkAction, BulkAction> = {
  delete: "restore",
  restore: "delete",
  archive: "unarchive",
  unarchive: "archive",
  pin: "unpin",
  unpin: "pin",
};
const DONE: Record<BulkAction, string> = {
  delete: "Deleted",
  restore: "Restored",
  archive: "Archived",
  unarchive: "Taken out of the archive:",
  pin: "Pinned",
  unpin: "Unpinned",
};
/** Names in one notice; of the others is said how many they are. */
const NAMED_MAX = 3;
/** Calls that empty the trash, 50 conversations each: behind so many, somebody deletes as fast as we purge. */
const EMPTYING_MAX = 1_000;

interface Failed {
  conversation: Listed;
  detail: string;
  requestId?: string;
  gone: boolean;
}

export class Tending {
  readonly #ports: TendingPorts;

  constructor(ports: TendingPorts) {
    this.#ports = ports;
  }

  /** By their ids, of which this tab knows the conversations. */
  async byId(action: BulkAction, ids: readonly Id[], undone?: () => void): Promise<void> {
    const { library, open } = this.#ports;
    const here = open.conversation.peek();
    const known = ids.map((id) => library.find(id) ?? (here?.id === id ? here : undefined));
    await this.act(action, known.filter((one) => one !== undefined), { undone });
  }

  /**
   * Does one thing to each. `silent`: no notice of what was done, which is seen where it is done. `undone`: it was undone.
   * `complain`: where to say what failed, if not in a notice.
   */
  async act(
    action: BulkAction,
    conversations: readonly Listed[],
    { silent = false, undone, complain }: {
      silent?: boolean;
      undone?: () => void;
      complain?: (text: string) => void;
    } = {},
  ): Promise<void> {
    const { library, open, notices } = this.#ports;
    const wanted = conversations.filter((one) => !isSo(one, action));
    if (wanted.length === 0) return;
    const opened = open.id.peek();
    const leaves = action === "delete" && wanted.some(({ id }) => id === opened);
    this.#show(action, wanted);
    if (leaves) void this.#ports.go(null);
    const failed = await this.#call(action, wanted);
    const done = wanted.filter((one) => !failed.some(({ conversation }) => conversation === one));
    // Restored, it begins with a snapshot: its log says that it was deleted.
    if (action === "delete") { for (const { id } of done) open.forget(id); }
    // What another device has purged meanwhile is nowhere.
    library.drop(failed.filter(({ gone }) => gone).map(({ conversation }) => conversation.id));
    const back = failed.filter(({ gone }) => !gone).map(({ conversation }) => conversation);
    if (action === "restore") library.drop(back.map(({ id }) => id));
    else if (back.length > 0) library.put(...back);
    if (failed.length > 0) this.#complain(action, failed, complain);
    if (done.length === 0) return;
    const text = `${DONE[action]} ${namesOf(done)}`;
    const calm = done.length === 1 && action !== "delete" && action !== "archive";
    if (silent || calm) return notices.announce({ status: text });
    const run = () => {
      const back = this.act(INVERSE[action], done.map((one) => changed(one, action)), { silent: true });
      undone?.(); // it is shown already
      if (leaves) void back.then(() => open.id.peek() === null ? this.#ports.go(opened) : undefined);
    };
    notices.show({ tone: "calm", text, action: { label: "Undo", run } });
  }

  /** Restores one that is open here and was deleted, perhaps elsewhere. */
  async restore(conversation: Listed): Promise<void> {
    await this.act("restore", [conversation], { silent: true });
    if (this.#ports.open.id.peek() === conversation.id) await this.#ports.open.load();
  }

  async rename(id: Id, wanted: string): Promise<void> {
    const { api, library } = this.#ports;
    const before = library.find(id);
    const title = wanted.trim();
    if (before === undefined || title === "" || title === before.title) return;
    library.put({ ...before, title, titledBy: "person" });
    try {
      await api.patch(id, { title });
    } catch (error) {
      library.put({ ...(library.find(id) ?? before), title: before.title, titledBy: before.titledBy });
      this.#say("The title could not be saved.", error);
    }
  }

  /** The next older page of the list; `library.failure` says why it is not here. */
  async loadMore(): Promise<void> {
    const { library } = this.#ports;
    const { nextCursor, loading, failure } = library;
    const cursor = nextCursor.peek();
    if (cursor === null || loading.peek()) return;
    loading.value = true;
    failure.value = null;
    try {
      const page = await this.#ports.api.list({ cursor, limit: LIST_MAX });
      batch(() => {
        // What is here already may be newer than the page.
        library.put(...page.conversations.filter(({ id }) => library.find(id) === undefined));
        nextCursor.value = page.nextCursor;
        loading.value = false;
      });
    } catch (error) {
      loading.value = false;
      if (!(error instanceof ClientError)) throw error;
      failure.value = error;
    }
  }

  /** @throws ClientError */
  archived(cursor?: string): Promise<ConversationPage> {
    return this.#ports.api.list({ archived: true, cursor });
  }

  /** @throws ClientError */
  trash(cursor?: string): Promise<TrashPage> {
    const query = cursor === undefined ? "" : `?${new URLSearchParams({ cursor })}`;
    return this.#ports.api.call({ method: "GET", path: `/api/trash${query}` });
  }

  /** For good. @throws ClientError */
  async purge(id: Id): Promise<void> {
    try {
      await this.#ports.api.call({ method: "DELETE", path: `/api/trash/${id}` });
    } catch (error) {
      // Somebody else was faster, or our first try was and its answer got lost.
      if (!(error instanceof ClientError && error.code === "not_found")) throw error;
    }
  }

  /**
   * All of the trash, for good; `progress` hears how much is gone. False when something is left that is still being stopped.
   * @throws ClientError
   */
  async empty(progress: (purged: number) => void): Promise<boolean> {
    let all = 0;
    for (let calls = 0; calls < EMPTYING_MAX; calls++) {
      const { purged, left } = await this.#ports.api.call<Emptied>({ method: "DELETE", path: "/api/trash" });
      progress(all += purged);
      if (!left) return true;
      if (purged === 0) break;
    }
    return false;
  }

  #show(action: BulkAction, conversations: readonly Listed[]): void {
    const { library } = this.#ports;
    if (action === "delete") return library.drop(conversations.map(({ id }) => id));
    library.put(...conversations.map((one) => changed(library.find(one.id) ?? one, action)));
  }

  async #call(action: BulkAction, conversations: readonly Listed[]): Promise<Failed[]> {
    const failed: Failed[] = [];
    for (let from = 0; from < conversations.length; from += BULK_MAX) {
      const some = conversations.slice(from, from + BULK_MAX);
      const body = { ids: some.map(({ id }) => id), action };
      try {
        const { results } = await this.#ports.api.call<BulkDone>({
          method: "POST",
          path: "/api/conversations/bulk",
          body,
        });
        for (const result of results) {
          const conversation = some.find(({ id }) => id === result.id);
          if (result.ok || conversation === undefined) continue;
          failed.push({ conversation, detail: result.detail, gone: result.code === "not_found" });
        }
      } catch (error) {
        if (!(error instanceof ClientError)) throw error;
        const { detail, requestId } = error;
        // The rest would likely fail as well, each after its tries.
        failed.push(
          ...conversations.slice(from).map((conversation) => ({
            conversation,
            detail,
            requestId,
            gone: false,
          })),
        );
        break;
      }
    }
    return failed;
  }

  #complain(action: BulkAction, failed: readonly Failed[], tell?: (text: string) => void): void {
    const names = namesOf(failed.map(({ conversation }) => conversation));
    const [{ detail, requestId }] = failed as [Failed];
    const not = DONE[action].replace(/:$/, "").toLowerCase();
    const text = `Not ${not}: ${names}. ${detail}`;
    if (tell === undefined) this.#ports.notices.show({ tone: "error", text, requestId });
    else tell(text);
  }

  #say(what: string, error: unknown): void {
    if (!(error instanceof ClientError)) throw error;
    const { detail, requestId } = error;
    this.#ports.notices.show({ tone: "error", text: `${what} ${detail}`, requestId });
  }
}

/** Whether it is so already. What was deleted is told from what was not by whoever calls. */
function isSo({ pinned, archived }: Listed, action: BulkAction): boolean {
  switch (action) {
    case "archive":
      return archived;
    case "unarchive":
      return !archived;
    case "pin":
      return pinned;
    case "unpin":
      return !pinned;
    default:
      return false;
  }
}

function changed(conversation: Listed, action: BulkAction): Listed {
  switch (action) {
    case "archive":
    case "unarchive":
      return { ...conversation, archived: action === "archive" };
    case "pin":
    case "unpin":
      return { ...conversation, pinned: action === "pin" };
    default:
      return conversation;
  }
}

export function titleOf({ title }: Pick<Listed, "title">): string {
  return title || "New conversation";
}

function namesOf(conversations: readonly Listed[]): string {
  const names = conversations.slice(0, NAMED_MAX).map((one) => `“${titleOf(one)}”`);
  const more = conversations.length - names.length;
  if (conversations.length > NAMED_MAX && more > 0) return `${names.join(", ")} and ${more} more`;
  return names.join(", ");
}
