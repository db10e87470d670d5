// The conversation, oldest first.
import type { Ref } from "preact";
import type { BranchItem } from "../lib/client/branch.ts";
import type { Pending } from "../lib/client/outbox.ts";
import { Message, type MessageActions } from "./Message.tsx";
import { Outgoing, type OutgoingActions } from "./Outgoing.tsx";
import { Thinking } from "./Thinking.tsx";

interface Props {
  items: readonly BranchItem[];
  /** Messages that the server has not told of yet. */
  outgoing: readonly Pending[];
  /** An answer is expected of which there is no message yet. */
  awaiting: boolean;
  busy: boolean;
  stopping: boolean;
  actions: MessageActions & OutgoingActions;
  listRef: Ref<HTMLDivElement>;
  contentRef: Ref<HTMLDivElement>;
}

export function MessageList(props: Props) {
  const { items, outgoing, awaiting, busy, stopping, actions } = props;
  return (
    <div
      ref={props.listRef}
      class="log"
      role="log"
      aria-label="Conversation"
      aria-live="off"
      aria-busy={busy}
      tabIndex={0}
    >
      <div ref={props.contentRef} class="thread">
        {items.map(({ message, versions }) => (
          <Message
            key={message.id}
            message={message}
            versions={versions}
            stopping={stopping && message.status === "streaming"}
            actions={actions}
          />
        ))}
        {outgoing.map((pending) => <Outgoing key={pending.id} pending={pending} actions={actions} />)}
        {awaiting && (
          <article
            key="awaiting"
            class="message"
            data-role="assistant"
            data-status="awaiting"
            aria-label="Assistant"
          >
            <Thinking stopping={stopping} />
          </article>
        )}
      </div>
    </div>
  );
}
