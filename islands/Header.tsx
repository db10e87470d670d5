// The head of the page: where we are, how the conversation is asked, and which model answers.
import { copyText } from "../components/CopyButton.tsx";
import { MenuIcon, OutlineIcon, PanelIcon, SettingsIcon } from "../components/Icons.tsx";
import { MenuButton } from "../components/MenuButton.tsx";
import { useStore } from "../lib/client/use_store.ts";
import type { PageState } from "../lib/protocol/api.ts";
import type { Conversation } from "../lib/protocol/conversation.ts";
import { prepareDialog } from "./Dialogs.tsx";
import ModelPicker from "./ModelPicker.tsx";

const menu = () => import("../components/changing.ts").then((module) => module.ConversationMenu);

type Props = Partial<Pick<PageState, "models" | "preferences">> & { conversation: Conversation | null };

export default function Header(props: Props) {
  const store = useStore(props);
  const conversation = store.open.conversation.value;
  const unsaved = store.setup.changed.value;
  return (
    <header class="head">
      <button
        type="button"
        class="icon menu"
        data-action="menu"
        title="Conversations"
        aria-expanded={store.drawer.value}
        aria-controls="sidebar"
        onClick={() => store.drawer.value = true}
      >
        <MenuIcon />
        <span class="sr-only">Conversations</span>
      </button>
      <button
        type="button"
        class="icon fold"
        data-action="fold"
        title="Show or hide the sidebar"
        aria-controls="sidebar"
        onClick={() => store.device.fold()}
      >
        <PanelIcon />
        <span class="sr-only">Show or hide the sidebar</span>
      </button>
      <p class="title" id="chat-title">
        {conversation === null ? "New chat" : conversation.title || "New chat"}
      </p>
      {conversation !== null && (
        <>
          <button
            type="button"
            class="icon outline"
            data-action="outline"
            title="Questions in this chat"
            aria-haspopup="dialog"
            onClick={() => store.dialog.value = "outline"}
          >
            <OutlineIcon />
            <span class="sr-only">Questions in this chat</span>
          </button>
          <MenuButton
            label="This conversation"
            action="this-conversation"
            load={menu}
            with={{
              conversation,
              rename: (title: string) => void store.rename(conversation.id, title),
              notices: store.notices,
              answers: store.answers,
              copyText,
              remove: () => void store.remove(conversation.id),
            }}
            failed={() => store.unloaded()}
          />
        </>
      )}
      <button
        type="button"
        class="icon"
        data-action="settings"
        data-unsaved={unsaved}
        title={unsaved ? "Chat settings: some are not saved" : "Chat settings"}
        aria-haspopup="dialog"
        onPointerEnter={() => prepareDialog("settings")}
        onFocus={() => prepareDialog("settings")}
        onClick={() => store.dialog.value = "settings"}
      >
        <SettingsIcon />
        <span class="sr-only">Chat settings{unsaved && ", some are not saved"}</span>
      </button>
      <ModelPicker models={props.models} conversation={props.conversation} />
    </header>
  );
}
