// What is shown in the list of conversations while something is done to them. Loaded when somebody comes near.
import { useEffect, useRef } from "preact/hooks";
import type { Id } from "../../lib/core/ids.ts";
import type { BulkAction } from "../../lib/protocol/api.ts";
import { TITLE_CHARS_MAX } from "../../lib/protocol/api.ts";
import { ArchiveIcon, CheckIcon, CloseIcon, DeleteIcon, Icon, RenameIcon } from "../Icons.tsx";
import { Menu, type MenuItem } from "../Menu.tsx";
import type { Hands } from "./hands.ts";
import { isComposing } from "../../lib/client/composition.ts";

export { Hands } from "./hands.ts";

const PinIcon = () => (
  <Icon>
    <path d="M9 4h6l-1 6 3 3H7l3-3zM12 13v7" />
  </Icon>
);

export function TitleField({ title, hands }: { title: string; hands: Hands }) {
  const field = useRef<HTMLInputElement>(null);
  const ended = useRef(false);
  useEffect(() => field.current?.select(), []);
  // Enter and Escape take the field away, which is a blur too: the first of them counts.
  const end = (value: string | null, back: boolean) => {
    if (ended.current) return;
    ended.current = true;
    hands.rename(value, back);
  };
  return (
    <input
      ref={field}
      class="rename"
      aria-label="Title"
      defaultValue={title}
      maxLength={TITLE_CHARS_MAX}
      onBlur={(event) => end(event.currentTarget.value, false)}
      onKeyDown={(event) => {
        // What is typed here is a title, and nothing that the list does.
        event.stopPropagation();
        if (isComposing(event)) return;
        if (event.key === "Enter") end(event.currentTarget.value, true);
        if (event.key === "Escape") end(null, true);
      }}
    />
  );
}

export function RowMenu({ id, hands }: { id: Id; hands: Hands }) {
  const conversation = hands.find(id);
  const anchor = hands.button(id);
  const closed = () => hands.view.menu.value = null;
  // Another tab has taken it away.
  if (conversation === undefined || anchor === null) return null;
  const { pinned, title } = conversation;
  const tend = (action: BulkAction) => () => hands.tend(action, [id]);
  const items: MenuItem[] = [
    {
      name: "rename",
      label: "Rename",
      icon: <RenameIcon />,
      keys: "F2",
      run: () => hands.view.renaming.value = id,
    },
    pinned
      ? { name: "unpin", label: "Unpin", icon: <PinIcon />, run: tend("unpin") }
      : { name: "pin", label: "Pin", icon: <PinIcon />, run: tend("pin") },
    { name: "archive", label: "Archive", icon: <ArchiveIcon />, run: tend("archive") },
    { name: "select", label: "Select", icon: <CheckIcon />, keys: "Shift+↓", run: () => hands.begin(id) },
    { name: "delete", label: "Delete", icon: <DeleteIcon />, keys: "Del", danger: true, run: tend("delete") },
  ];
  return <Menu label={title || "New conversation"} items={items} anchor={anchor} closed={closed} />;
}

export function PickBar({ hands }: { hands: Hands }) {
  const { picked } = hands;
  const tend = (action: BulkAction) => () => hands.tend(action);
  const none = picked.length === 0;
  const allPinned = !none && picked.every(({ pinned }) => pinned);
  return (
    <div
      class="pick-bar"
      role="group"
      aria-label="What is selected"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        hands.stopPicking();
      }}
    >
      <p>
        <span data-picked={picked.length}>{picked.length} selected</span>
        <button type="button" class="small" data-action="select-all" onClick={() => hands.pickAll()}>
          All
        </button>
        <button
          type="button"
          class="icon"
          title="Done"
          data-action="select-end"
          onClick={() => hands.stopPicking()}
        >
          <CloseIcon />
          <span class="sr-only">Done selecting</span>
        </button>
      </p>
      <button
        type="button"
        data-action="pin-picked"
        disabled={none}
        onClick={tend(allPinned ? "unpin" : "pin")}
      >
        <PinIcon />
        <span>{allPinned ? "Unpin" : "Pin"}</span>
      </button>
      <button type="button" data-action="archive-picked" disabled={none} onClick={tend("archive")}>
        <ArchiveIcon />
        <span>Archive</span>
      </button>
      <button
        type="button"
        class="danger"
        data-action="delete-picked"
        disabled={none}
        onClick={tend("delete")}
      >
        <DeleteIcon />
        <span>Delete</span>
      </button>
    </div>
  );
}
