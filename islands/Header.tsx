// The head of the page: where we are, and which model answers.
import { MenuIcon } from "../components/Icons.tsx";
import { useStore } from "../lib/client/use_store.ts";
import type { ModelList } from "../lib/protocol/api.ts";
import type { Conversation } from "../lib/protocol/conversation.ts";
import ModelPicker from "./ModelPicker.tsx";

export default function Header(props: { models: ModelList; conversation: Conversation | null }) {
  const store = useStore(props);
  const conversation = store.open.conversation.value;
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
      <p class="title" id="chat-title">
        {conversation === null ? "New chat" : conversation.title || "New chat"}
      </p>
      <ModelPicker {...props} />
    </header>
  );
}
