// All conversations of this person.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { ConversationRow } from "../components/ConversationRow.tsx";
import { CloseIcon, NewIcon, SearchIcon, ThemeIcon } from "../components/Icons.tsx";
import { groups } from "../lib/client/listing.ts";
import { useStore } from "../lib/client/use_store.ts";
import type { PageState } from "../lib/protocol/api.ts";
import type { Conversation } from "../lib/protocol/conversation.ts";

type Props = Pick<PageState, "list" | "nextCursor"> & { conversation: Conversation | null };

export default function Sidebar(props: Props) {
  const store = useStore(props);
  const { listing, nextCursor, loading } = store.library;
  const renaming = useSignal<string | null>(null);
  const drawer = store.drawer.value;
  const aside = useRef<HTMLElement>(null);

  const go = (id: string | null) => {
    store.drawer.value = false;
    void store.go(id);
  };
  const rename = (id: string, title: string | null) => {
    renaming.value = null;
    if (title !== null) void store.library.rename(id, title);
  };
  // As a drawer it takes the focus and gives it back.
  useEffect(() => {
    if (!drawer) return;
    const before = document.activeElement;
    aside.current?.querySelector<HTMLElement>("button, a")?.focus();
    return () => before instanceof HTMLElement && before.focus();
  }, [drawer]);

  return (
    <>
      <aside
        id="sidebar"
        ref={aside}
        class="sidebar"
        data-open={drawer}
        onKeyDown={(event) => event.key === "Escape" && (store.drawer.value = false)}
      >
        <div class="sidebar-head">
          <a class="wordmark" href="/" onClick={(event) => follow(event, () => go(null))}>Throughline</a>
          <button type="button" class="icon close" title="Close" onClick={() => store.drawer.value = false}>
            <CloseIcon />
            <span class="sr-only">Close</span>
          </button>
        </div>
        <button type="button" class="new-chat" data-action="new-chat" onClick={() => go(null)}>
          <NewIcon /> New chat
        </button>
        <button
          type="button"
          class="search"
          data-action="search"
          aria-haspopup="dialog"
          onClick={() => {
            store.drawer.value = false;
            store.dialog.value = "palette";
          }}
        >
          <SearchIcon /> Search <kbd />
        </button>
        <nav aria-label="Conversations">
          {groups(listing.value.conversations, new Date()).map((group) => (
            <section key={group.label}>
              <h2>{group.label}</h2>
              <ul>
                {group.conversations.map((conversation) => (
                  <ConversationRow
                    key={conversation.id}
                    conversation={conversation}
                    current={conversation.id === store.open.id.value}
                    renaming={renaming.value === conversation.id}
                    open={(event) => follow(event, () => go(conversation.id))}
                    beginRename={() => renaming.value = conversation.id}
                    endRename={(title) => rename(conversation.id, title)}
                    remove={() => void store.remove(conversation.id)}
                  />
                ))}
              </ul>
            </section>
          ))}
          {nextCursor.value !== null && (
            <button
              type="button"
              class="more"
              data-action="more"
              disabled={loading.value}
              onClick={() => void store.library.loadMore()}
            >
              {loading.value ? "Loading…" : "Older conversations"}
            </button>
          )}
        </nav>
        <button type="button" class="theme" data-action="theme" onClick={() => store.device.turn()}>
          <ThemeIcon /> Light or dark
        </button>
      </aside>
      <div class="scrim" data-open={drawer} onClick={() => store.drawer.value = false} />
    </>
  );
}

/** A plain click stays in the page; one with a modifier opens a tab, as on any link. */
function follow(event: MouseEvent, stay: () => void): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  stay();
}
