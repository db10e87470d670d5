// What can be done to the open conversation.
import { useRef, useState } from "preact/hooks";
import type { Answers } from "../lib/client/answers.ts";
import type { Notices } from "../lib/client/notices.ts";
import type { Conversation } from "../lib/protocol/conversation.ts";
import { ClearDialog } from "./ClearDialog.tsx";
import { HeadTitle } from "./HeadTitle.tsx";
import { DeleteIcon, RenameIcon } from "./Icons.tsx";
import { Menu, type MenuPlace } from "./Menu.tsx";
import { ClearIcon, IdIcon, LinkIcon } from "./MenuIcons.tsx";

interface Props extends MenuPlace {
  conversation: Conversation;
  rename(title: string): void;
  notices: Notices;
  answers: Answers;
  remove(): void;
  /** False when the browser does not let it. */
  copyText(text: string, html: null): Promise<boolean>;
}

export function ConversationMenu(props: Props) {
  const { conversation: { id, title }, rename, notices, answers, remove, copyText, anchor, closed } = props;
  const [taken, setTaken] = useState<"rename" | "clear" | null>(null);
  // The menu closes before what was taken of it is done, and tells so a moment later.
  const waits = useRef(false);
  const take = (what: "rename" | "clear") => () => {
    waits.current = true;
    setTaken(what);
  };
  if (taken === "rename") {
    const done = (title: string | null, byKey: boolean) => {
      closed();
      if (title !== null) rename(title);
      if (byKey) anchor.focus();
    };
    return <HeadTitle title={title} done={done} />;
  }
  if (taken === "clear") {
    return <ClearDialog title={title} revise={(act) => answers.revise(act)} closed={closed} />;
  }
  const copied = async (what: string, text: string) => {
    const done = await copyText(text, null);
    notices.show({
      tone: "calm",
      text: done ? `${what} copied` : `This browser does not let pages copy. The text is ${text}`,
    });
  };
  return (
    <Menu
      anchor={anchor}
      closed={() => waits.current || closed()}
      label="This conversation"
      items={[
        {
          label: "Rename",
          name: "rename-conversation",
          icon: <RenameIcon />,
          run: take("rename"),
        },
        {
          label: "Copy link",
          name: "copy-link",
          icon: <LinkIcon />,
          run: () => void copied("Link", new URL(`/c/${id}`, location.href).href),
        },
        { label: "Copy id", name: "copy-id", icon: <IdIcon />, hint: id, run: () => void copied("Id", id) },
        { label: "Clear…", name: "clear-conversation", icon: <ClearIcon />, run: take("clear") },
        {
          label: "Delete",
          name: "delete-conversation",
          icon: <DeleteIcon />,
          danger: true,
          run: remove,
        },
      ]}
    />
  );
}
