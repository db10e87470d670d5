// All conversations of this person.
import { signal, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { ConversationRow } from "../components/ConversationRow.tsx";
import { ArchiveIcon, CloseIcon, DeleteIcon, NewIcon, SearchIcon, ThemeIcon } from "../components/Icons.tsx";
import type { Hands, ListView } from "../components/sidebar/hands.ts";
import type { Id } from "../lib/core/ids.ts";
import { groups } from "../lib/client/listing.ts";
import { useStore } from "../lib/client/use_store.ts";
import type { PageState } from "../lib/protocol/api.ts";
import type { Conversation, Listed } from "../lib/protocol/conversation.ts";

type Props = Partial<Pick<PageState, "list" | "nextCursor">> & { conversation: Conversation | null };

const TOOLS = () => import("../components/sidebar/tools.tsx");
type Tools = Awaited<ReturnType<typeof TOOLS>> & { hands: Hands };

/** Rows that come and go together, where a list is long: with those around what is seen, some hundred elements. */
const STRETCH_ROWS = 25;

export default function Sidebar(props: Props) {
  const store = useStore(props);
  const { listing, nextCursor, loading, failure } = store.library;
  const view = useMemo((): ListView => {
    const none = () => signal<Id | null>(null);
    return {
      active: none(),
      renaming: none(),
      menu: none(),
      picked: signal(null),
      far: signal(new Map()),
      shown: () => groups(listing.value.conversations).flatMap(({ conversations }) => conversations),
    };
  }, []);
  const tools = useSignal<Tools | null>(null);
  const aside = useRef<HTMLElement>(null);
  const nav = useRef<HTMLElement>(null);
  const drawer = store.drawer.value;
  const { conversations } = listing.value;
  const picked = view.picked.value;
  const ready = tools.value;
  const hands = ready?.hands;

  const go = (id: Id | null) => {
    store.drawer.value = false;
    void store.go(id);
  };
  /** With the part that is loaded when somebody comes near. */
  const withHands = async (act?: (hands: Hands) => void) => {
    // The network is gone, or the server has another build by now.
    const loaded = await TOOLS().catch(() => null);
    if (loaded === null) return act && store.unloaded();
    tools.value ??= { ...loaded, hands: new loaded.Hands(store, view, nav.current!) };
    act?.(tools.value.hands);
  };
  const clicked = (event: MouseEvent) => {
    const { href, parentElement } = (event.target as Element).closest("a") ?? {};
    if (href && picked === null) follow(event, () => go(parentElement!.dataset.conversationId!));
    else void withHands((hands) => hands.clicked(event));
  };

  // As a drawer it takes the focus and gives it back.
  useEffect(() => {
    if (!drawer) return;
    const before = document.activeElement;
    aside.current?.querySelector<HTMLElement>("button, a")?.focus();
    return () => before instanceof HTMLElement && before.focus();
  }, [drawer]);
  useEffect(() => hands?.painted());

  const stop = hands?.stop();
  const row = (conversation: Listed) => (
    <ConversationRow
      key={conversation.id}
      conversation={conversation}
      current={conversation.id === store.open.id.value}
      unread={store.unread.value.has(conversation.id)}
      stop={hands && conversation.id === stop}
      picked={picked?.has(conversation.id)}
      field={ready && view.renaming.value === conversation.id &&
        <ready.TitleField title={conversation.title} hands={ready.hands} />}
    />
  );

  return (
    <>
      <aside
        id="sidebar"
        ref={aside}
        class="sidebar"
        data-open={drawer}
        onKeyDown={(event) => event.key === "Escape" && (store.drawer.value = false)}
        onPointerOver={() => withHands()}
        onFocusIn={() => withHands()}
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
        <nav
          ref={nav}
          aria-label="Conversations"
          data-ready={hands !== undefined}
          onClick={clicked}
          onDblClick={hands?.doubleClicked}
          onKeyDown={hands?.pressed}
          onFocusIn={hands?.focused}
        >
          {conversations.length === 0 && nextCursor.value === null && (
            <p class="note">No conversations yet. What you ask is kept here.</p>
          )}
          {groups(conversations).map(({ label, conversations }) => (
            <section key={label} aria-label={label}>
              <h2>{label}</h2>
              {stretches(conversations).map((some, i) => {
                const name = label + i;
                const rowPx = some.some(({ id }) => id === stop) ? undefined : view.far.value.get(name);
                return (
                  <ul
                    key={name}
                    data-stretch={name}
                    style={rowPx === undefined ? undefined : { height: some.length * rowPx }}
                  >
                    {rowPx === undefined && some.map(row)}
                  </ul>
                );
              })}
            </section>
          ))}
          {nextCursor.value !== null && (
            <div class="older">
              {failure.value !== null && (
                <p class="note danger" role="alert">Older ones could not be loaded. {failure.value.detail}</p>
              )}
              <button
                type="button"
                class="more"
                data-action="more"
                disabled={loading.value}
                onClick={() => withHands((hands) => hands.loadMore())}
              >
                {loading.value ? "Loading…" : failure.value === null ? "Older conversations" : "Try again"}
              </button>
            </div>
          )}
        </nav>
        {ready !== null && picked !== null
          ? <ready.PickBar hands={ready.hands} />
          : (
            <div class="sidebar-foot">
              <button type="button" data-action="archive-list" onClick={() => store.dialog.value = "archive"}>
                <ArchiveIcon /> Archive
              </button>
              <button type="button" data-action="trash" onClick={() => store.dialog.value = "trash"}>
                <DeleteIcon /> Trash
              </button>
              <button
                type="button"
                class="icon"
                data-action="theme"
                title="Light or dark"
                onClick={() => store.device.turn()}
              >
                <ThemeIcon />
                <span class="sr-only">Light or dark</span>
              </button>
            </div>
          )}
        {ready !== null && view.menu.value !== null && (
          <ready.RowMenu key={view.menu.value} id={view.menu.value} hands={ready.hands} />
        )}
      </aside>
      <div class="scrim" data-open={drawer} onClick={() => store.drawer.value = false} />
    </>
  );
}

function stretches(conversations: readonly Listed[]): Listed[][] {
  const found: Listed[][] = [];
  for (let i = 0; i < conversations.length; i += STRETCH_ROWS) {
    found.push(conversations.slice(i, i + STRETCH_ROWS));
  }
  return found;
}

/** A plain click stays in the page; one with a modifier opens a tab, as on any link. */
function follow(event: MouseEvent, stay: () => void): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  stay();
}
