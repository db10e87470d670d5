// What can be done to a message, beyond what stands under it.
import type { Message } from "../lib/protocol/message.ts";
import { DeleteIcon, RenameIcon } from "./Icons.tsx";
import { Menu, type MenuItem, type MenuPlace } from "./Menu.tsx";
import { BranchIcon, OtherIcon } from "./MenuIcons.tsx";
import type { MessageActions } from "./Message.tsx";

interface Props extends MenuPlace {
  message: Message;
  actions: MessageActions;
}

export function MessageMenu({ message, actions, ...place }: Props) {
  const { id, role } = message;
  const ofAnswer: MenuItem[] = [
    {
      label: "Answer again with another model",
      name: "regenerate-with",
      icon: <OtherIcon />,
      run: () => actions.regenerateWith(id),
    },
    { label: "Edit", name: "edit", icon: <RenameIcon />, run: () => actions.editing.begin(id) },
  ];
  const remove = () => {
    const article = place.anchor.closest("article");
    void actions.answers.revise(async (revisions) => {
      const next = neighbour(article);
      if (await revisions.remove(id)) afterwards(article, next);
    });
  };
  return (
    <Menu
      {...place}
      label={role === "assistant" ? "Answer" : "Message"}
      items={[
        ...role === "assistant" ? ofAnswer : [],
        {
          label: "Branch into a new chat",
          name: "fork",
          icon: <BranchIcon />,
          run: () => void actions.answers.revise((revisions) => revisions.fork(id)),
        },
        { label: "Delete", name: "remove", icon: <DeleteIcon />, danger: true, run: remove },
      ]}
    />
  );
}

/** The message after this one, else the one before, else where one is written. */
function neighbour(article: Element | null): HTMLElement | null {
  const all = [...document.querySelectorAll<HTMLElement>("article[data-message-id]")];
  const at = all.indexOf(article as HTMLElement);
  return all[at + 1] ?? all[at - 1] ?? document.querySelector<HTMLElement>("#composer");
}

/** Gives the focus on when the message with the pressed button has gone, unless it is elsewhere by then. */
function afterwards(article: Element | null, next: HTMLElement | null): void {
  const moved = () => {
    if (article?.isConnected) return false;
    const target = next?.isConnected ? next : document.querySelector<HTMLElement>("#composer");
    if (document.activeElement === document.body) target?.focus({ preventScroll: true });
    return true;
  };
  if (moved()) return;
  const observer = new MutationObserver(() => moved() && observer.disconnect());
  observer.observe(document.body, { childList: true, subtree: true });
}
