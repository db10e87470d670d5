// One conversation in the sidebar.
import { Component, type ComponentChildren } from "preact";
import type { Listed } from "../lib/protocol/conversation.ts";
import { MoreIcon } from "./Icons.tsx";

interface Props {
  conversation: Listed;
  current: boolean;
  unread: boolean;
  /** Whether Tab reaches it: one row of all. Undefined before the keys that reach the others are there. */
  stop: boolean | undefined;
  /** Undefined while nobody picks. */
  picked: boolean | undefined;
  /** Its title is being changed here. */
  field: ComponentChildren;
}

/** It is told apart by its `data-` names: what is done to it is done by the list. */
export class ConversationRow extends Component<Props> {
  /** One conversation that changes must not paint ten thousand. */
  override shouldComponentUpdate(next: Props): boolean {
    return (Object.keys(next) as (keyof Props)[]).some((name) => next[name] !== this.props[name]);
  }

  override render({ conversation, current, unread, stop, picked, field }: Props) {
    const { id, running } = conversation;
    const title = conversation.title || "New conversation";
    const tabIndex = stop === undefined ? undefined : stop ? 0 : -1;
    const name = (
      <>
        {running !== null
          ? <span class="pulse" data-running role="img" aria-label="An answer is being written" />
          : unread && <span class="unread" data-unread role="img" aria-label="New answer" />}
        <span class="name" dir="auto">{title}</span>
      </>
    );
    return (
      <li class="conversation" data-conversation-id={id} data-current={current}>
        {field || (picked === undefined
          ? (
            <a href={`/c/${id}`} data-row tabIndex={tabIndex} aria-current={current ? "page" : undefined}>
              {name}
            </a>
          )
          : (
            <button type="button" data-row tabIndex={tabIndex} role="checkbox" aria-checked={picked}>
              <span class="tick" />
              {name}
            </button>
          ))}
        {picked === undefined && (
          <button
            type="button"
            class="icon"
            data-action="conversation-menu"
            tabIndex={tabIndex === undefined ? undefined : -1}
            title="More"
            aria-haspopup="menu"
            aria-label={`More for ${title}`}
          >
            <MoreIcon />
          </button>
        )}
      </li>
    );
  }
}
