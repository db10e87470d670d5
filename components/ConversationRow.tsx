// One conversation in the sidebar.
import { useEffect, useRef } from "preact/hooks";
import { TITLE_CHARS_MAX } from "../lib/protocol/api.ts";
import type { Conversation } from "../lib/protocol/conversation.ts";
import { DeleteIcon, RenameIcon } from "./Icons.tsx";

interface Props {
  conversation: Conversation;
  current: boolean;
  renaming: boolean;
  open(event: MouseEvent): void;
  beginRename(): void;
  /** null: as it was. */
  endRename(title: string | null): void;
  remove(): void;
}

export function ConversationRow(props: Props) {
  const { conversation, current, renaming } = props;
  const title = conversation.title || "New conversation";
  return (
    <li class="conversation" data-conversation-id={conversation.id} data-current={current}>
      {renaming
        ? <TitleField title={title} done={props.endRename} />
        : (
          <a href={`/c/${conversation.id}`} aria-current={current ? "page" : undefined} onClick={props.open}>
            {conversation.running !== null && (
              <span class="pulse" data-running role="img" aria-label="An answer is being written" />
            )}
            <span class="name" dir="auto">{title}</span>
          </a>
        )}
      <span class="actions">
        <button type="button" class="icon" data-action="rename" title="Rename" onClick={props.beginRename}>
          <RenameIcon />
          <span class="sr-only">Rename {title}</span>
        </button>
        <button type="button" class="icon" data-action="delete" title="Delete" onClick={props.remove}>
          <DeleteIcon />
          <span class="sr-only">Delete {title}</span>
        </button>
      </span>
    </li>
  );
}

function TitleField({ title, done }: { title: string; done: (title: string | null) => void }) {
  const field = useRef<HTMLInputElement>(null);
  const ended = useRef(false);
  useEffect(() => field.current?.select(), []);
  // Enter and Escape take the field away, which is a blur too: the first of them counts.
  const end = (value: string | null) => {
    if (ended.current) return;
    ended.current = true;
    done(value);
  };
  return (
    <input
      ref={field}
      class="rename"
      aria-label="Title"
      defaultValue={title}
      maxLength={TITLE_CHARS_MAX}
      onBlur={(event) => end(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.isComposing) return;
        if (event.key === "Enter") end(event.currentTarget.value);
        if (event.key === "Escape") end(null);
        if (event.key === "Enter" || event.key === "Escape") event.stopPropagation();
      }}
    />
  );
}
